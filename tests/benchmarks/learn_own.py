"""Our strategies in the benchmark "learn": a spec for the data, widths and goal, trained within a limit of seconds.

Every better network that a strategy finds on the way is a candidate, and the one with the best accuracy on the validation
points is taken (of equally good ones the last): early stopping, as for the peers. All accuracies are of exact evaluations.

The papers' loss, `hamming`, is over as soon as the training points are right, which with so many units is soon and says nothing
of other points. So the strategies also have scores as outputs, the largest of which wins, and `hinge` losses with wide margins,
which are the nearest thing to the cross-entropy of the peers that the language knows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from learn_data import Points, Split

from bdnnc.api import source_of
from bdnnc.data.dataset import Dataset, Samples
from bdnnc.network.evaluate import last_output
from bdnnc.network.network import Network
from bdnnc.network.score import right_predictions
from bdnnc.pipeline import Pipeline
from bdnnc.solve.registry import solver
from bdnnc.training.goals import train_goals
from bdnnc.training.methods import METHODS
from bdnnc.training.outcome import Limits, Watch
from bdnnc.training.work import Means

PARTS = ("train", "validation", "test")
WEIGHTS = "{-1, 0, 1}"
SCALE = "standard round 1"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is tried: the unit of the outputs, and the goal."""

    unit: str
    goal: str


HAMMING, HINGE = Recipe("step", "hamming"), Recipe("linear", "hinge(16)")
OWN = {
    "search": ("search", HINGE),
    "search_hamming": ("search", HAMMING),
    "local_search": ("local_search", HINGE),
    "split": ("split", HINGE),
    "exact": ("exact", HINGE),
}
"""What the page shows: by name a strategy and its recipe."""

RUNS = 5
"""From different random numbers, where those before have ended by themselves, with all points right."""


def spec_text(widths: Sequence[int], classes: int, recipe: Recipe) -> str:
    """The file. ``widths``: of the hidden layers, whose names are ``hidden1``, ``hidden2``, .."""
    held = [f'  hold {part} from "{part}.npz"' for part in PARTS[1:]]
    layers = [f"  layer hidden{place}: {width} step units" for place, width in enumerate(widths, 1)]
    outputs = f"1 {recipe.unit} unit" if classes == 2 else f"classes {recipe.unit} units"
    lines = ["data {", '  from  "train.npz"', *held, f"  scale {SCALE}", "}", "", "network {"]
    for layer in (*layers, f"  layer output: {outputs}"):
        lines += [layer, f"    weights in {WEIGHTS}"]
    return "\n".join([*lines, "}", "", f"minimize {recipe.goal}", ""])


def write_parts(split: Split, folder: Path) -> None:
    """``train.npz``, ``validation.npz``, ``test.npz``, as the file names them."""
    for name, points in zip(PARTS, (split.train, split.validation, split.test), strict=True):
        np.savez(folder / f"{name}.npz", X=points.X, y=points.y)


def pipeline(folder: Path, widths: Sequence[int], classes: int, recipe: Recipe) -> Pipeline:
    """The file on its way, its parts in a folder."""
    return Pipeline(source_of(spec_text(widths, classes, recipe))[0], folder)


def parts_of(dataset: Dataset) -> tuple[Samples, Samples, Samples]:
    """Training, validation and test points, scaled."""
    if dataset.validation is None or dataset.test is None:
        raise ValueError("the file holds no points")
    return dataset.train, dataset.validation, dataset.test


def floats_of(samples: Samples) -> Points:
    """The same scaled points for peers."""
    return Points(samples.X.floats(), samples.y)


@dataclass(eq=False)
class Choice:
    """The network that is best on the validation points so far."""

    validation: Samples
    network: Network | None = None
    right: int = -1

    def offer(self, network: Network, value: Fraction, bound: Fraction) -> None:
        right = right_of(network, self.validation)
        if right >= self.right:
            self.network, self.right = network, right


def right_of(network: Network, samples: Samples) -> int:
    """How many points it classifies rightly, decided exactly."""
    return right_predictions(last_output(network, samples.X), samples.y)


def fit(
    method: str, folder: Path, widths: Sequence[int], classes: int, seconds: float, seed: int
) -> tuple[float, float, float] | None:
    """Accuracies in per cent on training, validation and test points; None where no network was found. ``folder`` as
    `write_parts` leaves it."""
    began, (strategy, recipe) = time.monotonic(), OWN[method]
    line = pipeline(folder, widths, classes, recipe)
    parts = parts_of(line.dataset)
    choice = Choice(parts[1])
    for number in range(RUNS):
        limits = Limits(time_limit=seconds, started=began, seed=RUNS * seed + number)
        means = Means(line.dataset.inputs, solver("auto"), limits, Watch(on_network=choice.offer), validation=parts[1])
        outcome = train_goals(METHODS[strategy], line.staged, len(line.problem.goals), means)
        if outcome.network is not None:
            choice.offer(outcome.network, Fraction(0), Fraction(0))
        if limits.is_late:
            break
    if choice.network is None:
        return None
    train, validation, test = (100 * right_of(choice.network, part) / len(part.y) for part in parts)
    return train, validation, test
