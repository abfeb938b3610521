"""The words that the checker knows: quantities, functions of constants, counts of the data."""

from __future__ import annotations

COUNTS = ("samples", "features", "classes")
"""Counted in the data: training points before merging, inputs of the first layer, classes."""

FUNCTIONS = ("min", "max", "abs", "floor", "ceil")
"""What constants may be put through."""

LOSSES = ("hamming", "zero_one", "hinge", "absolute", "none")
NORMS = ("l0", "l1", "l2", "linf")
OF_LAYER = ("units", "fan_in", "margin")
"""Quantities with a layer as argument; ``margin`` also stands alone."""

MODEL_WORDS = (*LOSSES, *NORMS, *OF_LAYER, "errors", "margins", "weights", "bias", "features_used")
"""Quantities of the network that is sought."""

PERTURBATION_SETS = ("linf", "l1", "l2", "box", "budget", "polytope", "flips")
"""What stands behind `within`."""

QUANTITY_WORDS = frozenset({*MODEL_WORDS, *COUNTS, *FUNCTIONS, "nominal", "all", "balanced"})
"""Barred as names of params and layers."""
