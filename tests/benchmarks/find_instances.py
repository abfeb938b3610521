"""Instances of the benchmark "find": data and a spec each, all numbers integers, so that every peer can take them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from learn_data import DATA_SETS, Points

from bdnnc.api import source_of
from bdnnc.datasets import uniform
from bdnnc.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Instance:
    """A network with one hidden layer of step units, all weights -1, 0 or 1, and the loss `hamming`, on some data.

    ``bias``, ``output_bias``: the largest of either sign; ``scale``: the file's, to integers; ``text``: what the page says.
    """

    load: Callable[[], Points]
    width: int
    bias: int
    output_bias: int
    text: str
    scale: str = "none"

    def spec(self, classes: int) -> str:
        """The file."""
        outputs = "1 step unit" if classes == 2 else "classes step units"
        return "\n".join(
            [
                *("data {", '  from  "points.npz"', f"  scale {self.scale}", "}", ""),
                *("network {", f"  layer hidden: {self.width} step units", "    weights in {-1, 0, 1}"),
                f"    bias    in {{-{self.bias}..{self.bias}}}",
                *(f"  layer output: {outputs}", "    weights in {-1, 0, 1}"),
                f"    bias    in {{-{self.output_bias}..{self.output_bias}}}",
                *("}", "", "minimize hamming", ""),
            ]
        )

    def pipeline(self, folder: Path) -> Pipeline:
        """The file on its way, its points in ``folder``. Raises UnavailableError where the data are not on this machine."""
        points = self.load()
        np.savez(folder / "points.npz", X=points.X, y=points.y)
        return Pipeline(source_of(self.spec(len(np.unique(points.y))))[0], folder)


def _breast_cancer(width: int) -> Instance:
    return Instance(DATA_SETS["breast_cancer"].load, width, 20, 3, f"all 699 points, 463 of them different, {width} units")


def _two_digits() -> Points:
    points = DATA_SETS["digits"].load()
    own = points[np.flatnonzero((points.y == 3) | (points.y == 8))]
    return Points(own.X, (own.y == 8).astype(np.int64))


def _credit() -> Points:
    points = DATA_SETS["credit"].load()
    return points[np.arange(0, len(points.y), 2)]


def _uniform(inputs: int, samples: int, bias: int) -> Instance:
    text = f"{samples} points of `bdnnc.datasets.uniform`, {inputs} inputs on -50..50, 5 units"
    return Instance(lambda: Points(*uniform(inputs, samples)), 5, bias, 3, text, "minmax(-50, 50) round 0")


INSTANCES: dict[str, Instance] = {
    "breast_cancer_2": _breast_cancer(2),
    "breast_cancer_3": _breast_cancer(3),
    "breast_cancer_5": _breast_cancer(5),
    "digits_3_8": Instance(_two_digits, 3, 64, 3, "357 images of the digits 3 and 8, 3 units"),
    "digits": Instance(DATA_SETS["digits"].load, 10, 64, 10, "1797 images of all ten digits, 10 units"),
    "credit": Instance(_credit, 5, 200, 3, "2000 points, 23 inputs on 0..20, 5 units", "minmax(0, 20) round 0"),
    "uniform_10": _uniform(10, 1000, 500),
    "uniform_100": _uniform(100, 200, 1000),
}
