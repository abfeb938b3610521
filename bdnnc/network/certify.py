"""Recomputing a model's figures from what stands in its file and the data, until one differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bdnnc.data.dataset import Dataset, Samples
from bdnnc.data.inputs import Above, Input
from bdnnc.language.spec import Goal
from bdnnc.network.check import CertifyReport, Check, DomainCheck, value_text
from bdnnc.network.document import Model, Scalar, SetRecord, TrainingRecord, relative_gap, text_sha256
from bdnnc.network.figures import recomputable, set_record
from bdnnc.network.network import Network

WITH_NETWORK = ("optimal", "feasible", "interrupted")  # what the status of a file with a network can be


def certify(
    model: Model,
    dataset: Dataset,
    goals: Sequence[Goal],
    domain_checks: Sequence[DomainCheck] = (),
    spec: str | None = None,
    network_class: Mapping[str, Scalar] | None = None,
) -> CertifyReport:
    """Recomputes every figure of ``model`` and stops at the first that differs.

    ``dataset`` and ``goals`` (at least one) come from compiling the spec that stands in the model, or ``spec``, a text given
    beside it that then has to hash alike. Bounds and what stands under `certificate.claims` are not recomputed, but have to
    agree with the rest of the file and in their arithmetic. A layer's `margin` is a claim about the networks that training
    searched, which ``domain_checks`` may test; here only the margins that the certificate reports are recomputed.
    ``network_class``: the class as the recompiled spec has it (None: not compared).
    """
    found: list[Check] = []
    for check in _checks(model, dataset, goals, domain_checks, spec, network_class):
        found.append(check)
        if not check.ok:
            break
    return CertifyReport(tuple(found))


def consistency_checks(model: Model) -> Iterator[Check]:
    """What can be said of the file without data: the hash of the spec, the arithmetic of bounds and gap, repeated figures."""
    training, certificate = model.training, model.certificate
    yield Check.equal("certificate.sha256.spec", certificate.spec_sha256, text_sha256(model.spec))
    yield Check.equal("source.sha256", model.source.sha256, certificate.data_sha256)
    yield Check("training.status", training.status, f"one of {', '.join(WITH_NETWORK)}", training.status in WITH_NETWORK)
    yield from _bounds(training)
    yield from _repeated(model)


def _bounds(training: TrainingRecord) -> Iterator[Check]:
    objective, bound = training.objective, training.bound
    objective_text = f"the objective {value_text(objective)}"
    if training.status == "optimal":
        yield Check.equal("training.bound", bound, objective)
    elif bound == objective:
        yield Check("training.status", training.status, "optimal, since the bound is met", False)
    elif bound is not None:
        yield Check("training.bound", value_text(bound), f"at most {objective_text}", bound <= objective)
    yield Check.equal("training.gap", training.gap, relative_gap(objective, bound))
    found = training.model_objective
    if found is not None:
        yield Check("training.model_objective", value_text(found), f"above {objective_text}", found > objective)
    for place, goal in enumerate(training.goals[:1]):
        yield Check.equal(f"training.goals[{place}].value", goal.value, objective)
        yield Check.equal(f"training.goals[{place}].bound", goal.bound, bound)


def _repeated(model: Model) -> Iterator[Check]:
    """The claims of the certificate against the record of the training, which they repeat."""
    training, claims = model.training, model.certificate.claims
    solver = None if claims.solver is None else " ".join(filter(None, (claims.solver, claims.version)))
    yield Check.equal("certificate.claims.bound", claims.bound, training.bound)
    yield Check.equal("certificate.claims.gap", claims.gap, training.gap)
    yield Check.equal("certificate.claims.class", dict(claims.network_class), dict(training.network_class))
    yield Check.equal("certificate.claims.solver", solver, training.solver)
    yield Check.equal("certificate.claims.options", dict(claims.options), dict(training.options))
    yield Check.equal("certificate.claims.seed", claims.seed, training.seed)


def _checks(
    model: Model,
    dataset: Dataset,
    goals: Sequence[Goal],
    domain_checks: Sequence[DomainCheck],
    spec: str | None,
    network_class: Mapping[str, Scalar] | None,
) -> Iterator[Check]:
    yield from consistency_checks(model)
    if spec is not None:
        yield Check.equal("certificate.sha256.spec", model.certificate.spec_sha256, text_sha256(spec))
    if network_class is not None:
        yield Check.equal("training.class", dict(model.training.network_class), dict(network_class))
    yield from _origin(model, dataset)
    for check in domain_checks:
        yield from check(model.network)
    yield from _goals(model, goals)
    yield from _training_figures(model, dataset, goals)
    for kind in ("train", "validation", "test"):
        yield from _set(f"sets.{kind}", model.network, getattr(model.sets, kind), getattr(dataset, kind))


def _origin(model: Model, dataset: Dataset) -> Iterator[Check]:
    """That the data is the data, read the same way, and that the network fits it."""
    origin, network = dataset.origin, model.network
    yield Check.equal("certificate.sha256.data", model.certificate.data_sha256, origin.sha256)
    yield Check.equal("target.column", model.target.column, origin.target_column)
    yield Check.equal("target.name", model.target.name, origin.target_name)
    yield Check.equal("dialect.delimiter", model.dialect.delimiter, origin.delimiter)
    yield Check.equal("dialect.header", model.dialect.header, origin.header)
    yield Check.equal("classes", list(network.classes), list(dataset.classes))
    counts = (len(network.inputs), len(dataset.inputs))
    yield Check("inputs", f"{counts[0]} inputs", f"{counts[1]} inputs", counts[0] == counts[1])
    for place, (claimed, found) in enumerate(zip(network.inputs, dataset.inputs, strict=True)):
        if claimed != found:
            yield Check(f"inputs[{place}]", _input_text(claimed), _input_text(found), False)
    yield Check.equal("training.samples", model.training.samples, len(dataset.train.y))


def _goals(model: Model, goals: Sequence[Goal]) -> Iterator[Check]:
    claimed = [(goal.sense, goal.text) for goal in model.training.goals]
    yield Check.equal("training.goals", claimed, [(goal.sense, goal.text) for goal in goals])


def _training_figures(model: Model, dataset: Dataset, goals: Sequence[Goal]) -> Iterator[Check]:
    training, claimed = model.training, model.certificate.recomputable
    found = recomputable(model.network, dataset, goals[0])
    yield Check.equal("training.loss", training.loss, found.loss)
    yield Check.equal("training.objective", training.objective, found.objective)
    yield Check.equal("training.errors", training.errors, found.errors)
    yield Check.equal("training.nominal_errors", training.nominal_errors, found.errors)
    yield Check.equal("certificate.recomputable.loss", claimed.loss, found.loss)
    yield Check.equal("certificate.recomputable.objective", claimed.objective, found.objective)
    yield Check.equal("certificate.recomputable.errors", claimed.errors, found.errors)
    for layer, margin in found.margins.items():
        yield Check.equal(f"certificate.recomputable.margins.{layer}", claimed.margins.get(layer), margin)


def _set(name: str, network: Network, claimed: SetRecord | None, samples: Samples | None) -> Iterator[Check]:
    if claimed is None or samples is None:
        yield Check.equal(name, _presence(claimed), _presence(samples))
        return
    found = set_record(network, samples)
    yield Check.equal(f"{name}.samples", claimed.samples, found.samples)
    yield Check.equal(f"{name}.errors", claimed.errors, found.errors)
    yield Check.equal(f"{name}.accuracy", claimed.accuracy, found.accuracy)


def _presence(value: object) -> str:
    return "absent" if value is None else "present"


def _input_text(entry: Input) -> str:
    transform = entry.transform
    if isinstance(transform, Above):
        return f"{entry.name} (column {entry.column}) above {value_text(transform.threshold)}, signed {transform.signed}"
    rounding = "" if transform.digits is None else f", round {transform.digits}"
    shift, factor = value_text(transform.shift), value_text(transform.factor)
    return f"{entry.name} (column {entry.column}) shift {shift}, factor {factor}{rounding}"
