"""A network of a model file to start from: one of the class that a file declares, or an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.network.check import Check
from bdnnc.network.declared import declared_checks
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.planned import planned_checks
from bdnnc.network.saving import load
from bdnnc.pipeline import Pipeline


def start_network(path: Path, pipeline: Pipeline) -> Network:
    """The network of a model file as a start. Raises UserError E55x for the file, E523 where it is no network of this file's
    class or breaks a constraint."""
    network = load(path).network
    differing = _differing(network, pipeline)
    if differing is not None:
        difference = f"`{differing.name}` is {differing.claimed}, not {differing.recomputed}"
        message = f"`{path}` is no network of the declared class: {difference}"
        raise UserError(Diagnostic("E523", message, help="start from a network of the same layers and domains"))
    broken = Measured(network, pipeline.problem).violated()
    if broken:
        message = f"`{path}` is no network of the declared class: `{broken[0].text}` does not hold"
        raise UserError(Diagnostic("E523", message, help="start from a network that keeps the constraints"))
    return network


def _differing(network: Network, pipeline: Pipeline) -> Check | None:
    """The first thing about the network that the class does not have."""
    if len(network.inputs) != len(pipeline.dataset.inputs):
        return Check("inputs", str(len(network.inputs)), str(len(pipeline.dataset.inputs)), False)
    declared = declared_checks(pipeline.model_spec.layers)(network)
    planned = planned_checks(pipeline.formulation)(network)
    checks = chain(declared, _without_margins(planned))  # the later ones rely on the earlier
    return next((check for check in checks if not check.ok), None)


def _without_margins(checks: Iterable[Check]) -> Iterator[Check]:
    return (check for check in checks if not check.name.endswith(".margin"))
