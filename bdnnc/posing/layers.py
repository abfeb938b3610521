"""One declared layer, with the arrays that it names, as a layer of the problem."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.ir.domains import LatticeDomain, ParameterDomain, ScaledDomain, from_declared, smallest_magnitude
from bdnnc.ir.problem import BiasRule, ProblemLayer
from bdnnc.language.spec import ArrayFile, Bias, LayerSpec
from bdnnc.posing.arrays import read_bias, read_mask, read_weights
from bdnnc.posing.masked import refuse_masked
from bdnnc.posing.starts import read_start

Mask = NDArray[np.bool_]


def pose_layer(spec: LayerSpec, inputs: Sequence[str], idle: Mask, sparse: bool, statement: int) -> ProblemLayer:
    """The layer on ``inputs`` (their names). ``idle``: (inputs,), those whose weights need not be chosen, since the points do
    not tell them apart; ``sparse``: whether its connections may be absent.

    Weights of idle inputs are 0, or the member nearest to 0, except where one scale makes all weights of a unit and none can be
    0. In a sparse layer a weight that is fixed at 0 is an absent connection, and a set of a single member is still a choice.
    Raises UserError E315 to E318 (arrays that do not fit).
    """
    shape = (spec.units, len(inputs))
    present = read_mask(spec.mask, *shape) if spec.mask else np.ones(shape, dtype=np.bool_)
    domain, free, constant = _weights(spec, present, idle, sparse, inputs)
    absent = ~present
    if sparse:
        absent |= ~free & (constant == 0).astype(np.bool_)
    start = None
    if spec.start is not None:
        start = np.where(free, read_start(spec.start, domain, present, sparse, inputs), constant)
    return ProblemLayer(
        name=spec.name,
        unit=spec.unit,
        units=spec.units,
        inputs=len(inputs),
        domain=domain,
        free=free,
        constant=constant,
        absent=absent,
        bias=_bias(spec.bias, spec.units),
        margin=None if spec.margin is None else spec.margin.value,
        statement=statement,
        margin_span=None if spec.margin is None else spec.margin.span,
        height=spec.height,
        sparse=sparse,
        start=start,
    )


def _weights(
    spec: LayerSpec, present: Mask, idle: Mask, sparse: bool, inputs: Sequence[str]
) -> tuple[ParameterDomain, Mask, NDArray[Any]]:
    """``(domain, free, constant)``; the domain of fixed weights means nothing."""
    constant = np.full(present.shape, Fraction(0), dtype=object)
    if isinstance(spec.weights, ArrayFile):
        constant = read_weights(spec.weights, *present.shape)
        if spec.mask is not None:
            refuse_masked(spec.weights, spec.mask, constant, present, inputs)
        return LatticeDomain(Fraction(0), Fraction(1), 0), np.zeros(present.shape, dtype=np.bool_), constant
    domain = from_declared(spec.weights)
    is_single = domain.lower == domain.upper
    if sparse:
        return domain, present & ~idle & (not (is_single and domain.lower == 0)), constant
    if isinstance(domain, ScaledDomain) and 0 not in domain.base:
        idle = np.zeros_like(idle)
    free = present & ~idle & (not is_single)
    constant[present & ~free] = smallest_magnitude(domain)
    return domain, free, constant


def _bias(bias: Bias, units: int) -> BiasRule:
    if bias.file is not None:
        return BiasRule("fixed", values=tuple(read_bias(bias.file, units).tolist()))
    if bias.domain is None:
        return BiasRule(bias.kind)
    domain = from_declared(bias.domain)
    if isinstance(domain, ScaledDomain):
        raise InternalError("a bias with a scale was not refused")
    return BiasRule(bias.kind, domain)
