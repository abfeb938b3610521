# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Units of different networks brought into one order: networks that compute the same in another order, or with complemented
units, look alike afterwards.

Each hidden layer's units are assigned to those of a reference by the smallest number of patterns on which their activity
differs (the assignment problem, as in model fusion: Singh and Jaggi, arXiv 1910.05653), a complemented unit counting as one
with all its activity turned round. What comes out is for comparison: complemented weights may lie outside their sets.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.network.evaluate import active_units
from bdnnc.network.network import Layer, Network

Booleans = NDArray[np.bool_]


def aligned(network: Network, reference: Network, patterns: ExactMatrix) -> tuple[Network, list[Booleans]]:
    """The network with its hidden units in the order, and with the orientation, of those of ``reference``; and the activity of
    its layers then, (patterns, units) each. Both have the same shape."""
    activity, wanted = active_units(network, patterns), active_units(reference, patterns)
    layers = list(network.layers)
    for place in range(len(layers) - 1):
        order, turned = _assignment(activity[place], wanted[place])
        activity[place] = activity[place][:, order] ^ turned
        layers[place], layers[place + 1] = _arranged(layers[place], layers[place + 1], order, turned)
    return replace(network, layers=tuple(layers)), activity


def _assignment(own: Booleans, wanted: Booleans) -> tuple[NDArray[np.intp], Booleans]:
    """For each unit of the reference the unit that it is most like, and whether that one is most like its complement."""
    from scipy.optimize import linear_sum_assignment

    a, b = own.astype(np.float64), wanted.astype(np.float64)
    differing = b.T @ (1.0 - a) + (1.0 - b).T @ a  # (units of the reference, own units)
    agreeing = len(a) - differing
    _, order = linear_sum_assignment(np.minimum(differing, agreeing))
    rows = np.arange(len(order))
    return order, np.asarray(agreeing[rows, order] < differing[rows, order], dtype=np.bool_)


def _arranged(layer: Layer, above: Layer, order: NDArray[np.intp], turned: Booleans) -> tuple[Layer, Layer]:
    """A layer with its units in another order, those ``turned`` complemented, and the layer above that makes up for it: of a
    step unit of height v, w u = w v - w (v - u); of a sign unit, w u = (-w)(-u)."""
    sign = np.where(turned, -1, 1)
    weights, bias = layer.weights[order] * sign[:, None], layer.bias[order] * sign
    outgoing = above.weights[:, order]
    if layer.unit == "step":
        above = replace(above, bias=above.bias + (outgoing * turned) @ np.full(len(turned), layer.height))
    return (
        replace(layer, weights=weights, bias=bias, absent=layer.absent[order]),
        replace(above, weights=outgoing * sign, absent=above.absent[:, order]),
    )
