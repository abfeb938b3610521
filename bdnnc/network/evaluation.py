"""A network on labelled or unlabelled points: the figures that `evaluate` reports and the classes that `predict` writes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.network import score
from bdnnc.network.check import value_text
from bdnnc.network.evaluate import active_units, predict
from bdnnc.network.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Exact figures on ``samples`` labelled points.

    ``errors``: points on which not exactly the wanted output units are active (a tie is an error). ``right``: points whose
    class `predict` gives. ``confusion[c, p]``: points of class c that are predicted as p. ``loss``: None where none was asked
    for.
    """

    samples: int
    loss: Fraction | None
    errors: int
    right: int
    confusion: NDArray[np.int64]
    classes: tuple[str, ...]

    @property
    def accuracy(self) -> Fraction:
        """The share of points whose class `predict` gives; 0 of none."""
        return Fraction(self.right, max(1, self.samples))

    def table(self) -> dict[str, Any]:
        """For JSON: numbers are int or Fraction."""
        return {
            "samples": self.samples,
            "loss": self.loss,
            "errors": self.errors,
            "accuracy": self.accuracy,
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
        }

    def text(self) -> str:
        """A few lines, and the confusion matrix with a row for each true class."""
        lines = [f"samples                      {self.samples}"]
        if self.loss is not None:
            lines.append(f"loss                         {value_text(self.loss)}")
        lines.append(f"errors, a tie is an error    {self.errors}")
        lines.append(f"accuracy of predict          {percent(self.right, self.samples)}")
        return "\n".join([*lines, "", "true class \\ predicted", *_confusion_lines(self.confusion, self.classes)]) + "\n"


def evaluate(network: Network, X: ExactMatrix, y: NDArray[np.int64], loss: score.LossRule | None = None) -> Evaluation:
    """The figures of ``network`` on points ``X`` (samples, inputs), transformed as its inputs say, of classes ``y``."""
    active = active_units(network, X)[-1]
    return Evaluation(
        samples=len(y),
        loss=None if loss is None else loss.value(active, y),
        errors=score.errors(active, y),
        right=score.right_predictions(active, y),
        confusion=score.confusion(active, y, len(network.classes)),
        classes=network.classes,
    )


def predict_labels(network: Network, X: ExactMatrix) -> list[str]:
    """The class label of each row of ``X`` (samples, inputs)."""
    return np.array(network.classes, dtype=object)[predict(network, X)].tolist()


def write_predictions(network: Network, chunks: Iterable[ExactMatrix], stream: TextIO, header: str = "class") -> int:
    """Writes CSV with one column ``header``: the label of every row of every chunk, in order. Returns the number of rows."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([header])
    written = 0
    for chunk in chunks:
        labels = predict_labels(network, chunk)
        writer.writerows([label] for label in labels)
        written += len(labels)
    return written


def percent(part: int, whole: int) -> str:
    """``97.50 % (39 of 40)``; of nothing, a dash. Cut, not rounded, so that 100.00 % means all."""
    if whole == 0:
        return "- (0 of 0)"
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02d} % ({part} of {whole})"


def _confusion_lines(confusion: NDArray[np.int64], classes: tuple[str, ...]) -> list[str]:
    header = ["", *classes]
    rows = [[label, *map(str, counts)] for label, counts in zip(classes, confusion.tolist(), strict=True)]
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines: list[str] = []
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  " + "  ".join(cells))
    return lines
