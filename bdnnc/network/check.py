"""A figure compared with what it recomputes to, and the report of many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bdnnc.diagnostics import Diagnostic, WorkFailed
from bdnnc.network.exact_json import flat_text, plain_text
from bdnnc.network.network import Network
from bdnnc.network.short_numbers import with_short_numbers


@dataclass(frozen=True, slots=True)
class Check:
    """One figure: its place in the file, what is claimed there, what was recomputed, and whether they agree."""

    name: str
    claimed: str
    recomputed: str
    ok: bool

    @staticmethod
    def equal(name: str, claimed: object, recomputed: object) -> Check:
        """Agreement is equality, exact for numbers."""
        return Check(name, value_text(claimed), value_text(recomputed), claimed == recomputed)


DomainCheck = Callable[[Network], Iterable[Check]]
"""Checks that the network lies in the declared class: weights and biases in their sets, masks, fixed weights."""


@dataclass(frozen=True, slots=True)
class CertifyReport:
    """The checks in order, up to and with the first that differs."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return self.difference is None

    @property
    def difference(self) -> Check | None:
        """The first figure that differs, None where all agree."""
        return next((check for check in self.checks if not check.ok), None)

    def diagnostic(self) -> Diagnostic | None:
        """The difference as an error E560, naming both values; None where there is none."""
        check = self.difference
        if check is None:
            return None
        claimed, recomputed = _pair(check)
        return Diagnostic("E560", f"`{check.name}` is {claimed} in the model file, but recomputed it is {recomputed}")

    def require(self) -> None:
        """Raises WorkFailed E560 where a figure differs."""
        found = self.diagnostic()
        if found is not None:
            raise WorkFailed(found)

    def text(self) -> str:
        """One line a name, long numbers cut to twenty digits; what differs stands last."""
        agreed: dict[str, list[str]] = {}
        for check in self.checks:
            if check.ok:
                agreed.setdefault(check.name, []).append(with_short_numbers(check.claimed))
        wrong = self.difference
        if wrong is not None:
            agreed.pop(wrong.name, None)
        width = max((len(name) for name in (*agreed, *(() if wrong is None else (wrong.name,)))), default=0)
        lines = [f"ok     {name:<{width}}  {', '.join(dict.fromkeys(values))}" for name, values in agreed.items()]
        if wrong is not None:
            claimed, recomputed = _pair(wrong)
            lines.append(f"WRONG  {wrong.name:<{width}}  {claimed} in the model file, recomputed: {recomputed}")
        return "\n".join(lines) + "\n"

    def table(self) -> dict[str, Any]:
        """For JSON: ``ok``, and the checks as objects, each once; all values are texts, numbers in full."""
        checks = [
            {"name": check.name, "claimed": check.claimed, "recomputed": check.recomputed, "ok": check.ok}
            for check in dict.fromkeys(self.checks)
        ]
        return {"ok": self.ok, "checks": checks}


def value_text(value: object) -> str:
    """Numbers as exact decimals or p/q, None as none, lists and tables as JSON, the rest as it is."""
    if value is None:
        return "none"
    if isinstance(value, Fraction):
        return plain_text(value)
    if isinstance(value, list | tuple | dict):
        return flat_text(value)  # pyright: ignore[reportUnknownArgumentType]
    return str(value)


def _pair(check: Check) -> tuple[str, str]:
    """What is claimed and what was recomputed, long numbers cut unless that would hide the difference."""
    claimed, recomputed = with_short_numbers(check.claimed), with_short_numbers(check.recomputed)
    return (check.claimed, check.recomputed) if claimed == recomputed else (claimed, recomputed)
