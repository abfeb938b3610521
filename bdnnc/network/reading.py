"""A JSON document -> `Model`: every key, type, shape and number is checked, and a complaint says where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations
from typing import Literal, cast

from bdnnc.network.cursor import Cursor
from bdnnc.network.document import (
    STATUSES,
    Certificate,
    Claims,
    DataSource,
    Dialect,
    GoalRecord,
    MemberRecord,
    Model,
    Recomputable,
    RobustRecord,
    Scalar,
    SetRecord,
    SetRecords,
    Status,
    Target,
    TrainingRecord,
)
from bdnnc.network.ensemble import Ensemble, Predictor
from bdnnc.network.exact_json import read
from bdnnc.network.network import Network
from bdnnc.network.reading_network import classes_of, network_of

FORMAT = "bdnnc-network"
VERSION = 1
COMMON_KEYS = ("format", "version", "target", "dialect", "source", "classes", "training", "sets", "certificate", "spec")
NETWORK_KEYS = ("inputs", "layers")
MEMBER_KEYS = ("classes", *NETWORK_KEYS, "training", "margins")
MEMBER_TRAINING_KEYS = (
    *("status", "loss", "objective", "bound", "gap", "errors", "nominal_errors", "cuts", "samples", "class", "goals"),
)
TRAINING_KEYS = (
    *("method", "solver", "status", "loss", "objective", "bound", "gap", "errors", "nominal_errors", "cuts", "samples"),
    *("seed", "options", "class", "goals"),
)
CLAIM_KEYS = ("bound", "gap", "class", "solver", "version", "options", "tolerances", "seed", "cases")


def model_of_text(text: str, name: str) -> Model:
    """The model of a MODEL.json's text; ``name`` is the file's name for messages.

    Raises UserError: E550 no JSON, E551 a doubled, E552 an unknown, E553 a missing key, E554 a wrong type, E555 a number out of
    range, E556 a wrong shape, E557 an unknown word, E558 another format or version.
    """
    root = Cursor(read(text, name), "", name)
    _header(root)
    if not root.has("members"):
        root.table((*COMMON_KEYS, *NETWORK_KEYS))
        return _model(root, network_of(root), ())
    root.table((*COMMON_KEYS, "members"))
    ensemble = _ensemble(root)
    whole = _training(root.at("training"), regression=False)
    places = zip(root.at("members").items(), ensemble.members, strict=True)
    return _model(root, ensemble, tuple(_member(place, network, whole) for place, network in places))


def _model(root: Cursor, network: Predictor, members: tuple[MemberRecord, ...]) -> Model:
    regression = not network.classes
    return Model(
        network=network,
        members=members,
        target=_target(root.at("target")),
        dialect=_dialect(root.at("dialect")),
        source=_source(root.at("source")),
        training=_training(root.at("training"), regression),
        sets=_sets(root.at("sets"), regression),
        certificate=_certificate(root.at("certificate"), network, root.at("training")),
        spec=root.at("spec").text(),
    )


def _header(root: Cursor) -> None:
    """Before anything else is complained of: is this our format, our version?"""
    if "format" not in root.names() or root.at("format").value != FORMAT:
        root.fail("E558", f"has no `format` of `{FORMAT}`: it is no network of bdnnc")
    if not root.has("version") or root.at("version").number() != VERSION:
        root.at("version").fail("E558", f"is not {VERSION}, the version that this bdnnc reads")


def _ensemble(root: Cursor) -> Ensemble:
    """The networks of all pairs of classes, in their order, with the same inputs and one output unit each."""
    classes = classes_of(root.at("classes"))
    places = root.at("members").items(len(classes) * (len(classes) - 1) // 2, "pair of `classes`")
    return Ensemble(classes, tuple(_members(places, combinations(classes, 2))))


def _members(places: Iterator[Cursor], pairs: Iterator[tuple[str, str]]) -> Iterator[Network]:
    first: Network | None = None
    for place, pair in zip(places, pairs, strict=True):
        place.table(MEMBER_KEYS, ("constraints",))
        network = network_of(place)
        first = first or network
        if network.classes != pair:
            place.at("classes").fail("E556", f"must be `{pair[0]}` and `{pair[1]}`: pairs stand in class order")
        if network.inputs != first.inputs:
            place.at("inputs").fail("E556", "differ from those of the first member")
        if _kinds(network) != _kinds(first):
            place.at("layers").fail("E556", "have other names or units than those of the first member")
        if len(network.layers[-1].bias) != 1:
            place.at("layers").fail("E556", "must end with one unit, which tells the two classes apart")
        yield network


def _kinds(network: Network) -> list[tuple[str, str]]:
    return [(layer.name, layer.unit) for layer in network.layers]


def _member(place: Cursor, network: Network, whole: TrainingRecord) -> MemberRecord:
    """``whole``: the record of the ensemble's training, which says what is the same for all members."""
    at = place.at("training")
    at.table(MEMBER_TRAINING_KEYS, ("model_objective",))
    training = _searched(at, regression=False, method=whole.method, solver=whole.solver, seed=whole.seed, options=whole.options)
    constraints = place.at("constraints").integer(1) if place.has("constraints") else 0
    return MemberRecord(training, _margins(place.at("margins"), network), constraints)


def _margins(place: Cursor, network: Network) -> Mapping[str, Fraction]:
    """A number for each layer that is not linear."""
    place.table(tuple(layer.name for layer in network.layers if layer.unit != "linear"))
    return {key: entry.number() for key, entry in place.entries()}


def _target(place: Cursor) -> Target:
    place.table(("column", "name"))
    return Target(place.at("column").integer(-1), place.at("name").text())


def _dialect(place: Cursor) -> Dialect:
    place.table(("delimiter", "header"))
    return Dialect(place.at("delimiter").optional(Cursor.text), place.at("header").optional(Cursor.truth))


def _source(place: Cursor) -> DataSource:
    place.table(("path", "sha256"))
    return DataSource(place.at("path").optional(Cursor.text), place.at("sha256").digest())


def _scalars(place: Cursor) -> Mapping[str, Scalar]:
    return {key: entry.scalar() for key, entry in place.entries()}


def _training(place: Cursor, regression: bool) -> TrainingRecord:
    place.table(TRAINING_KEYS, ("model_objective",))
    return _searched(
        place,
        regression,
        method=place.at("method").text(),
        solver=place.at("solver").optional(Cursor.text),
        seed=place.at("seed").integer(),
        options=_scalars(place.at("options")),
    )


def _searched(
    place: Cursor, regression: bool, method: str, solver: str | None, seed: int, options: Mapping[str, Scalar]
) -> TrainingRecord:
    """What stands in every record of a training, also that of a member."""
    return TrainingRecord(
        method=method,
        solver=solver,
        status=cast("Status", place.at("status").word(STATUSES)),
        loss=place.at("loss").number(),
        objective=place.at("objective").number(),
        bound=place.at("bound").optional(Cursor.number),
        gap=place.at("gap").optional(Cursor.number),
        errors=_counted(place.at("errors"), regression),
        nominal_errors=_counted(place.at("nominal_errors"), regression),
        cuts=place.at("cuts").integer(),
        samples=place.at("samples").integer(),
        seed=seed,
        goals=tuple(_goal(goal) for goal in place.at("goals").items()),
        options=options,
        network_class=_scalars(place.at("class")),
        model_objective=place.at("model_objective").optional(Cursor.number),
    )


def _counted(place: Cursor, regression: bool) -> int | None:
    """A number of errors, null for regression."""
    if regression and place.value is not None:
        place.fail("E554", "must be null: a network without classes makes no errors")
    return None if regression else place.integer()


def _goal(place: Cursor) -> GoalRecord:
    place.table(("sense", "text", "value", "bound"), ("within", "reached"))
    sense = cast('Literal["minimize", "maximize"]', place.at("sense").word(("minimize", "maximize")))
    value, bound = place.at("value").number(), place.at("bound").optional(Cursor.number)
    if not place.has("within") and not place.has("reached"):
        return GoalRecord(sense, place.at("text").text(), value, bound)
    place.table(("sense", "text", "value", "bound", "within", "reached"))
    within, reached = place.at("within").positive(), place.at("reached").optional(Cursor.number)
    return GoalRecord(sense, place.at("text").text(), value, bound, within, reached)


def _sets(place: Cursor, regression: bool) -> SetRecords:
    place.table(("train", "validation", "test"))
    read = _regression_set if regression else _set
    return SetRecords(read(place.at("train")), place.at("validation").optional(read), place.at("test").optional(read))


def _set(place: Cursor) -> SetRecord:
    place.table(("samples", "errors", "accuracy"))
    samples, errors, accuracy = place.at("samples").integer(), place.at("errors").integer(), place.at("accuracy").number()
    if errors > samples:
        place.at("errors").fail("E555", f"is above the {samples} samples")
    if not 0 <= accuracy <= 1:
        place.at("accuracy").fail("E555", "must lie between 0 and 1")
    return SetRecord(samples, errors, accuracy)


def _regression_set(place: Cursor) -> SetRecord:
    place.table(("samples", "errors", "accuracy", "absolute"))
    _counted(place.at("errors"), regression=True)
    _counted(place.at("accuracy"), regression=True)
    absolute = place.at("absolute").number()
    if absolute < 0:
        place.at("absolute").fail("E555", "must not be below 0")
    return SetRecord(place.at("samples").integer(), None, None, absolute)


def _certificate(place: Cursor, network: Predictor, training: Cursor) -> Certificate:
    """``training``: the record that says the nominal errors of a network alone, too."""
    place.table(("recomputable", "claims", "sha256"))
    figures, digests = place.at("recomputable"), place.at("sha256")
    figures.table(("loss", "objective", "errors", "margins"), ("constraints", "robust"))
    digests.table(("spec", "data"))
    layered = network.members[0] if isinstance(network, Ensemble) else network
    recomputable = Recomputable(
        loss=figures.at("loss").number(),
        objective=figures.at("objective").number(),
        errors=_counted(figures.at("errors"), not network.classes),
        margins=_margins(figures.at("margins"), layered),
        constraints=figures.at("constraints").integer(1) if figures.has("constraints") else 0,
        robust=_robust(figures.at("robust")) if figures.has("robust") else None,
        nominal_errors=None if isinstance(network, Ensemble) else _counted(training.at("nominal_errors"), not network.classes),
    )
    return Certificate(recomputable, _claims(place.at("claims")), digests.at("spec").digest(), digests.at("data").digest())


def _robust(place: Cursor) -> RobustRecord:
    place.table(("sense", "kept", "certified"))
    sense = cast('Literal["static", "soft", "adaptive"]', place.at("sense").word(("static", "soft", "adaptive")))
    return RobustRecord(sense, place.at("kept").integer(), place.at("certified").integer())


def _claims(place: Cursor) -> Claims:
    place.table(CLAIM_KEYS)
    return Claims(
        bound=place.at("bound").optional(Cursor.number),
        gap=place.at("gap").optional(Cursor.number),
        network_class=_scalars(place.at("class")),
        solver=place.at("solver").optional(Cursor.text),
        version=place.at("version").optional(Cursor.text),
        options=_scalars(place.at("options")),
        tolerances=_scalars(place.at("tolerances")),
        seed=place.at("seed").integer(),
        cases=place.at("cases").optional(Cursor.integer),
    )
