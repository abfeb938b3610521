"""Arrays that a layer names by file: masks, fixed weights and biases, weights to start from; checked for shape and content."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.numbers import Unread, exact_column
from bdnnc.diagnostics import Diagnostic, Label, UserError
from bdnnc.diagnostics.suggest import did_you_mean
from bdnnc.language.spec import ArrayFile


def fault(code: str, message: str, file: ArrayFile, help: str | None = None) -> UserError:
    """The error at the place where the file is named."""
    return UserError(Diagnostic(code, message, Label(file.span), help=help))


def read_mask(file: ArrayFile, units: int, inputs: int) -> NDArray[np.bool_]:
    """The mask (units, inputs): True where the connection exists.

    Raises UserError E315 (unreadable), E316 (shape), E317 (an entry that is neither 0 nor 1).
    """
    try:
        with open(file.path, newline="", encoding="utf-8-sig") as stream:
            rows = [row for row in csv.reader(stream) if row]
    except (OSError, ValueError, csv.Error) as wrong:  # ValueError: not UTF-8, or a path with a NUL
        raise _unreadable("mask", "a CSV of 0 and 1", file, wrong) from wrong
    shape_help = f"write {units} lines (one a unit) of {inputs} entries (one an input), separated by commas"
    widths = {len(row) for row in rows}
    if len(rows) != units or widths != {inputs}:
        seen = f"{len(rows)} x {'/'.join(map(str, sorted(widths))) or 0}"
        raise fault("E316", f"the mask is {seen}, the layer needs {units} x {inputs}", file, shape_help)
    for line, row in enumerate(rows, start=1):
        wrong = next((entry for entry in row if entry.strip() not in ("0", "1")), None)
        if wrong is not None:
            raise fault("E317", f"line {line} of the mask holds `{wrong.strip()}`, only 0 and 1 are allowed", file)
    return np.array([[entry.strip() == "1" for entry in row] for row in rows], dtype=np.bool_)


def read_weights(file: ArrayFile, units: int, inputs: int, role: str = "fixed weights") -> NDArray[Any]:
    """The array ``weights`` (units, inputs) as Fractions of the shortest decimals of the stored numbers; ``role`` is how
    messages call it.

    Raises UserError E315 (unreadable, no array `weights`), E316 (shape), E317 (NaN, infinite or not a number).
    """
    return _read_array(file, "weights", (units, inputs), role, "units x inputs")


def read_bias(file: ArrayFile, units: int) -> NDArray[Any]:
    """The array ``bias`` (units,) likewise, with the same errors."""
    return _read_array(file, "bias", (units,), "fixed biases", "one a unit")


def _read_array(file: ArrayFile, name: str, shape: tuple[int, ...], role: str, axes: str) -> NDArray[Any]:
    stored = _stored(file, name)
    if stored.shape != shape:
        seen, needed = (" x ".join(map(str, size)) for size in (stored.shape, shape))
        message = f"the {role} are {seen or 'a single number'}, the layer needs {needed} ({axes})"
        raise fault("E316", message, file)
    if stored.dtype.kind not in "iufb":
        raise fault("E317", f"the {role} are of type {stored.dtype}, not numbers", file)
    column = exact_column(stored.reshape(-1))
    if isinstance(column, Unread):
        raise fault("E317", f"the {role} hold NaN or infinite values, or values out of range", file)
    return column.fractions().reshape(shape)


def _stored(file: ArrayFile, name: str) -> NDArray[Any]:
    try:
        with np.load(file.path, allow_pickle=False) as archive:
            if name in archive.files:
                return archive[name]
            held = ", ".join(f"`{other}`" for other in archive.files) or "nothing"
    except Exception as wrong:  # np.load raises whatever the zip or header parser does; all of it is the file's fault
        raise _unreadable("file", f"an `.npz` archive with an array `{name}`", file, wrong) from wrong
    raise fault("E315", f"`{file.text}` has no array `{name}`; it holds {held}", file)


def _unreadable(what: str, form: str, file: ArrayFile, wrong: Exception) -> UserError:
    """E315 with the system's own reason; whatever a parser says of the content is not for users."""
    if isinstance(wrong, FileNotFoundError):
        help = did_you_mean(file.path.name, (other.name for other in file.path.parent.glob("*")))
        return fault("E315", f"there is no {what} `{file.text}`", file, help)
    if isinstance(wrong, OSError) and wrong.strerror:
        return fault("E315", f"the {what} `{file.text}` can't be read: {wrong.strerror.lower()}", file)
    return fault("E315", f"the {what} `{file.text}` is not {form}", file)
