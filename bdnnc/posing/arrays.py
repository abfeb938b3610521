"""Arrays that a layer names by file: masks and fixed weights, checked for shape and content."""

from __future__ import annotations

import csv
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import Diagnostic, Label, UserError
from bdnnc.diagnostics.suggest import did_you_mean
from bdnnc.language.spec import ArrayFile


def _fault(code: str, message: str, file: ArrayFile, help: str | None = None) -> UserError:
    return UserError(Diagnostic(code, message, Label(file.span), help=help))


def _unreadable(what: str, file: ArrayFile, fault: Exception) -> UserError:
    """E315 with the system's own reason; whatever a parser says of the content is not for users."""
    if isinstance(fault, FileNotFoundError):
        help = did_you_mean(file.path.name, (other.name for other in file.path.parent.glob("*")))
        return _fault("E315", f"there is no {what} `{file.text}`", file, help)
    if isinstance(fault, OSError) and fault.strerror:
        return _fault("E315", f"the {what} `{file.text}` can't be read: {fault.strerror.lower()}", file)
    form = "a CSV of 0 and 1" if what == "mask" else "an `.npz` archive with an array `weights`"
    return _fault("E315", f"the {what} `{file.text}` is not {form}", file)


def read_mask(file: ArrayFile, units: int, inputs: int) -> NDArray[np.bool_]:
    """The mask (units, inputs): True where the connection exists.

    Raises UserError E315 (unreadable), E316 (shape), E317 (an entry that is neither 0 nor 1).
    """
    try:
        with open(file.path, newline="", encoding="utf-8-sig") as stream:
            rows = [row for row in csv.reader(stream) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise _unreadable("mask", file, fault) from fault
    shape_help = f"write {units} lines (one a unit) of {inputs} entries (one an input), separated by commas"
    widths = {len(row) for row in rows}
    if len(rows) != units or widths != {inputs}:
        seen = f"{len(rows)} x {'/'.join(map(str, sorted(widths))) or 0}"
        raise _fault("E316", f"the mask is {seen}, the layer needs {units} x {inputs}", file, shape_help)
    for line, row in enumerate(rows, start=1):
        wrong = next((entry for entry in row if entry.strip() not in ("0", "1")), None)
        if wrong is not None:
            raise _fault("E317", f"line {line} of the mask holds `{wrong.strip()}`, only 0 and 1 are allowed", file)
    return np.array([[entry.strip() == "1" for entry in row] for row in rows], dtype=np.bool_)


def read_weights(file: ArrayFile, units: int, inputs: int) -> NDArray[Any]:
    """The fixed weights (units, inputs) as Fractions of the shortest decimals of the stored numbers.

    Raises UserError E315 (unreadable, no array `weights`), E316 (shape), E317 (NaN, infinite or not a number).
    """
    try:
        with np.load(file.path, allow_pickle=False) as archive:
            if "weights" not in archive.files:
                held = ", ".join(f"`{name}`" for name in archive.files) or "nothing"
                raise _fault("E315", f"`{file.text}` has no array `weights`; it holds {held}", file)
            stored = archive["weights"]
    except UserError:
        raise
    except Exception as fault:  # np.load raises whatever the zip or header parser does; all of it is the file's fault
        raise _unreadable("file of weights", file, fault) from fault
    if stored.shape != (units, inputs):
        seen = " x ".join(map(str, stored.shape)) or "a single number"
        raise _fault("E316", f"the fixed weights are {seen}, the layer needs {units} x {inputs} (units x inputs)", file)
    if stored.dtype.kind not in "iufb":
        raise _fault("E317", f"the fixed weights are of type {stored.dtype}, not numbers", file)
    if not np.isfinite(stored).all():
        raise _fault("E317", "the fixed weights hold NaN or infinite values", file)
    weights = np.empty((units, inputs), dtype=object)
    for place, value in np.ndenumerate(stored):
        weights[place] = Fraction(repr(value.item() if value.dtype.kind == "f" else int(value)))
    return weights
