"""Recomputing a model's figures from what stands in its file and the data, until one differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bdnnc.data.dataset import Dataset, Samples
from bdnnc.data.inputs import Above, Equals, Input
from bdnnc.ir.problem import Problem
from bdnnc.network.check import CertifyReport, Check, DomainCheck, value_text
from bdnnc.network.consistency import DATA_HASH, SPEC_HASH, consistency_checks
from bdnnc.network.document import MemberRecord, Model, RobustRecord, Scalar, SetRecord, TrainingRecord, text_sha256
from bdnnc.network.ensemble import Ensemble, Predictor
from bdnnc.network.figures import recomputable, set_record
from bdnnc.network.measure import Finding, Measured
from bdnnc.network.network import Network

WORDS = {"<=": "at most", ">=": "at least", "==": "exactly"}


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """The class in which a network was sought: its problem, checks that a network is of the class, and the class in words as
    the recompiled spec has it (None: not compared)."""

    problem: Problem
    checks: Sequence[DomainCheck] = ()
    network_class: Mapping[str, Scalar] | None = None


def certify(
    model: Model,
    dataset: Dataset,
    problem: Problem,
    domain_checks: Sequence[DomainCheck] = (),
    spec: str | None = None,
    network_class: Mapping[str, Scalar] | None = None,
) -> CertifyReport:
    """Recomputes every figure of ``model``, which holds one network, and stops at the first that differs.

    ``dataset`` and ``problem`` come from compiling the spec that stands in the model, or ``spec``, a text given beside it that
    then has to hash alike. Bounds and what stands under `certificate.claims` are not recomputed, but have to agree with the
    rest of the file and in their arithmetic. A layer's `margin` is a claim about the networks that training searched, which
    ``domain_checks`` may test; here only the margins that the certificate reports are recomputed.
    ``network_class``: as in `Searched`.
    """
    return _report(_checks(model, dataset, (Searched(problem, domain_checks, network_class),), spec))


def certify_ensemble(model: Model, dataset: Dataset, searched: Iterable[Searched], spec: str | None = None) -> CertifyReport:
    """As `certify`, for the networks of an ensemble and their votes. ``searched``: one for each pair, in order."""
    return _report(_checks(model, dataset, searched, spec))


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


def _checks(model: Model, dataset: Dataset, searched: Iterable[Searched], spec: str | None) -> Iterator[Check]:
    yield from _origin_checks(model, spec, None)
    yield from _origin(model, dataset)
    network = model.network
    if isinstance(network, Ensemble):
        yield from _members(network, model.members, searched)
        yield from _votes(model, network, dataset)
    else:
        figures = model.certificate.recomputable
        for known in searched:
            yield from _network("", network, MemberRecord(model.training, figures.margins, figures.constraints), known)
            yield from _training_figures(model, Measured(network, known.problem))
    for kind in ("train", "validation", "test"):
        yield from _set(f"sets.{kind}", network, getattr(model.sets, kind), getattr(dataset, kind))


def _members(ensemble: Ensemble, records: Sequence[MemberRecord], searched: Iterable[Searched]) -> Iterator[Check]:
    for place, (network, record, known) in enumerate(zip(ensemble.members, records, searched, strict=True)):
        at, training = f"members[{place}].", record.training
        yield Check.equal(f"{at}training.samples", training.samples, known.problem.samples)
        yield from _network(at, network, record, known)
        measured = Measured(network, known.problem)
        yield Check.equal(f"{at}training.loss", training.loss, measured.loss())
        yield Check.equal(f"{at}training.errors", training.errors, measured.errors())
        yield Check.equal(f"{at}training.nominal_errors", training.nominal_errors, measured.errors(nominal=True))


def _network(at: str, network: Network, record: MemberRecord, known: Searched) -> Iterator[Check]:
    """One network: that it is of its class, its goals, its constraints, its margins. ``at``: where in the file it stands."""
    training = record.training
    if known.network_class is not None:
        yield Check.equal(f"{at}training.class", dict(training.network_class), dict(known.network_class))
    for check in known.checks:
        yield from (replace(found, name=f"{at}{found.name}") for found in check(network))
    yield _shapes(at, network, known.problem)
    measured = Measured(network, known.problem)
    yield from _goals(at, training, measured)
    yield from _constraints(measured)
    found, place = recomputable(measured), at or "certificate.recomputable."
    yield Check.equal(f"{place}constraints", record.constraints, found.constraints)
    for layer, margin in found.margins.items():
        yield Check.equal(f"{place}margins.{layer}", record.margins.get(layer), margin)


def _votes(model: Model, ensemble: Ensemble, dataset: Dataset) -> Iterator[Check]:
    """The figures of the whole that are no sums of its members' (those agree with the file already)."""
    training, claimed = model.training, model.certificate.recomputable
    errors = set_record(ensemble, dataset.train).errors
    yield Check.equal("training.errors", training.errors, errors)
    yield Check.equal("training.nominal_errors", training.nominal_errors, errors)
    yield Check.equal("certificate.recomputable.errors", claimed.errors, errors)
    yield Check.equal("certificate.recomputable.loss", claimed.loss, training.loss)
    yield Check.equal("certificate.recomputable.objective", claimed.objective, training.objective)


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


def _shapes(at: str, network: Network, problem: Problem) -> Check:
    found = [f"{layer.name}: {len(layer.bias)} {layer.unit}" for layer in network.layers]
    return Check.equal(f"{at}layers", found, [f"{layer.name}: {layer.units} {layer.unit}" for layer in problem.layers])


def _goals(at: str, training: TrainingRecord, measured: Measured) -> Iterator[Check]:
    goals = measured.problem.goals
    claimed = [[goal.sense, goal.text, goal.within] for goal in training.goals]
    yield Check.equal(f"{at}training.goals", claimed, [[goal.sense, goal.text, goal.within] for goal in goals])
    for place, (record, goal) in enumerate(zip(training.goals, goals, strict=True)):
        yield Check.equal(f"{at}training.goals[{place}].value", record.value, measured.goal(goal))


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
    yield Check.equal("training.nominal_errors", training.nominal_errors, found.nominal_errors)
    yield Check.equal("certificate.recomputable.loss", claimed.loss, found.loss)
    yield Check.equal("certificate.recomputable.objective", claimed.objective, found.objective)
    yield Check.equal("certificate.recomputable.errors", claimed.errors, found.errors)
    yield Check.equal("certificate.recomputable.robust", _robust_text(claimed.robust), _robust_text(found.robust))


def _robust_text(record: RobustRecord | None) -> str:
    if record is None:
        return "none"
    return f"{record.sense}, {record.kept} kept, {record.certified} certified"


def _set(name: str, network: Predictor, claimed: SetRecord | None, samples: Samples | None) -> Iterator[Check]:
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
