"""Recomputing a model's figures from what stands in its file and the data, until one differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal

from bdnnc.data.dataset import Dataset, Samples
from bdnnc.data.inputs import Above, Equals, Input
from bdnnc.ir.problem import Problem
from bdnnc.network.check import CertifyReport, Check, DomainCheck, value_text
from bdnnc.network.document import (
    MET,
    Claims,
    GoalRecord,
    Model,
    Scalar,
    SetRecord,
    TrainingRecord,
    relative_gap,
    text_sha256,
)
from bdnnc.network.figures import recomputable, set_record
from bdnnc.network.measure import Finding, Measured
from bdnnc.network.network import Network

WITH_NETWORK = ("optimal", "feasible", "interrupted")  # what the status of a file with a network can be
TOLERANCES = ("feasibility", "integrality", "optimality")  # the names that a solver's tolerances go by
SPEC_HASH, DATA_HASH = "certificate.sha256.spec", "certificate.sha256.data"
WORDS = {"<=": "at most", ">=": "at least", "==": "exactly"}


def certify(
    model: Model,
    dataset: Dataset,
    problem: Problem,
    domain_checks: Sequence[DomainCheck] = (),
    spec: str | None = None,
    network_class: Mapping[str, Scalar] | None = None,
) -> CertifyReport:
    """Recomputes every figure of ``model`` and stops at the first that differs.

    ``dataset`` and ``problem`` come from compiling the spec that stands in the model, or ``spec``, a text given beside it that
    then has to hash alike. Bounds and what stands under `certificate.claims` are not recomputed, but have to agree with the
    rest of the file and in their arithmetic. A layer's `margin` is a claim about the networks that training searched, which
    ``domain_checks`` may test; here only the margins that the certificate reports are recomputed.
    ``network_class``: the class as the recompiled spec has it (None: not compared).
    """
    return _report(_checks(model, dataset, problem, domain_checks, spec, network_class))


def certify_origin(model: Model, spec: str | None = None, data_sha256: str | None = None) -> CertifyReport:
    """What can be said before anything is compiled: that the file agrees with itself, and that ``spec``, a text beside it, and
    the data, of which ``data_sha256`` is the SHA-256 in hex, are those of the training. None: not compared."""
    return _report(_origin_checks(model, spec, data_sha256))


def _report(checks: Iterable[Check]) -> CertifyReport:
    found: list[Check] = []
    for check in checks:
        found.append(check)
        if not check.ok:
            break
    return CertifyReport(tuple(found))


def _origin_checks(model: Model, spec: str | None, data_sha256: str | None) -> Iterator[Check]:
    yield from consistency_checks(model)
    if spec is not None:
        yield Check.equal(SPEC_HASH, model.certificate.spec_sha256, text_sha256(spec))
    if data_sha256 is not None:
        yield Check.equal(DATA_HASH, model.certificate.data_sha256, data_sha256)


def consistency_checks(model: Model) -> Iterator[Check]:
    """What can be said of the file without data: the hash of the spec, the arithmetic of bounds and gap, repeated figures."""
    training, certificate = model.training, model.certificate
    yield Check.equal(SPEC_HASH, certificate.spec_sha256, text_sha256(model.spec))
    yield Check.equal("source.sha256", model.source.sha256, certificate.data_sha256)
    yield from _bounds(training)
    yield _status(training)
    yield from _repeated(model)
    yield from _plausible(certificate.claims)


def _bounds(training: TrainingRecord) -> Iterator[Check]:
    """Every bound is on its side of what it bounds, the gap is as it is defined, and the first goal is the objective."""
    sense = training.goals[0].sense if training.goals else "minimize"
    yield from _one_side("training.bound", sense, training.bound, training.objective)
    yield Check.equal("training.gap", training.gap, relative_gap(training.objective, training.bound))
    found = training.model_objective
    if found is not None and training.goals:
        worse = f"{'above' if sense == 'minimize' else 'below'} the objective {value_text(training.objective)}"
        yield Check("training.model_objective", value_text(found), worse, training.goals[0].is_better_than(found))
    for place, goal in enumerate(training.goals):
        name = f"training.goals[{place}]"
        if place == 0:
            yield Check.equal(f"{name}.value", goal.value, training.objective)
            yield Check.equal(f"{name}.bound", goal.bound, training.bound)
        yield from _one_side(f"{name}.bound", goal.sense, goal.bound, goal.best)
        yield from _within(name, goal)


def _one_side(name: str, sense: Literal["minimize", "maximize"], bound: Fraction | None, value: Fraction) -> Iterator[Check]:
    if bound is None:
        return
    if sense == "minimize":
        yield Check(name, value_text(bound), f"at most {value_text(value)}, which was found", bound <= value)
    else:
        yield Check(name, value_text(bound), f"at least {value_text(value)}, which was found", bound >= value)


def _within(name: str, goal: GoalRecord) -> Iterator[Check]:
    """That later goals made it worse by what they were allowed."""
    if goal.reached is None:
        return
    slack = goal.within + MET * max(Fraction(1), abs(goal.reached))
    worse = goal.value - goal.reached if goal.sense == "minimize" else goal.reached - goal.value
    allowed = f"within {value_text(goal.within)} of {value_text(goal.reached)}, which was reached"
    yield Check(f"{name}.value", value_text(goal.value), allowed, worse <= slack)


def _status(training: TrainingRecord) -> Check:
    """`optimal` iff all bounds are met: exactly, or within 1e-6 relative where a goal's values lie on no lattice."""
    status = training.status
    if status not in WITH_NETWORK:
        return Check("training.status", status, f"one of {', '.join(WITH_NETWORK)}", False)
    if status == "optimal":
        missed = next((goal for goal in training.goals if not goal.is_met), None)
        why = "" if missed is None else f"feasible, since `{missed.text}` has not met its bound"
        return Check("training.status", status, why or status, missed is None)
    exactly = bool(training.goals) and all(goal.bound == goal.best for goal in training.goals)
    return Check("training.status", status, "optimal, since every bound is met" if exactly else status, not exactly)


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


def _plausible(claims: Claims) -> Iterator[Check]:
    """What nobody can recompute, but what it can be is known."""
    for name, value in claims.tolerances.items():
        place = f"certificate.claims.tolerances.{name}"
        yield Check(place, name, f"one of {', '.join(TOLERANCES)}", name in TOLERANCES)
        positive = isinstance(value, int | Fraction) and not isinstance(value, bool) and value > 0
        yield Check(place, value_text(value), "a number above 0", positive)
    if claims.cases is not None:
        yield Check("certificate.claims.cases", value_text(claims.cases), "none, or at least 1", claims.cases >= 1)


def _checks(
    model: Model,
    dataset: Dataset,
    problem: Problem,
    domain_checks: Sequence[DomainCheck],
    spec: str | None,
    network_class: Mapping[str, Scalar] | None,
) -> Iterator[Check]:
    yield from _origin_checks(model, spec, None)
    if network_class is not None:
        yield Check.equal("training.class", dict(model.training.network_class), dict(network_class))
    yield from _origin(model, dataset)
    for check in domain_checks:
        yield from check(model.network)
    yield _shapes(model.network, problem)
    measured = Measured(model.network, problem)
    yield from _goals(model, measured)
    yield from _constraints(measured)
    yield from _training_figures(model, measured)
    for kind in ("train", "validation", "test"):
        yield from _set(f"sets.{kind}", model.network, getattr(model.sets, kind), getattr(dataset, kind))


def _origin(model: Model, dataset: Dataset) -> Iterator[Check]:
    """That the data is the data, read the same way, and that the network fits it."""
    origin, network = dataset.origin, model.network
    yield Check.equal(DATA_HASH, model.certificate.data_sha256, origin.sha256)
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
    yield Check.equal("training.samples", model.training.samples, dataset.train.X.shape[0])


def _shapes(network: Network, problem: Problem) -> Check:
    found = [f"{layer.name}: {len(layer.bias)} {layer.unit}" for layer in network.layers]
    return Check.equal("layers", found, [f"{layer.name}: {layer.units} {layer.unit}" for layer in problem.layers])


def _goals(model: Model, measured: Measured) -> Iterator[Check]:
    goals = measured.problem.goals
    claimed = [[goal.sense, goal.text, goal.within] for goal in model.training.goals]
    yield Check.equal("training.goals", claimed, [[goal.sense, goal.text, goal.within] for goal in goals])
    for place, (record, goal) in enumerate(zip(model.training.goals, goals, strict=True)):
        yield Check.equal(f"training.goals[{place}].value", record.value, measured.goal(goal))


def _constraints(measured: Measured) -> Iterator[Check]:
    for finding in measured.findings():
        yield Check(finding.text, _side(finding), _wanted(finding), finding.holds)


def _side(finding: Finding) -> str:
    if finding.value is None:
        return "kept by every path" if finding.holds else "broken by a path of weights"
    row = f" in row {finding.row}" if finding.rows > 1 else ""
    return f"{value_text(finding.value)}{row}"


def _wanted(finding: Finding) -> str:
    if finding.bound is None:
        return f"to have {'no negative' if finding.sense == '>=' else 'no positive'} product of weights along any path"
    return f"to be {WORDS[finding.sense]} {value_text(finding.bound)}"


def _training_figures(model: Model, measured: Measured) -> Iterator[Check]:
    training, claimed = model.training, model.certificate.recomputable
    found = recomputable(measured)
    yield Check.equal("training.loss", training.loss, found.loss)
    yield Check.equal("training.objective", training.objective, found.objective)
    yield Check.equal("training.errors", training.errors, found.errors)
    yield Check.equal("training.nominal_errors", training.nominal_errors, found.errors)
    yield Check.equal("certificate.recomputable.loss", claimed.loss, found.loss)
    yield Check.equal("certificate.recomputable.objective", claimed.objective, found.objective)
    yield Check.equal("certificate.recomputable.errors", claimed.errors, found.errors)
    yield Check.equal("certificate.recomputable.constraints", claimed.constraints, found.constraints)
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
    if found.absolute is not None:
        yield Check.equal(f"{name}.absolute", claimed.absolute, found.absolute)


def _presence(value: object) -> str:
    return "absent" if value is None else "present"


def _input_text(entry: Input) -> str:
    power = "" if entry.power == 1 else f", power {entry.power}"
    return f"{entry.name} (column {entry.column}) {_transform_text(entry)}{power}"


def _transform_text(entry: Input) -> str:
    transform = entry.transform
    if isinstance(transform, Above):
        return f"above {value_text(transform.threshold)}, signed {transform.signed}"
    if isinstance(transform, Equals):
        return f"equals {transform.value}"
    rounding = "" if transform.digits is None else f", round {transform.digits}"
    return f"shift {value_text(transform.shift)}, factor {value_text(transform.factor)}{rounding}"
