"""The models of the compile benchmark, each with the sizes at which it is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from arrays import Model
from first_layer import FirstLayer
from regression import Regression
from scores import Scores
from sparse_layer import SparseLayer
from two_layers import TwoLayers

Sized = TypeVar("Sized", FirstLayer, Scores, TwoLayers, SparseLayer, Regression)


@dataclass(frozen=True, slots=True)
class Entry:
    """``tiny`` pays for imports and first calls; ``text`` is what the page says of the model."""

    title: str
    text: str
    sizes: tuple[Model, ...]
    tiny: Model
    goal: int
    """Building shall take at most so many times what the plain numpy blocks take."""


MODELS = {
    "first_layer": Entry(
        "First layer",
        "The published first layer: two big-M rows a sample and unit, real weights.",
        (FirstLayer(1000, 100, 10), FirstLayer(1000, 100, 50)),
        FirstLayer(50, 10, 2),
        2,
    ),
    "multi_class": Entry(
        "Several classes",
        "A linear unit a class, `zero_one`: a row a sample and other class, whose score the true one has to lead.",
        (Scores(1100, 100, 10),),
        Scores(50, 10, 3),
        3,
    ),
    "two_layers": Entry(
        "Two layers",
        "The first layer, and step units with weights -1, 0, 1 on top, one a class, `hamming`: four rows a product.",
        (TwoLayers(1000, 50, 10, 10),),
        TwoLayers(50, 10, 3, 2),
        3,
    ),
    "sparse": Entry(
        "Sparse layer",
        "The first layer with half of its connections masked away at random and `fan_in` at most 10: a binary a connection, "
        "and rows of different lengths.",
        (SparseLayer(2000, 100, 10),),
        SparseLayer(50, 10, 3),
        3,
    ),
    "regression": Entry(
        "Regression",
        "One linear unit, `absolute`: two rows a sample, targets of three digits.",
        (Regression(10000, 100),),
        Regression(50, 10),
        3,
    ),
}


def scaled(model: Sized, share: float) -> Sized:
    """The model with that share of its samples."""
    return replace(model, m=max(1, round(model.m * share)))
