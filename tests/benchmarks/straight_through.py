"""A binarized network trained by straight-through gradients, in numpy: the peer of the benchmark "learn".

Step units with activations 0 and 1 and integer weights from -L to L, each the rounded value of a latent real one; real
thresholds. Forwards everything is discrete; backwards rounding is the identity and a step has the slope of a ramp (clipped
identity; Bengio, Leonard, Courville 2013; Hubara et al. 2016). Pre-activations are normalised over the batch, which in a
network of steps only moves thresholds. Cross-entropy of scores with one common, learnt temperature; Adam with a falling rate.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from learn_data import Points
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EPOCHS, BATCH, RATE = 300, 64, 0.01
SMALL = 1e-5
"""Added to variances."""


@dataclass(eq=False)
class Adam:
    """Kingma, Ba 2015, with its usual constants."""

    parameters: list[Floats]
    steps: int = 0
    means: list[Floats] = field(init=False)
    squares: list[Floats] = field(init=False)

    def __post_init__(self) -> None:
        self.means = [np.zeros_like(value) for value in self.parameters]
        self.squares = [np.zeros_like(value) for value in self.parameters]

    def step(self, gradients: Sequence[Floats], rate: float) -> None:
        self.steps += 1
        for value, gradient, mean, square in zip(self.parameters, gradients, self.means, self.squares, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            value -= rate * (mean / (1 - 0.9**self.steps)) / (np.sqrt(square / (1 - 0.999**self.steps)) + 1e-8)


@dataclass(frozen=True, slots=True, eq=False)
class BinarizedNetwork:
    """``weights``: integers, (units, inputs) a layer; ``biases``: real, (units,). A unit is active where its sum is at least 0;
    the class is that of the highest score."""

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def scores(self, X: Floats) -> Floats:
        """(points, classes)."""
        below = X
        for weights, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            below = (below @ weights.T + bias >= 0).astype(np.float64)
        return by_class(below @ self.weights[-1].T + self.biases[-1])

    def predict(self, X: Floats) -> NDArray[np.int64]:
        """(points,)."""
        return np.argmax(self.scores(X), axis=1)


def by_class(sums: Floats) -> Floats:
    """Scores of the classes: one output is the second class's, and the first one's is 0."""
    return sums if sums.shape[1] > 1 else np.hstack([np.zeros_like(sums), sums])


@dataclass(eq=False)
class Trainer:
    """Latent weights and shifts of the normalised pre-activations; the last layer's shifts are added to its scores."""

    latent: list[Floats]
    shifts: list[Floats]
    temperature: Floats
    most: int
    """The largest weight."""

    @property
    def weights(self) -> list[Floats]:
        """What the latent weights are rounded to."""
        return [np.rint(np.clip(table, -1, 1) * self.most) for table in self.latent]

    def gradients(self, X: Floats, y: NDArray[np.int64], classes: int) -> list[Floats]:
        """Of the mean cross-entropy, in the order latent weights, shifts, temperature."""
        weights, inputs, normed, spreads = self.weights, [X], list[Floats](), list[Floats]()
        for table, shift in zip(weights[:-1], self.shifts[:-1], strict=True):
            sums = inputs[-1] @ table.T
            spreads.append(np.sqrt(sums.var(axis=0) + SMALL))
            normed.append((sums - sums.mean(axis=0)) / spreads[-1] + shift)
            inputs.append((normed[-1] >= 0).astype(np.float64))
        sums = inputs[-1] @ weights[-1].T / self.scale_of_scores
        scores = np.exp(self.temperature) * by_class(sums + self.shifts[-1])
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        slope = (chances / chances.sum(axis=1, keepdims=True) - np.eye(classes)[y]) / len(y)
        warmth = np.array([np.sum(slope * scores)])
        slope = np.exp(self.temperature) * slope[:, -len(weights[-1]) :]
        of_weights, of_shifts = [slope.T @ inputs[-1] / self.scale_of_scores], [slope.sum(axis=0)]
        slope = slope @ weights[-1] / self.scale_of_scores
        for place in range(len(normed) - 1, -1, -1):
            slope = slope * (np.abs(normed[place]) <= 1)
            of_shifts.insert(0, slope.sum(axis=0))
            centred = normed[place] - self.shifts[place]
            slope = (slope - slope.mean(axis=0) - centred * (slope * centred).mean(axis=0)) / spreads[place]
            of_weights.insert(0, slope.T @ inputs[place])
            slope = slope @ weights[place]
        return [*(self.most * gradient for gradient in of_weights), *of_shifts, warmth]

    @property
    def scale_of_scores(self) -> float:
        return self.most * float(np.sqrt(self.latent[-1].shape[1]))

    def network(self, X: Floats) -> BinarizedNetwork:
        """The network as it is now, normalised over all training points."""
        weights, biases, below = self.weights, list[Floats](), X
        for table, shift in zip(weights[:-1], self.shifts[:-1], strict=True):
            sums = below @ table.T
            biases.append(shift * np.sqrt(sums.var(axis=0) + SMALL) - sums.mean(axis=0))
            below = (sums + biases[-1] >= 0).astype(np.float64)
        return BinarizedNetwork(tuple(weights), (*biases, self.shifts[-1] * self.scale_of_scores))


def begin(widths: Sequence[int], most: int, random: np.random.Generator) -> Trainer:
    """``widths``: inputs, hidden layers, outputs: one a class, one alone for two classes."""
    latent = [random.uniform(-1, 1, (above, below)) for below, above in pairwise(widths)]
    shifts = [random.uniform(-0.5, 0.5, width) for width in widths[1:-1]] + [np.zeros(widths[-1])]
    return Trainer(latent, shifts, np.zeros(1), most)


def train(
    training: Points,
    validation: Points,
    widths: Sequence[int],
    most: int = 1,
    seconds: float = 20.0,
    seed: int = 0,
    epochs: int = EPOCHS,
) -> BinarizedNetwork:
    """The network of the best epoch on the validation points; of equally good ones the one with the higher likelihood there.
    Ends after ``seconds`` or ``epochs``. ``widths``: of the hidden layers."""
    random, began = np.random.default_rng(seed), time.monotonic()
    classes = int(max(training.y.max(), validation.y.max())) + 1
    trainer = begin([training.X.shape[1], *widths, classes if classes > 2 else 1], most, random)
    parameters = [*trainer.latent, *trainer.shifts, trainer.temperature]
    adam = Adam(parameters)
    best, rank = trainer.network(training.X), (-1.0, 0.0)
    for epoch in range(epochs):
        order = random.permutation(len(training.y))
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        for rows in np.array_split(order, max(1, len(order) // BATCH)):
            adam.step(trainer.gradients(training.X[rows], training.y[rows], classes), rate)
            for table in trainer.latent:
                np.clip(table, -1, 1, out=table)
        network = trainer.network(training.X)
        found = rank_of(network, validation, float(np.exp(trainer.temperature[0])) / trainer.scale_of_scores)
        if found > rank:
            best, rank = network, found
        if time.monotonic() - began > seconds:
            break
    return best


def rank_of(network: BinarizedNetwork, points: Points, hardness: float) -> tuple[float, float]:
    """Accuracy, then mean log-likelihood; ``hardness``: the factor of the scores in it."""
    scores = hardness * network.scores(points.X)
    highest = scores.max(axis=1)
    likelihood = scores[np.arange(len(points.y)), points.y] - highest
    likelihood -= np.log(np.exp(scores - highest[:, np.newaxis]).sum(axis=1))
    return float(np.mean(np.argmax(scores, axis=1) == points.y)), float(likelihood.mean())
