"""A network on labelled or unlabelled points: the figures that `evaluate` reports and what `predict` writes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.dataset import Samples
from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix, decimal_text, is_decimal
from bdnnc.language.quantities import Term
from bdnnc.network import score
from bdnnc.network.check import value_text
from bdnnc.network.ensemble import Ensemble, Predictor, predicted
from bdnnc.network.ensemble_score import score_votes
from bdnnc.network.evaluate import last_output
from bdnnc.network.network import Network

DIGITS = 17
"""Significant digits of a predicted value whose exact decimal is longer, or does not exist."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Exact figures on ``samples`` labelled points.

    ``errors``: points that `zero_one` counts (a tie is an error; of an ensemble a tie of three classes or more). ``right``:
    points whose class `predict` gives. ``confusion[c, p]``: points of class c that are predicted as p. ``loss``: None where
    none was asked for.
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


@dataclass(frozen=True, slots=True)
class RegressionEvaluation:
    """Exact figures on ``samples`` points with numbers y: the sum of |a - y| and the largest. ``loss``: None where none was
    asked for."""

    samples: int
    loss: Fraction | None
    absolute: Fraction
    largest: Fraction

    @property
    def mean(self) -> Fraction:
        """The mean of |a - y|; 0 of none."""
        return self.absolute / max(1, self.samples)

    def table(self) -> dict[str, Any]:
        """For JSON: numbers are int or Fraction."""
        return {
            "samples": self.samples,
            "loss": self.loss,
            "absolute": self.absolute,
            "mean_absolute": self.mean,
            "largest_absolute": self.largest,
        }

    def text(self) -> str:
        """A few lines; numbers of more than 17 digits are rounded."""
        lines = [f"samples                      {self.samples}"]
        if self.loss is not None:
            lines.append(f"loss                         {short_text(self.loss)}")
        lines.append(f"sum of |a - y|               {short_text(self.absolute)}")
        lines.append(f"mean of |a - y|              {short_text(self.mean)}")
        lines.append(f"largest |a - y|              {short_text(self.largest)}")
        return "\n".join(lines) + "\n"


def evaluate(network: Network, samples: Samples, terms: Sequence[Term] | None = None) -> Evaluation | RegressionEvaluation:
    """The figures of ``network`` on labelled points, transformed as its inputs say.

    ``terms``: the loss terms of a goal (`score.loss_terms`), with class weights as numbers; None where no loss is wanted.
    Raises InternalError where the points have classes and the network has none, or the other way round.
    """
    targets = score.targets_of(samples)
    if (targets is None) == (not network.classes):
        raise InternalError("the network and the points must both have classes, or both numbers")
    output = last_output(network, samples.X)
    counts = score.counts_of(samples.y, max(1, len(network.classes)))
    loss = None if terms is None else score.terms_value(terms, output, counts, targets)
    if targets is not None:
        distances = [Fraction(value) for value in score.absolute_errors(output, targets)]
        return RegressionEvaluation(len(distances), loss, sum(distances, Fraction(0)), max(distances, default=Fraction(0)))
    return Evaluation(
        samples=len(samples.y),
        loss=loss,
        errors=score.errors(output, counts),
        right=score.right_predictions(output, samples.y),
        confusion=score.confusion(output, samples.y, len(network.classes)),
        classes=network.classes,
    )


def evaluate_votes(ensemble: Ensemble, samples: Samples) -> Evaluation:
    """The figures of an ensemble on labelled points, without a loss."""
    scored = score_votes(ensemble, samples)
    return Evaluation(scored.samples, None, scored.errors, scored.right, scored.confusion, ensemble.classes)


def predict_labels(network: Predictor, X: ExactMatrix) -> list[str]:
    """The class label of each row of ``X`` (samples, inputs). Raises InternalError for a network without classes."""
    return np.array(network.classes, dtype=object)[predicted(network, X)].tolist()


def predict_values(network: Predictor, X: ExactMatrix) -> list[Fraction]:
    """The value, exactly, that a network without classes gives for each row of ``X``. Raises InternalError for others."""
    if isinstance(network, Ensemble):
        raise InternalError("an ensemble predicts classes")
    output = last_output(network, X)
    if network.classes or not isinstance(output, ExactMatrix):
        raise InternalError("a network with classes predicts classes")
    return [Fraction(int(value), output.denominators[0]) for value in output.numerators[:, 0]]


def write_predictions(network: Predictor, chunks: Iterable[ExactMatrix], stream: TextIO) -> int:
    """Writes CSV with one column, `class` or `value`: what the network makes of every row of every chunk, in order. Returns the
    number of rows."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["class" if network.classes else "value"])
    written = 0
    for chunk in chunks:
        if network.classes:
            texts = predict_labels(network, chunk)
        else:
            texts = [short_text(value) for value in predict_values(network, chunk)]
        writer.writerows([text] for text in texts)
        written += len(texts)
    return written


def short_text(value: Fraction) -> str:
    """The exact decimal where it has at most 17 digits, else 17 significant ones, rounded half to even."""
    if is_decimal(value) and value.denominator <= 10**DIGITS and abs(value.numerator) <= 10**DIGITS * value.denominator:
        text = decimal_text(value)
        if sum(letter.isdigit() for letter in text) <= DIGITS:
            return text
    return str(Context(prec=DIGITS).divide(Decimal(value.numerator), Decimal(value.denominator)))


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
