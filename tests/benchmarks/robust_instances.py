"""Instances of the benchmark "robust": data, a network, and a set of perturbations in several sizes, of which one is trained
for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from learn_data import Points

MEANINGS = {"nominal": "", "static": "robust static", "soft": "robust static soft", "adaptive": "robust adaptive"}
"""By method how its file begins to speak of the perturbations."""

ELEVEN = (
    *((4, 1, 1), (11, 3, 0), (8, 3, 0), (12, 10, 1), (7, 6, 1), (7, 2, 0), (0, 6, 0), (13, 13, 1), (12, 9, 1), (7, 6, 0)),
    (12, 11, 1),
)


@dataclass(frozen=True, slots=True)
class Instance:
    """A network with one hidden layer of ``units`` step units, and ``outputs`` such as ``1 step unit``, the loss `zero_one`.

    ``data``: statements of the file's `data` block, with ``{seed}`` where the split comes in; ``set``: the perturbations, with
    ``{}`` for the size; ``sizes``: at which networks are judged, ascending; ``trained``: the one they are trained for;
    ``strategy``: of all but `adaptive`, which has its own. ``longer``: the limit as a multiple of that of other instances.
    ``points``: of a file ``points.npz``, where there is one. ``text``: what the page says.
    """

    data: str
    units: int
    outputs: str
    set: str
    sizes: tuple[str, ...]
    trained: str
    strategy: str
    text: str
    weights: str = "{-1, 0, 1}"
    longer: float = 1.0
    points: Callable[[], Points] | None = None

    def within(self, size: str) -> str:
        """The set of a size."""
        return self.set.format(size)

    def spec(self, method: str, split: int, seconds: float) -> str:
        """The file."""
        strategy = "exact" if method == "adaptive" else self.strategy
        robust = f"{MEANINGS[method]} {{\n  inputs within {self.within(self.trained)}\n}}\n\n" if MEANINGS[method] else ""
        return (
            f"data {{\n  {self.data.format(seed=split)}\n}}\n\n"
            f"network {{\n  layer hidden: {self.units} step units\n    weights in {self.weights}\n"
            f"  layer output: {self.outputs}\n    weights in {{-1, 0, 1}}\n}}\n\n"
            f"minimize zero_one\n\n{robust}"
            f"train {strategy} {{ time_limit {seconds * self.longer:g} seed {split} }}\n"
        )

    def write_points(self, folder: Path) -> None:
        """The file that the spec names, if it does."""
        if self.points is not None:
            points = self.points()
            np.savez(folder / "points.npz", X=points.X, y=points.y)


def _eleven() -> Points:
    table = np.array(ELEVEN)
    return Points(table[:, :2].astype(np.float64), table[:, 2].astype(np.int64))


INSTANCES: dict[str, Instance] = {
    "breast_cancer": Instance(
        'from sklearn("breast_cancer")\n  scale minmax(0, 1) round 2\n'
        "  take 100 stratified seed {seed}\n  hold test 100 stratified seed {seed}",
        *(4, "1 step unit", "linf({})", ("0", "0.01", "0.02", "0.04", "0.06", "0.1"), "0.02", "search"),
        "scikit-learn's breast cancer data, 30 inputs scaled to 0..1 in steps of 0.01; 100 points to train, 100 to test; 4 "
        "units; `linf`; trained by `search`",
    ),
    "iris": Instance(
        'from sklearn("iris")\n  scale minmax(0, 1) round 2\n'
        "  take 60 stratified seed {seed}\n  hold test 60 stratified seed {seed}",
        *(2, "classes step units", "linf({})", ("0", "0.01", "0.02", "0.03", "0.05", "0.08"), "0.03", "exact"),
        "3 classes, 4 inputs scaled to 0..1 in steps of 0.01; 60 points to train, 60 to test; 2 units; `linf`; trained by "
        "`exact`",
    ),
    "digits_3_8": Instance(
        'from sklearn("digits")\n  keep classes ["3", "8"]\n  scale binarize(8)\n'
        "  take 100 stratified seed {seed}\n  hold test 100 stratified seed {seed}",
        *(4, "1 step unit", "flips({})", ("0", "1", "2", "3", "4"), "1", "search"),
        "images of the digits 3 and 8, 64 binary inputs; 100 to train, 100 to test; 4 units; `flips`: at most so many pixels "
        "take their other value; trained by `search`",
    ),
    "eleven": Instance(
        'from "points.npz"',
        *(2, "1 step unit", "linf({}) step 1", ("0", "1", "2", "3"), "2", "exact"),
        "eleven points of two integers that tell the four meanings apart, all to train and the same in each split; 2 units, "
        "weights of the first layer in -2..2; `linf` in steps of 1; trained by `exact`, with six times the limit",
        weights="{-2..2}",
        longer=6.0,
        points=_eleven,
    ),
}
