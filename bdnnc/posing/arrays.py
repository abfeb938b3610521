"""Arrays that a layer names by file: masks, fixed weights and biases, weights to start from; checked for shape and content."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.numbers import Unread, exact_column, read_number
from bdnnc.diagnostics import Diagnostic, Label, UserError
from bdnnc.diagnostics.suggest import did_you_mean
from bdnnc.language.spec import ArrayFile

LARGEST_ENTRY = 10**15


def fault(code: str, message: str, file: ArrayFile, help: str | None = None) -> UserError:
    """The error at the place where the file is named."""
    return UserError(Diagnostic(code, message, Label(file.span), help=help))


def read_mask(file: ArrayFile, units: int, inputs: int) -> NDArray[np.bool_]:
    """The mask (units, inputs): True where the connection exists.

    Raises UserError E315 (unreadable), E316 (shape), E317 (an entry that is neither 0 nor 1).
    """
    try:
        with open(file.path, newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            lines = [(reader.line_num, row) for row in reader if row]
    except (OSError, ValueError, csv.Error) as wrong:  # ValueError: not UTF-8, or a path with a NUL
        form = "a CSV of 0 and 1"
        raise _unreadable("mask", form, f"write it as {form}: {_mask_lines(units, inputs)}", file, wrong) from wrong
    seen = _misshapen(lines, units, inputs)
    if seen is not None:
        message = f"{seen}, the layer needs {units} x {inputs}"
        raise fault("E316", message, file, f"write {_mask_lines(units, inputs)}")
    for line, row in lines:
        wrong = next((entry for entry in row if entry.strip() not in ("0", "1")), None)
        if wrong is not None:
            message = f"line {line} of the mask holds `{wrong.strip()}`, only 0 and 1 are allowed"
            raise fault("E317", message, file, "write 1 where a connection may be, and 0 where there is none")
    return np.array([[entry.strip() == "1" for entry in row] for _, row in lines], dtype=np.bool_)


def _mask_lines(units: int, inputs: int) -> str:
    return f"{units} lines (one a unit) of {inputs} entries (one an input), separated by commas"


def _misshapen(lines: Sequence[tuple[int, list[str]]], units: int, inputs: int) -> str | None:
    """What is wrong with the shape of a mask, None if nothing is."""
    if not lines:
        return "the mask is empty"
    widths = [len(row) for _, row in lines]
    if len(set(widths)) > 1:
        usual = inputs if inputs in widths else widths[0]
        line, width = next((line, len(row)) for line, row in lines if len(row) != usual)
        return f"line {line} of the mask has {width} entr{'y' if width == 1 else 'ies'}, others have {usual}"
    if (len(lines), widths[0]) == (units, inputs):
        return None
    return f"the mask is {len(lines)} x {widths[0]}"


def read_weights(file: ArrayFile, units: int, inputs: int, role: str = "fixed weights") -> NDArray[Any]:
    """The array ``weights`` (units, inputs) as Fractions of the shortest decimals of the stored numbers; ``role`` is how
    messages call it.

    Raises UserError E315 (unreadable, no array `weights`), E316 (shape), E317 (NaN, infinite or not a number).
    """
    return _read_array(file, "weights", (units, inputs), role, "units x inputs")


def read_matrix(file: ArrayFile) -> NDArray[Any]:
    """A table of numbers in a CSV without a header, (rows, columns) Fractions.

    Raises UserError E412 (unreadable, rows of different lengths, an entry that is no number).
    """
    try:
        with open(file.path, newline="", encoding="utf-8-sig") as stream:
            lines = [row for row in csv.reader(stream) if row]
    except (OSError, ValueError, csv.Error) as wrong:  # ValueError: not UTF-8, or a path with a NUL
        reason = wrong.strerror.lower() if isinstance(wrong, OSError) and wrong.strerror else "it is no CSV"
        help = "write a CSV without a header: one line a row, numbers separated by commas"
        raise fault("E412", f"`{file.text}` can't be read: {reason}", file, help) from wrong
    if not lines or len({len(row) for row in lines}) > 1:
        what = "is empty" if not lines else "has rows of different lengths"
        raise fault("E412", f"`{file.text}` {what}", file, "write one line a row, all of the same length")
    values = np.empty((len(lines), len(lines[0])), dtype=object)
    for place, row in enumerate(lines):
        for column, text in enumerate(row):
            value = read_number(text)
            if isinstance(value, str) or abs(value) > LARGEST_ENTRY:
                message = (
                    f"row {place} of `{file.text}` holds `{text.strip()}`, which is no number that a solver can compute with"
                )
                raise fault("E412", message, file, "write decimals of at most 1e15 in magnitude, and no header")
            values[place, column] = value
    return values


def read_bias(file: ArrayFile, units: int) -> NDArray[Any]:
    """The array ``bias`` (units,) likewise, with the same errors."""
    return _read_array(file, "bias", (units,), "fixed biases", "one a unit")


def _read_array(file: ArrayFile, name: str, shape: tuple[int, ...], role: str, axes: str) -> NDArray[Any]:
    save = f'save an array of shape {shape}: `numpy.savez("{_as_npz(file)}", {name}={name})`'
    stored = _stored(file, name, save)
    if stored.shape != shape:
        seen, needed = (" x ".join(map(str, size)) for size in (stored.shape, shape))
        message = f"the {role} are {seen or 'a single number'}, the layer needs {needed} ({axes})"
        raise fault("E316", message, file, save)
    if stored.dtype.kind not in "iufb":
        help = "save the real part" if stored.dtype.kind == "c" else f"save numbers: `{name}.astype(float)`"
        raise fault("E317", f"the {role} are of type {stored.dtype}, not numbers", file, help)
    column = exact_column(stored.reshape(-1))
    if isinstance(column, Unread):
        raise _beyond(file, stored, role, min((*column.range, *column.text)))
    return column.fractions().reshape(shape)


def _beyond(file: ArrayFile, stored: NDArray[Any], role: str, place: int) -> UserError:
    """E317 at the first entry that is NaN, infinite or out of range."""
    where = ", ".join(str(int(index)) for index in np.unravel_index(place, stored.shape))
    value = float(stored.reshape(-1)[place])
    kind = "NaN" if np.isnan(value) else "infinite" if np.isinf(value) else "out of range"
    message = f"the {role} hold a value that is {kind}, the first at [{where}]"
    return fault("E317", message, file, "replace it by a number below 1e300 in magnitude")


def _as_npz(file: ArrayFile) -> str:
    return file.path.with_suffix(".npz").name


def _stored(file: ArrayFile, name: str, save: str) -> NDArray[Any]:
    try:
        with np.load(file.path, allow_pickle=False) as archive:
            if name in archive.files:
                return archive[name]
            held = ", ".join(f"`{other}`" for other in archive.files) or "nothing"
    except Exception as wrong:  # np.load raises whatever the zip or header parser does; all of it is the file's fault
        raise _unreadable("file", f"an `.npz` archive with an array `{name}` of numbers", save, file, wrong) from wrong
    raise fault("E315", f"`{file.text}` has no array `{name}`; it holds {held}", file, save)


def _unreadable(what: str, form: str, save: str, file: ArrayFile, wrong: Exception) -> UserError:
    """E315 with the system's own reason; whatever a parser says of the content is not for users."""
    if isinstance(wrong, FileNotFoundError):
        help = did_you_mean(file.path.name, (other.name for other in file.path.parent.glob("*")))
        return fault("E315", f"there is no {what} `{file.text}`", file, help or f"it was looked for in `{file.path.parent}`")
    if file.path.is_dir():
        return fault("E315", f"the {what} `{file.text}` is a folder", file, "name a file")
    if isinstance(wrong, OSError) and wrong.strerror:
        message = f"the {what} `{file.text}` can't be read: {wrong.strerror.lower()}"
        return fault("E315", message, file, "see that the file exists and that you may read it")
    return fault("E315", f"the {what} `{file.text}` is not {form}", file, save)
