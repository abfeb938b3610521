"""Finished fits of the benchmark "learn": a JSON line each, so that a run goes on where one before it ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Key:
    """What a fit was: ``widths`` of the hidden layers, number of the ``split``, limit in ``seconds``, ``version`` of whoever
    fitted."""

    data: str
    method: str
    widths: tuple[int, ...]
    split: int
    seconds: float
    version: str


@dataclass(frozen=True, slots=True)
class Fit:
    """Accuracies in per cent, and the seconds that it took; ``reason``: why there are none."""

    key: Key
    train: float | None = None
    validation: float | None = None
    test: float | None = None
    took: float | None = None
    reason: str = ""


@dataclass(eq=False)
class Notebook:
    """The fits in a file, the latest of each key; a last line that a kill cut short is left out, and overwritten."""

    path: Path
    fits: dict[Key, Fit] = field(default_factory=dict[Key, Fit])

    def __post_init__(self) -> None:
        if not self.path.is_file():
            return
        text = self.path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            self.path.write_text(whole, encoding="utf-8")
        for line in whole.splitlines():
            fit = fit_of(line)
            self.fits[fit.key] = fit

    def add(self, fit: Fit) -> None:
        """In the file before anything else is done."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line_of(fit) + "\n")
        self.fits[fit.key] = fit

    def forget(self, methods: Iterable[str]) -> None:
        """Leave out the fits of these methods, so that they are done again."""
        unwanted = set(methods)
        self.fits = {key: fit for key, fit in self.fits.items() if key.method not in unwanted}
        if self.path.is_file():
            self.path.write_text("".join(line_of(fit) + "\n" for fit in self.fits.values()), encoding="utf-8")


def line_of(fit: Fit) -> str:
    """One line of JSON."""
    return json.dumps(asdict(fit))


def fit_of(line: str) -> Fit:
    """What `line_of` wrote."""
    table = json.loads(line)
    key = table.pop("key")
    return Fit(Key(**{**key, "widths": tuple(key["widths"])}), **table)
