"""A model held against the spec that it was trained from, compiled again."""

from __future__ import annotations

from bdnnc.network.certify import Searched, certify, certify_ensemble
from bdnnc.network.check import CertifyReport
from bdnnc.network.declared import declared_checks
from bdnnc.network.document import Model
from bdnnc.network.planned import network_class, planned_checks
from bdnnc.pipeline import Pipeline


def recheck(model: Model, pipeline: Pipeline, spec: str | None = None) -> CertifyReport:
    """Recomputes every figure of a model, of one network or of an ensemble, up to the first that differs. ``pipeline`` is that
    of the stored spec, or of ``spec``, a text given beside it that has to hash alike. Raises UserError where the spec is of
    another kind than the model."""
    if pipeline.is_ensemble:
        return certify_ensemble(model, pipeline.dataset, (_searched(pair) for pair in pipeline.pairs()), spec)
    known = _searched(pipeline)
    return certify(model, pipeline.dataset, known.problem, known.checks, spec, known.network_class)


def _searched(pipeline: Pipeline) -> Searched:
    checks = (declared_checks(pipeline.model_spec.layers), planned_checks(pipeline.formulation))
    return Searched(pipeline.problem, checks, network_class(pipeline.formulation))
