"""The figures of a network on a data set that anybody can recompute."""

from __future__ import annotations

import numpy as np

from bdnnc.data.dataset import Dataset, Samples
from bdnnc.network import score
from bdnnc.network.document import Recomputable, RobustRecord, SetRecord, SetRecords
from bdnnc.network.ensemble import Ensemble, Predictor
from bdnnc.network.ensemble_score import score_votes
from bdnnc.network.evaluate import last_output
from bdnnc.network.measure import Measured


def recomputable(measured: Measured) -> Recomputable:
    """Loss and objective of the first goal, errors, each layer's smallest margin, and how many constraints are kept."""
    problem, network = measured.problem, measured.network
    margins = zip(network.layers, measured.margins, strict=True)
    return Recomputable(
        loss=measured.loss(),
        objective=measured.goal(problem.goals[0]),
        errors=measured.errors(),
        margins={layer.name: min(units) for layer, units in margins if units is not None},
        constraints=len(problem.constraints) + len(problem.monotone),
        nominal_errors=measured.errors(nominal=True),
        robust=robust_record(measured),
    )


def robust_record(measured: Measured) -> RobustRecord | None:
    """What is known of the perturbed training samples; None where nothing moves."""
    uncertainty, counts = measured.problem.uncertainty, measured.problem.counts
    if uncertainty is None:
        return None
    kept = measured.kept
    if measured.problem.is_regression:
        return RobustRecord(uncertainty.sense, int(counts[kept].sum()), 0)
    right = ~score.wrong(measured.output)
    certified = right & kept[:, np.newaxis] if measured.lost is None else right & ~measured.lost
    return RobustRecord(uncertainty.sense, int(counts[kept].sum()), int((certified * counts).sum()))


def set_record(network: Predictor, samples: Samples) -> SetRecord:
    """The exact figures of the network, or of an ensemble, on a set."""
    if isinstance(network, Ensemble):
        scored = score_votes(network, samples)
        return SetRecord(len(samples.y), scored.errors, scored.accuracy)
    output, size = last_output(network, samples.X), samples.X.shape[0]
    targets = score.targets_of(samples)
    if targets is not None:
        return SetRecord(size, None, None, score.absolute(output, targets))
    counts = score.counts_of(samples.y, len(network.classes))
    return SetRecord(size, score.errors(output, counts), score.accuracy(output, samples.y))


def set_records(network: Predictor, dataset: Dataset) -> SetRecords:
    """`set_record` for the training, validation and test points of a data set."""
    validation = None if dataset.validation is None else set_record(network, dataset.validation)
    test = None if dataset.test is None else set_record(network, dataset.test)
    return SetRecords(set_record(network, dataset.train), validation, test)
