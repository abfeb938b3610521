"""What a run notes down as it goes, so that another can go on from there."""

from __future__ import annotations

from typing import Any


class Journal:
    """The journal of a run that keeps none. Keys are paths such as `goal/0/restart/3`; payloads are JSON."""

    def tell(self, event: str, **fields: Any) -> None:
        """Note an event that nothing depends on: progress, a better network."""

    def record(self, key: str, payload: Any) -> None:
        """Note the result of a piece of work that a later run need not do again."""

    def recorded(self, key: str) -> Any | None:
        """The result of a piece of work that an earlier run has done; None if none has."""
        return None
