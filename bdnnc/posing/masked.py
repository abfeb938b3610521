"""Fixed weights where a mask leaves no connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import Diagnostic, Label, UserError
from bdnnc.exact import decimal_text
from bdnnc.language.spec import ArrayFile


def refuse_masked(
    weights: ArrayFile, mask: ArrayFile, constant: NDArray[Any], present: NDArray[np.bool_], inputs: Sequence[str]
) -> None:
    """Raises UserError E318 if a weight of ``constant``, (units, inputs), is not 0 where ``present`` says that there is no
    connection; ``inputs``: names for messages."""
    wrong = (constant != 0).astype(np.bool_) & ~present
    if not bool(wrong.any()):
        return
    where, others = first_place(constant, wrong, inputs)
    message = f"the fixed weight of {where} in `{weights.text}`, and the mask `{mask.text}` leaves it out{others}"
    label = Label(mask.span, "the mask")
    help = "a connection that the mask leaves out has weight 0: change one of the two files"
    raise UserError(Diagnostic("E318", message, Label(weights.span), (label,), help=help))


def first_place(values: NDArray[Any], wrong: NDArray[np.bool_], inputs: Sequence[str]) -> tuple[str, str]:
    """The first of the wrong entries with its value, and how many more there are, in words."""
    unit, j = (int(place) for place in np.argwhere(wrong)[0])
    more = int(wrong.sum()) - 1
    return f"unit {unit}, input `{inputs[j]}` is {decimal_text(values[unit, j])}", f" (and {more} more)" if more else ""
