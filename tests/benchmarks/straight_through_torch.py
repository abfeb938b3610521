# pyright: basic
"""The straight-through network of `straight_through` in torch: the same network, with torch's own gradients, norms and Adam."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from learn_data import Points, UnavailableError
from straight_through import BATCH, EPOCHS, RATE, BinarizedNetwork, rank_of


def functions(torch: Any) -> tuple[Any, Any]:
    """``rounded(w, L)``: to integers in -L..L; ``stepped(a)``: 1 where a >= 0. Backwards the identity, and the slope of a
    ramp."""

    class Rounded(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, latent: Any, most: int) -> Any:
            return torch.round(torch.clamp(latent, -1, 1) * most)

        @staticmethod
        def backward(ctx: Any, *slopes: Any) -> Any:
            return slopes[0], None

    class Stepped(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any) -> Any:
            ctx.save_for_backward(a)
            return (a >= 0).to(a.dtype)

        @staticmethod
        def backward(ctx: Any, *slopes: Any) -> Any:
            (a,) = ctx.saved_tensors
            return slopes[0] * (a.abs() <= 1)

    return Rounded.apply, Stepped.apply


def train(
    training: Points,
    validation: Points,
    widths: Sequence[int],
    most: int = 1,
    seconds: float = 20.0,
    seed: int = 0,
    epochs: int = EPOCHS,
) -> BinarizedNetwork:
    """As `straight_through.train`: the network of the best epoch on the validation points. Raises UnavailableError where torch
    is not installed."""
    try:
        import torch
    except ImportError as missing:
        raise UnavailableError("torch is not installed: pip install torch") from missing
    torch.set_num_threads(1)
    random, began = np.random.default_rng(seed), time.monotonic()
    rounded, stepped = functions(torch)
    classes = int(max(training.y.max(), validation.y.max())) + 1
    sizes = [training.X.shape[1], *widths, classes if classes > 2 else 1]
    latent = [torch.tensor(random.uniform(-1, 1, (above, below)), requires_grad=True) for below, above in pairwise(sizes)]
    norms = [torch.nn.BatchNorm1d(width, dtype=torch.float64) for width in widths]
    with torch.no_grad():
        for norm in norms:
            norm.weight.requires_grad_(False)  # a unit's step does not see it
            norm.bias.copy_(torch.tensor(random.uniform(-0.5, 0.5, len(norm.bias))))
    shift = torch.zeros(sizes[-1], dtype=torch.float64, requires_grad=True)
    temperature = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    scale = most * sizes[-2] ** 0.5
    parameters = [*latent, *(norm.bias for norm in norms), shift, temperature]
    adam = torch.optim.Adam(parameters, lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, epochs)
    X, y = torch.tensor(training.X), torch.tensor(training.y)

    def scores(below: Any) -> Any:
        for table, norm in zip(latent[:-1], norms, strict=True):
            below = stepped(norm(below @ rounded(table, most).T))
        sums = below @ rounded(latent[-1], most).T / scale + shift
        both = sums if classes > 2 else torch.cat([torch.zeros_like(sums), sums], 1)
        return torch.exp(temperature) * both

    def network() -> BinarizedNetwork:
        """As it is now, normalised over all training points."""
        weights = [rounded(table.detach(), most).numpy() for table in latent]
        biases, below = [], training.X
        for table, norm in zip(weights[:-1], norms, strict=True):
            sums = below @ table.T
            biases.append(norm.bias.detach().numpy() * np.sqrt(sums.var(axis=0) + norm.eps) - sums.mean(axis=0))
            below = (sums + biases[-1] >= 0).astype(np.float64)
        return BinarizedNetwork(tuple(weights), (*biases, shift.detach().numpy() * scale))

    best, rank = network(), (-1.0, 0.0)
    for _ in range(epochs):
        order = random.permutation(len(y))
        for rows in np.array_split(order, max(1, len(order) // BATCH)):
            adam.zero_grad()
            torch.nn.functional.cross_entropy(scores(X[rows]), y[rows]).backward()
            adam.step()
            with torch.no_grad():
                for table in latent:
                    table.clamp_(-1, 1)
        schedule.step()
        now = network()
        found = rank_of(now, validation, float(torch.exp(temperature.detach())) / scale)
        if found > rank:
            best, rank = now, found
        if time.monotonic() - began > seconds:
            break
    return best
