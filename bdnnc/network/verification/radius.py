"""How far a point may move: exactly, before any first-layer unit changes, and by bisection, before the network is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bdnnc.exact import ExactMatrix
from bdnnc.network.network import Network
from bdnnc.network.sums import exact_sums
from bdnnc.network.verification.point import judge
from bdnnc.network.verification.verdict import Delta, Right, Verdict
from bdnnc.uncertainty.sets import Moves

Norm = Literal["linf", "l1", "l2"]

STEP = Fraction(1, 64)
"""A radius that is asked for next is no longer, in digits, than the interval needs: within this share of its middle."""


def first_layer_radius(network: Network, x: ExactMatrix, norm: Norm) -> Fraction | None:
    """The distance of the point ``x`` (1, inputs) from the nearest hyperplane of a first-layer unit, in scaled units; its
    square for "l2", where the distance need not be rational. Below it, no first-layer activation changes.

    The least |a_i| / |w_i|* over the units with w_i != 0, where * is the dual norm: l1 for linf, the largest |w_ij| for l1, l2
    for l2 (Hoelder's inequality, and its case of equality). None where all weights are 0: nothing ever changes.
    """
    layer = network.layers[0]
    values = exact_sums(layer, x)
    distances: list[Fraction] = []
    for unit, row in enumerate(layer.weights.tolist()):
        weights: list[Fraction] = [abs(weight) for weight in row if weight != 0]
        value = abs(values.fraction(0, unit))
        if not weights:
            continue
        if norm == "l2":
            distances.append(value * value / sum(weight * weight for weight in weights))
        else:
            distances.append(value / (sum(weights, Fraction(0)) if norm == "linf" else max(weights)))
    return min(distances, default=None)


@dataclass(frozen=True, slots=True)
class Radius:
    """``certified``: the largest radius that was certified (None: not even 0); ``broken``: the least that was broken (None: up
    to the largest asked for, none was), with ``delta``, a counter-example in it. ``is_complete``: nothing was undecided, and
    the two are as near as was asked."""

    certified: Fraction | None
    broken: Fraction | None
    delta: Delta | None
    is_complete: bool
    seconds: float


def network_radius(
    network: Network,
    x: ExactMatrix,
    right: Right,
    moves_of: Callable[[Fraction], Sequence[Moves]],
    largest: Fraction,
    tolerance: Fraction = Fraction(1, 1000),
    start: Fraction | None = None,
    seconds: float | None = None,
) -> Radius:
    """Bisection on the radius of a family of sets that grow with it, from 0 to ``largest``.

    Ends where ``largest`` is certified, or ``broken - certified`` is at most ``tolerance`` times ``broken`` (or times
    ``tolerance * largest``, where that is more), or a radius is undecided. ``start``: the radius to ask about first after 0,
    `first_layer_radius` for example. ``seconds``: for all of it; None, as long as it takes.
    """
    return bisected(lambda radius, left: judge(network, x, moves_of(radius), right, left), largest, tolerance, start, seconds)


def bisected(
    asked: Callable[[Fraction, float | None], Verdict],
    largest: Fraction,
    tolerance: Fraction = Fraction(1, 1000),
    start: Fraction | None = None,
    seconds: float | None = None,
) -> Radius:
    """As `network_radius`, of anything that gives a verdict on a radius within so many seconds (None: as long as it takes)."""
    started = time.monotonic()
    certified: Fraction | None = None
    broken: Fraction | None = None
    delta: Delta | None = None
    radius = Fraction(0)
    is_complete = True
    while True:
        verdict = asked(radius, None if seconds is None else max(0.0, seconds - (time.monotonic() - started)))
        if verdict.outcome == "undecided":
            is_complete = False
            break
        if verdict.outcome == "broken":
            broken, delta = radius, verdict.delta
        else:
            certified = radius
        if certified is None or certified >= largest:
            break
        if broken is not None and broken - certified <= tolerance * max(broken, tolerance * largest):
            break
        radius = _next(certified, broken, largest, start)
    return Radius(certified, broken, delta, is_complete, time.monotonic() - started)


def _next(certified: Fraction, broken: Fraction | None, largest: Fraction, start: Fraction | None) -> Fraction:
    """The start, then twice as much as was certified, then a short number near the middle."""
    if broken is None:
        if certified == 0:
            return min(start, largest) if start else largest
        return min(2 * certified, largest)
    middle, width = (certified + broken) / 2, (broken - certified) * STEP
    return middle.limit_denominator(max(1, int(1 / width)))
