"""`weights start`: weights to start from, which must be weights that the layer may have."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import UserError
from bdnnc.ir.domains import ParameterDomain, ScaledDomain
from bdnnc.language.spec import ArrayFile
from bdnnc.posing.arrays import fault, read_weights
from bdnnc.posing.masked import first_place

SCALE_SLACK = Fraction(1, 10**9)
"""How far a weight may be from scale * member, as a share of the unit's largest: products of floats are not exact."""


def read_start(
    file: ArrayFile, domain: ParameterDomain, present: NDArray[np.bool_], sparse: bool, inputs: Sequence[str]
) -> NDArray[Any]:
    """The array ``weights`` of the file, (units, inputs) Fractions. ``present``: where connections may be; in a ``sparse``
    layer 0 is a weight too. ``inputs``: names for messages. Weights of a scaled set need be scale * member only to within 1e-9
    of the unit's largest, and are made so exactly.

    Raises UserError E315 to E317 as for fixed weights, E318 where a weight is not one that the layer may have.
    """
    start = read_weights(file, *present.shape, role="start weights")
    where_none = (start != 0).astype(np.bool_) & ~present
    if bool(where_none.any()):
        raise _refused(file, start, where_none, "and the mask leaves it out", inputs)
    if isinstance(domain, ScaledDomain):
        return _on_scales(file, start, domain, present, sparse)
    members = {value: (sparse and value == 0) or domain.contains(value) for value in set(start[present].tolist())}
    outside = present.copy()
    outside[present] = [not members[value] for value in start[present].tolist()]
    if bool(outside.any()):
        raise _refused(file, start, outside, f"not in `{domain.text()}`", inputs)
    return start


def _refused(file: ArrayFile, start: NDArray[Any], wrong: NDArray[np.bool_], reason: str, inputs: Sequence[str]) -> UserError:
    where, others = first_place(start, wrong, inputs)
    message = f"the start weight of {where}, {reason}{others}"
    return fault("E318", message, file, "every weight to start from must be one that the layer may have, 0 where there is none")


def _on_scales(
    file: ArrayFile, start: NDArray[Any], domain: ScaledDomain, present: NDArray[np.bool_], sparse: bool
) -> NDArray[Any]:
    """The weights with one scale a unit exactly; E318 where there is none."""
    members = {*domain.base, *([Fraction(0)] if sparse else [])}
    exact = np.full(start.shape, Fraction(0), dtype=object)
    for unit in range(len(start)):
        weights = set(start[unit][present[unit]].tolist())
        products = _products(weights, domain, members)
        if products is None:
            message = f"the start weights of unit {unit} are not `{domain.text()}` with one scale"
            raise fault("E318", message, file, "divided by one scale, all weights of a unit must be members of the set")
        exact[unit][present[unit]] = [products[weight] for weight in start[unit][present[unit]].tolist()]
    return exact


def _products(weights: set[Fraction], domain: ScaledDomain, members: set[Fraction]) -> dict[Fraction, Fraction] | None:
    """scale * member for each weight, with a scale of the domain that makes them so; None if there is none."""
    largest = max(weights, key=abs, default=Fraction(0))
    if largest == 0:
        return dict.fromkeys(weights, Fraction(0)) if 0 in members or not weights else None
    slack = abs(largest) * SCALE_SLACK
    for pivot in domain.base:
        if pivot * largest <= 0:
            continue
        scale = min(max(largest / pivot, domain.least), domain.most)
        products = {weight: scale * min(members, key=lambda m, w=weight, s=scale: abs(w - s * m)) for weight in weights}
        if all(abs(weight - product) <= slack for weight, product in products.items()):
            return products
    return None
