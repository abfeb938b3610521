"""What a run notes down as it goes, so that another can go on from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, final

from bdnnc.diagnostics import Diagnostic, UserError

Result = TypeVar("Result")

ANEW = "begin anew without `--resume`, with other files"


class Journal:
    """The journal of a run that keeps none. Keys are paths such as `goal/0/restart/3`; payloads are JSON, whose
    numbers are int, Fraction or float, and come back exactly: integers as int, decimals as Fraction, and what is no decimal as
    the text "p/q", which Fraction takes as well."""

    def tell(self, event: str, **fields: Any) -> None:
        """Note an event that nothing depends on: progress, a better network."""

    def record(self, key: str, payload: Any) -> None:
        """Note the result of a piece of work that a later run need not do again."""

    def recorded(self, key: str) -> Any | None:
        """The result of a piece of work that an earlier run has done; None if none has."""
        return None

    @final
    def under(self, path: str) -> Journal:
        """The same journal for a part of the run: its keys begin with ``path`` and a slash, its events have it as `part`."""
        return _Part(self, path)


@final
class _Part(Journal):
    def __init__(self, whole: Journal, path: str) -> None:
        self._whole, self._path = whole, path

    def tell(self, event: str, **fields: Any) -> None:
        part = f"{self._path}/{fields.pop('part')}" if "part" in fields else self._path
        self._whole.tell(event, part=part, **fields)

    def record(self, key: str, payload: Any) -> None:
        self._whole.record(f"{self._path}/{key}", payload)

    def recorded(self, key: str) -> Any | None:
        return self._whole.recorded(f"{self._path}/{key}")


@final
class Telling(Journal):
    """The same journal for work that is no part of what a later run goes on from: it tells, and neither records nor recalls."""

    def __init__(self, whole: Journal) -> None:
        self._whole = whole

    def tell(self, event: str, **fields: Any) -> None:
        self._whole.tell(event, **fields)


def recalled(journal: Journal, key: str, read: Callable[[Any], Result]) -> Result | None:
    """What an earlier run has recorded, as ``read`` takes it; None if it has not.

    Raises UserError E653 where ``read`` ends in what a payload of another form ends in, beside what it raises itself.
    """
    payload = journal.recorded(key)
    if payload is None:
        return None
    try:
        return read(payload)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise UserError(Diagnostic("E653", f"the record `{key}` of the events file cannot be read", help=ANEW)) from error
