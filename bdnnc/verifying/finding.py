"""What came of one point. As JSON it stands in the journal, with exact numbers as texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

from bdnnc.network.verification.radius import Norm, Radius
from bdnnc.network.verification.verdict import Delta, Outcome

OVER = "the time of the run was over"
"""The reason of points that the end of a run, by its limit or a signal, left open."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``delta``: the exact counter-example of a broken point. ``reason``: why it is undecided. ``limit``: the seconds that it
    could use, None for as many as it takes. ``first_layer``: by norm, below which distance no first-layer unit changes (squared
    for `l2`; None: none ever does). ``radius``: shares of the set that are certified and broken, where these were asked for."""

    outcome: Outcome
    delta: Delta | None
    seconds: float
    patterns: int
    reason: str = ""
    limit: float | None = None
    first_layer: Mapping[Norm, Fraction | None] = field(default_factory=dict[Norm, Fraction | None])
    radius: Radius | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the end of the run is why it is undecided: it is asked again."""
        return self.outcome == "undecided" and self.reason == OVER

    def would_be_asked_again(self, limit: float | None) -> bool:
        """Whether it is undecided and there is more time now."""
        if self.outcome != "undecided" or self.limit is None:
            return False
        return limit is None or limit > self.limit

    def payload(self) -> dict[str, Any]:
        """As JSON; of ``delta`` what is not 0, by place."""
        delta, radius = self.delta, self.radius
        return {
            "outcome": self.outcome,
            "width": None if delta is None else len(delta),
            "delta": None if delta is None else {str(j): str(value) for j, value in enumerate(delta) if value},
            "seconds": self.seconds,
            "patterns": self.patterns,
            "reason": self.reason,
            "limit": self.limit,
            "first_layer": {norm: _text(value) for norm, value in self.first_layer.items()},
            "radius": None
            if radius is None
            else [_text(radius.certified), _text(radius.broken), radius.is_complete, radius.seconds],
        }

    @staticmethod
    def of_payload(payload: Any) -> Finding:
        """The inverse of `payload`."""
        table, radius = payload["delta"], payload["radius"]
        moved = {int(j): Fraction(value) for j, value in cast("Mapping[str, str]", table or {}).items()}
        limit = payload["limit"]
        return Finding(
            outcome=payload["outcome"],
            delta=None if table is None else tuple(moved.get(j, Fraction(0)) for j in range(payload["width"])),
            seconds=float(payload["seconds"]),
            patterns=payload["patterns"],
            reason=payload["reason"],
            limit=None if limit is None else float(limit),
            first_layer={norm: _number(value) for norm, value in payload["first_layer"].items()},
            radius=None
            if radius is None
            else Radius(_number(radius[0]), _number(radius[1]), None, bool(radius[2]), float(radius[3])),
        )


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _number(text: Any) -> Fraction | None:
    return None if text is None else Fraction(text)
