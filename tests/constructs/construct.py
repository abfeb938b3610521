"""What an entry of the table is: a file, a change of one line, and what each of the two must give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import bdnnc

XOR = "a,b,y\n0,0,n\n0,1,p\n1,0,p\n1,1,n\n"
"""Two classes that no perceptron tells apart: one error; two hidden units do."""

LEVELS = "x,y\n0,p\n1,n\n2,p\n"
"""One number whose middle is the odd one out: one error with a threshold."""

FAR = "x,y\n5,n\n10,p\n"
"""Two points that a threshold tells apart, but none between -3 and 3."""

AND = "a,b,y\n0,0,n\n0,1,n\n1,0,n\n1,1,p\n"

LINE = "x,y\n0,0\n1,1\n2,2\n3,9\n"
"""Numbers to be met: a line with an outlier."""

TERNARY = "weights in {-1, 0, 1}"
PERCEPTRON = f"layer output: 1 step unit {TERNARY} bias in {{-3..3}}"
HIDDEN = f"layer hidden: 2 step units {TERNARY} bias in {{-2..1}}"
TWO_LAYERS = f"{HIDDEN}\n  {PERCEPTRON}"
LINEAR = f"layer output: 1 linear unit {TERNARY} bias in {{-1..1}}"

WIDE = "layer hidden: 2 step units weights in {-2, 0, 2} bias in {-3..1}\n  " + PERCEPTRON
"""A hidden layer on which XOR needs two units, and two weights of 2 or -2 into each."""

CLASSES = f"layer output: classes step units {TERNARY} bias in {{-3..3}}"

Values = tuple[Fraction, ...]


def values(*numbers: int | str | Fraction) -> Values:
    """Optima, goal by goal."""
    return tuple(Fraction(number) for number in numbers)


def spec(network: str = PERCEPTRON, goals: str = "minimize errors", more: str = "", data: str = "", source: str = "") -> str:
    """A file on `points.csv`, whose target is the column y."""
    source = source or 'from "points.csv"\n  target "y"'
    return f"data {{\n  {source}\n  {data}\n}}\nnetwork {{\n  {network}\n}}\n{goals}\n{more}\n"


def subject(*lines: str) -> str:
    return "subject to {\n  " + "\n  ".join(lines) + "\n}"


@dataclass(frozen=True)
class Construct:
    """``spec`` has the optima ``gives``; with ``old`` replaced by ``new`` they become ``then``, or an error of that code, or
    None where no network is left. ``shows``, where given, is looked at instead of the optima. ``covers``: the words that
    the entry stands for, as `required` spells them. ``files``: what lies beside the spec, by name."""

    name: str
    covers: tuple[str, ...]
    spec: str
    old: str
    new: str
    gives: Any
    then: Any
    points: str = XOR
    files: Mapping[str, str | Callable[[Path], None]] = field(default_factory=dict)
    shows: Callable[[bdnnc.Compiled], Any] | None = None

    @property
    def changed(self) -> str:
        assert self.spec.count(self.old) >= 1, f"{self.name}: the line to be changed is not there"
        return self.spec.replace(self.old, self.new, 1)

    def compiled(self, text: str, folder: Path) -> bdnnc.Compiled:
        """The file on its points; raises as `bdnnc.compile`."""
        (folder / "points.csv").write_text(self.points)
        for name, content in self.files.items():
            if callable(content):
                content(folder / name)
            else:
                (folder / name).write_text(content)
        path = folder / "spec.bdnn"
        path.write_text(text)
        return bdnnc.compile(path)
