"""What came of one training: figures recomputed from its network, and how it ended. As JSON it stands in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bdnnc.network.document import SetRecord

WRONG = "error"
"""The status of a training that a file, its data or its settings made impossible, beside those of a model file."""


@dataclass(frozen=True, slots=True)
class GoalFigures:
    """``minimize hamming: 3, bound 2``: value and bound as in a model file."""

    sense: str
    text: str
    value: Fraction
    bound: Fraction | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """``status``: as in a model file, or `error`; ``message``: why there is no network, empty where there is one. ``loss``,
    ``gap``: of the first goal; ``penalty``: the quantity that the loss is held against; ``seconds``: of this training, from
    reading the data to the certificate."""

    status: str
    seconds: float
    message: str = ""
    goals: tuple[GoalFigures, ...] = ()
    loss: Fraction | None = None
    gap: Fraction | None = None
    penalty: Fraction | None = None
    train: SetRecord | None = None
    validation: SetRecord | None = None
    test: SetRecord | None = None

    @property
    def has_network(self) -> bool:
        return self.train is not None

    def payload(self) -> dict[str, Any]:
        """As JSON; numbers that have to be exact are texts."""
        return {
            "status": self.status,
            "seconds": self.seconds,
            "message": self.message,
            "goals": [[goal.sense, goal.text, _text(goal.value), _text(goal.bound)] for goal in self.goals],
            "loss": _text(self.loss),
            "gap": _text(self.gap),
            "penalty": _text(self.penalty),
            "train": _of_set(self.train),
            "validation": _of_set(self.validation),
            "test": _of_set(self.test),
        }

    @staticmethod
    def of_payload(payload: Any) -> Measurement:
        """The inverse of `payload`."""
        return Measurement(
            status=payload["status"],
            seconds=float(payload["seconds"]),
            message=payload["message"],
            goals=tuple(GoalFigures(s, t, Fraction(value), _number(bound)) for s, t, value, bound in payload["goals"]),
            loss=_number(payload["loss"]),
            gap=_number(payload["gap"]),
            penalty=_number(payload["penalty"]),
            train=_set(payload["train"]),
            validation=_set(payload["validation"]),
            test=_set(payload["test"]),
        )


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _of_set(record: SetRecord | None) -> list[Any] | None:
    return None if record is None else [record.samples, record.errors, _text(record.accuracy), _text(record.absolute)]


def _set(payload: Any) -> SetRecord | None:
    if payload is None:
        return None
    samples, errors, accuracy, absolute = payload
    return SetRecord(samples, errors, _number(accuracy), _number(absolute))
