"""The figures of a network on a data set that anybody can recompute."""

from __future__ import annotations

from bdnnc.data.dataset import Dataset, Samples
from bdnnc.language.spec import Goal
from bdnnc.network import score
from bdnnc.network.document import Recomputable, SetRecord, SetRecords
from bdnnc.network.evaluate import active_units, smallest_margins
from bdnnc.network.network import Network


def recomputable(network: Network, dataset: Dataset, goal: Goal) -> Recomputable:
    """Loss and objective of the (first) goal, errors, and each layer's smallest margin, exactly, on the training points."""
    y = dataset.train.y
    active = active_units(network, dataset.train.X)[-1]
    loss = score.LossRule.of(goal.loss, y, len(dataset.classes)).value(active, y)
    margins = smallest_margins(network, dataset.train.X)
    by_name = {layer.name: margin for layer, margin in zip(network.layers, margins, strict=True)}
    return Recomputable(loss, loss + goal.constant, score.errors(active, y), by_name)


def set_record(network: Network, samples: Samples) -> SetRecord:
    """The exact figures of the network on a set."""
    active = active_units(network, samples.X)[-1]
    return SetRecord(len(samples.y), score.errors(active, samples.y), score.accuracy(active, samples.y))


def set_records(network: Network, dataset: Dataset) -> SetRecords:
    """`set_record` for the training, validation and test points of a data set."""
    validation = None if dataset.validation is None else set_record(network, dataset.validation)
    test = None if dataset.test is None else set_record(network, dataset.test)
    return SetRecords(set_record(network, dataset.train), validation, test)
