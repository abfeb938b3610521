"""A network of a model file to start from: one of the class that a file declares, or an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.network.check import Check
from bdnnc.network.declared import declared_checks
from bdnnc.network.ensemble import Ensemble, Predictor
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.planned import planned_checks
from bdnnc.network.saving import load
from bdnnc.pipeline import Pipeline


def start_network(path: Path, pipeline: Pipeline) -> Network:
    """The network of a model file as a start. Raises UserError E55x for the file, E523 where it is no network of this file's
    class or breaks a constraint."""
    network = single(load(path).network, str(path))
    check_class(network, str(path), pipeline)
    return network


def start_ensemble(path: Path, pipeline: Pipeline) -> Ensemble:
    """The ensemble of a model file as a start, where the file asks for one. Raises UserError as `start_network`."""
    ensemble = load(path).network
    help = "start from an ensemble of the same classes"
    if not isinstance(ensemble, Ensemble):
        message = f"`{path}` is one network, and the spec asks for one for each pair of classes"
        raise UserError(Diagnostic("E523", message, help=help))
    if ensemble.classes != pipeline.dataset.classes:
        message = f"`{path}` tells other classes apart: {', '.join(ensemble.classes)}"
        raise UserError(Diagnostic("E523", message, help=help))
    for member, pair in zip(ensemble.members, pipeline.pairs(), strict=True):
        check_class(member, f"{path}, {' against '.join(member.classes)}", pair)
    return ensemble


def single(network: Predictor, name: str) -> Network:
    """The one network of the file called ``name``. Raises UserError E523 where it holds an ensemble."""
    if isinstance(network, Network):
        return network
    message = f"`{name}` is an ensemble, and the spec asks for one network"
    raise UserError(Diagnostic("E523", message, help="start from a network of the same layers and domains"))


def check_class(network: Network, name: str, pipeline: Pipeline) -> None:
    """Raises UserError E523 where the network, which comes from the file called ``name``, is none of the class that the spec
    declares, or breaks a constraint."""
    differing = _differing(network, pipeline)
    if differing is not None:
        difference = f"`{differing.name}` is {differing.claimed}, not {differing.recomputed}"
        message = f"`{name}` is no network of the declared class: {difference}"
        raise UserError(Diagnostic("E523", message, help="start from a network of the same layers and domains"))
    broken = Measured(network, pipeline.problem).violated()
    if broken:
        message = f"`{name}` is no network of the declared class: `{broken[0].text}` does not hold"
        raise UserError(Diagnostic("E523", message, help="start from a network that keeps the constraints"))


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
