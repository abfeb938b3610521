"""What a verification gives: a verdict a point and the counts of each set, as text, CSV and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any, final

from bdnnc.diagnostics import WorkFailed
from bdnnc.verifying.columns import csv_text, json_table
from bdnnc.verifying.text import result_text
from bdnnc.verifying.verdicts import PointVerdict, SetCounts

__all__ = ["PointVerdict", "SetCounts", "VerifyResult"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class VerifyResult:
    """``points``: a verdict for each point, set after set; ``sets``: their counts. ``within``: the set of perturbations in
    words; ``inputs``: the names of the network's inputs. ``seconds``: of the run; ``interrupted``: whether it was stopped
    before its end, by a signal or, as ``failure`` says, because its workers were lost."""

    points: tuple[PointVerdict, ...]
    sets: tuple[SetCounts, ...]
    within: str
    inputs: tuple[str, ...]
    seconds: float
    radius_unit: Fraction | None = None
    interrupted: bool = False
    failure: WorkFailed | None = None

    @property
    def certified(self) -> int:
        """How many points are right on their whole set."""
        return sum(counts.certified for counts in self.sets)

    @property
    def broken(self) -> int:
        """How many have a counter-example; the points that are wrong as they are among them."""
        return sum(counts.broken for counts in self.sets)

    @property
    def undecided(self) -> int:
        return sum(counts.undecided for counts in self.sets)

    @property
    def certified_accuracy(self) -> Fraction:
        """The share of certified points of all sets; 0 of none."""
        return Fraction(self.certified, max(1, len(self.points)))

    def csv(self) -> str:
        """A row a point: exact decimals, or p/q where there is none."""
        return csv_text(self)

    def json(self) -> dict[str, Any]:
        """For `bdnnc.network.exact_json`: numbers are int or Fraction."""
        return json_table(self)

    def save(self, path: str | Path) -> None:
        """Write the CSV, whole or not at all. Raises UserError E661."""
        from bdnnc.network.saving import replace_file

        replace_file(Path(path), self.csv().encode("utf-8"))

    def text(self) -> str:
        """The counts of each set, and the first counter-examples."""
        return result_text(self)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"
