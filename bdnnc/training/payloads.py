"""Networks and outcomes as JSON for a journal, with exact numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast

from bdnnc.data.inputs import Input
from bdnnc.network.cursor import Cursor
from bdnnc.network.exact_json import Object, flat_text, note_place, read
from bdnnc.network.network import Network
from bdnnc.network.reading_network import layers_of
from bdnnc.network.writing import layer_table
from bdnnc.training.outcome import StageOutcome, StageStatus

Table = dict[str, Any]

STATUSES = ("optimal", "feasible", "infeasible", "no_solution", "interrupted")

WHERE = "an entry of the events file"
"""What messages call a payload that does not know where it stood."""


def network_payload(network: Network) -> Table:
    """The layers of a network as JSON; inputs and classes are those of the run."""
    return {"layers": [layer_table(layer) for layer in network.layers]}


def network_of_payload(payload: Any, inputs: tuple[Input, ...], classes: tuple[str, ...]) -> Network:
    """The network of a payload, as `network_payload` made it or as it was read from a journal.

    Raises UserError E55x where it is none, or does not suit the inputs and classes.
    """
    place = _cursor(payload)
    place.table(("layers",))
    return Network(inputs, layers_of(place.at("layers"), len(inputs), classes), classes)


def stage_payload(outcome: StageOutcome) -> Table:
    """What came of a goal as JSON."""
    return {
        "status": outcome.status,
        "network": None if outcome.network is None else network_payload(outcome.network),
        "value": outcome.value,
        "bound": outcome.bound,
        "cuts": outcome.cuts,
        "nodes": outcome.nodes,
        "tolerance": Fraction(repr(outcome.tolerance)),
        "message": outcome.message,
        "model_objective": outcome.model_objective,
        "refusal": outcome.refusal,
    }


def stage_of_payload(payload: Any, inputs: tuple[Input, ...], classes: tuple[str, ...]) -> StageOutcome:
    """The outcome of a payload of `stage_payload`. Raises UserError E55x where it is none."""
    place = _cursor(payload)
    place.table(("status", "network", "value", "bound", "cuts", "nodes", "tolerance", "message", "model_objective", "refusal"))
    network = place.at("network").value
    return StageOutcome(
        status=cast("StageStatus", place.at("status").word(STATUSES)),
        network=None if network is None else network_of_payload(network, inputs, classes),
        value=place.at("value").optional(Cursor.number),
        bound=place.at("bound").number(),
        cuts=place.at("cuts").integer(),
        nodes=place.at("nodes").integer(),
        tolerance=float(place.at("tolerance").number()),
        message=place.at("message").text(),
        model_objective=place.at("model_objective").optional(Cursor.number),
        refusal=place.at("refusal").text(),
    )


def plain(value: Any) -> Any:
    """The JSON of a payload with exact numbers: floats by their shortest decimal, or null where they are not finite; numbers
    and arrays of numpy as those of Python."""
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in cast("list[Any]", value)]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return Fraction(repr(value)) if abs(value) < float("inf") else None
    return value


def natural(value: Any) -> Any:
    """A payload as it was read from a file, where every number is a Fraction, with the integers among them as int."""
    if isinstance(value, dict):
        table = Object({key: natural(entry) for key, entry in cast("dict[str, Any]", value).items()})
        table.where = value.where if isinstance(value, Object) else ""
        return table
    if isinstance(value, list):
        return [natural(entry) for entry in cast("list[Any]", value)]
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def _cursor(payload: Any) -> Cursor:
    """A payload as if it had been read from a file."""
    where = (payload.where if isinstance(payload, Object) else "") or WHERE
    found = read(flat_text(plain(payload)), where)
    note_place(found, where)
    return Cursor(found, "", where)
