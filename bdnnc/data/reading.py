# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false, reportMissingImports=false
"""Files as tables: bytes from the disk, then CSV, TSV, npz or parquet."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import stat
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import SHOWN, counted, failure
from bdnnc.data.dialect import Dialect, is_blank, sniff
from bdnnc.data.table import Cells, Table, made_up, texts
from bdnnc.diagnostics import Span

SUFFIXES = (".csv", ".tsv", ".npz", ".parquet")
BROKEN_ARCHIVE = (
    *(ValueError, OverflowError, EOFError, OSError, KeyError, MemoryError),
    *(NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error),  # compression or encryption that zipfile lacks
    *(SyntaxError, tokenize.TokenError),  # numpy reads an array's header as Python text
)
"""What numpy raises on archives that are not as it wrote them."""

SAVE_ARRAYS = 'save plain arrays: `numpy.savez("data.npz", X=X, y=y)`, with `X` of shape (rows, inputs)'
A_ROW_A_POINT = "write a row for each point"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A file to read: ``name`` is how messages call it, ``span`` what they point at (None: nothing), ``delimiter`` and
    ``header`` None where they are to be found out."""

    path: Path
    name: str
    span: Span | None = None
    delimiter: str | None = None
    header: bool | None = None
    delimiter_span: Span | None = None
    header_span: Span | None = None


def read_table(request: FileRequest) -> Table:
    """The columns of a ``.csv``, ``.tsv``, ``.npz`` or ``.parquet`` file; any other suffix is read as text if a delimiter is
    given.

    Raises UserError: E210 to E214, E226, E231 (content, layout), E620 to E622 (file, extras).
    """
    suffix = request.path.suffix.lower()
    if suffix in (".npz", ".parquet"):
        if request.delimiter is not None or request.header is not None:
            asked = request.delimiter_span or request.header_span or request.span
            raise failure("E226", f"`delimiter` and `header` do not apply to a `{suffix}` file", asked, help="leave them out")
        return read_npz(request) if suffix == ".npz" else read_parquet(request)
    if suffix not in SUFFIXES and request.delimiter is None:
        known = ", ".join(f"`{known}`" for known in SUFFIXES)
        help = f"known are {known}; a delimited text of another name is read with `delimiter`"
        raise failure("E210", f"`{request.name}` has no suffix that says what kind of file it is", request.span, help=help)
    return read_text(request, "\t" if suffix == ".tsv" and request.delimiter is None else request.delimiter)


def read_bytes(request: FileRequest) -> bytes:
    """The content of a regular file. Raises UserError E620 (no such file), E621 (it can't be read)."""
    try:
        if stat.S_ISDIR(os.stat(request.path).st_mode):
            raise failure("E621", f"`{request.name}` is a directory, not a file", request.span, help="name a file in it")
        if not stat.S_ISREG(os.stat(request.path).st_mode):
            help = "write the data to a file first"
            raise failure("E621", f"`{request.name}` is not a regular file", request.span, help=help)
        return request.path.read_bytes()
    except FileNotFoundError as missing:
        folder = request.path.parent
        near = _nearest_file(request.path)
        help = f"did you mean `{near}`?" if near else f"it was looked for in `{folder}`"
        raise failure("E620", f"no such file: `{request.name}`", request.span, help=help) from missing
    except (OSError, ValueError) as problem:  # ValueError: a path with a NUL
        reason = getattr(problem, "strerror", None) or str(problem)
        message = f"`{request.name}` can't be read: {reason.lower()}"
        raise failure("E621", message, request.span, help="see that you may read it") from problem


def _nearest_file(path: Path) -> str | None:
    from difflib import get_close_matches

    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:  # no such folder either: nothing to offer
        return None
    return next(iter(get_close_matches(path.name, names, 1)), None)


# --- delimited text -------------------------------------------------------------------------------------------------


def read_text(request: FileRequest, delimiter: str | None) -> Table:
    """A delimited text in UTF-8. Lines without any cell are not rows; quotes are double quotes, doubled inside."""
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        where = request.delimiter_span or request.span
        message = "`delimiter` must be a single character, not a quote or a line break"
        raise failure("E231", message, where, help='for example `";"`, or `"tab"`')
    content = read_bytes(request)
    text = _decoded(content, request)
    if not text.strip():
        raise failure("E212", f"`{request.name}` is empty", request.span, help=A_ROW_A_POINT)
    dialect = sniff(text, delimiter, request.header)
    records, lines = _records(text, dialect, request)
    if not records:
        raise failure("E212", f"`{request.name}` is empty", request.span, help=A_ROW_A_POINT)
    _refuse_ragged(records, lines, dialect, request)
    names = _header_names(records[0]) if dialect.header else made_up(len(records[0]))
    body, places = (records[1:], lines[1:]) if dialect.header else (records, lines)
    if not body:
        help = f"{A_ROW_A_POINT}; or write `header no`, if the one row is a point"
        raise failure("E212", f"`{request.name}` has a header and no rows", request.span, help=help)
    return Table(
        request.name,
        names,
        dialect.header,
        tuple(zip(*body, strict=True)),
        len(body),
        hashlib.sha256(content).hexdigest(),
        np.array(places, dtype=np.int64),
        dialect.delimiter,
        dialect.header,
    )


def _decoded(content: bytes, request: FileRequest) -> str:
    if content.startswith(UTF16_MARKS):
        raise failure("E211", f"`{request.name}` is UTF-16, not UTF-8", request.span, help="save it as UTF-8")
    if (nul := content.find(b"\0")) >= 0:
        line = content.count(b"\n", 0, nul) + 1
        message = f"`{request.name}` is not a text: line {line} holds a NUL byte (byte {nul})"
        raise failure("E211", message, request.span, help="save it as text in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        # positions are counted after a byte order mark, which such a file then has 3 bytes of
        at = wrong.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        line = content.count(b"\n", 0, at) + 1
        message = f"`{request.name}` is not UTF-8: line {line} holds the byte 0x{content[at]:02x} (byte {at})"
        raise failure("E211", message, request.span, help="save it as UTF-8") from wrong


def _records(text: str, dialect: Dialect, request: FileRequest) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)
    records: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for record in reader:
            if not is_blank(record):
                records.append(record)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as problem:
        message = f"`{request.name}` is malformed in the record at line {line}: {problem}"
        help = "close every quote; a quote inside of quotes is written twice"
        raise failure("E214", message, request.span, help=help) from problem
    return records, lines


def _refuse_ragged(records: list[list[str]], lines: list[int], dialect: Dialect, request: FileRequest) -> None:
    width = len(records[0])
    ragged = [place for place, record in enumerate(records) if len(record) != width]
    if not ragged:
        return
    shown = ", ".join(f"line {lines[place]} has {len(records[place])}" for place in ragged[:SHOWN])
    more = f" and {len(ragged) - SHOWN} more lines do not" if len(ragged) > SHOWN else ""
    message = f"the rows of `{request.name}` differ in length: line {lines[0]} has {counted(width, 'cell')}, {shown}{more}"
    note = f"read with {dialect}"
    raise failure("E213", message, request.span, notes=[note], help="give `delimiter`, if the one found is wrong")


def _header_names(record: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() or f"x{column}" for column, name in enumerate(record))


# --- npz, arrays, parquet -------------------------------------------------------------------------------------------


def read_npz(request: FileRequest) -> Table:
    """``X`` (rows, inputs) and, where present, ``y`` (rows,) of an npz file; pickled objects are refused. E214, E229."""
    content = read_bytes(request)
    try:
        loaded = np.load(io.BytesIO(content), allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            message = f"`{request.name}` holds a single array, not an archive with `X` and `y`"
            raise failure("E214", message, request.span, help=SAVE_ARRAYS)
        with loaded:
            arrays = {key: loaded[key] for key in ("X", "y") if key in loaded.files}
            present = loaded.files
    except BROKEN_ARCHIVE as problem:
        reason = "it holds pickled objects" if "pickle" in str(problem) else str(problem).lower() or "it is cut short"
        message = f"`{request.name}` is no readable npz file: {reason}"
        raise failure("E214", message, request.span, help=SAVE_ARRAYS) from problem
    if "X" not in arrays:
        held = ", ".join(f"`{key}`" for key in present) or "nothing"
        raise failure("E229", f"`{request.name}` has no array `X`; it holds {held}", request.span, help=SAVE_ARRAYS)
    digest = hashlib.sha256(content).hexdigest()
    return array_table(request.name, arrays["X"], arrays.get("y"), None, request.span, digest)


def array_table(
    name: str, X: Any, y: Any, feature_names: Sequence[str] | None, span: Span | None, sha256: str | None = None
) -> Table:
    """A table of ``X`` (rows, inputs) and ``y`` (rows,), the target column after the inputs; ``y`` None: no target.

    Numbers stay arrays, anything else (texts, objects) becomes text, None a missing cell. Raises UserError E229 on wrong
    shapes.
    """
    matrix = _as_array(X, f"`X` of `{name}`", span)
    if matrix.ndim != 2:
        message = f"`X` of `{name}` must have 2 dimensions (rows, inputs), its shape is {matrix.shape}"
        raise failure("E229", message, span, help="reshape it: `X.reshape(len(y), -1)` has a row for each label")
    rows, width = matrix.shape
    if rows == 0 or width == 0:
        message = f"`X` of `{name}` is empty: {counted(rows, 'row')}, {counted(width, 'column')}"
        raise failure("E212", message, span, help=A_ROW_A_POINT)
    if matrix.dtype.kind == "b":
        matrix = matrix.astype(np.int64)
    columns: list[Cells] = [_array_cells(matrix[:, j]) for j in range(width)]
    names = made_up(width) if feature_names is None else tuple(str(given) for given in feature_names)
    if len(names) != width:
        message = f"{counted(len(names), 'feature name')} for {counted(width, 'column')} of `X`"
        raise failure("E229", message, span, help="give one name a column, or none at all")
    if y is not None:
        labels = _as_array(y, f"`y` of `{name}`", span)
        if labels.shape != (rows,):
            message = f"`y` of `{name}` must have one entry a row of `X` ({rows}), its shape is {labels.shape}"
            help = "`y.reshape(-1)` makes a column of labels flat" if labels.size == rows else "save as many labels as rows"
            raise failure("E229", message, span, help=help)
        columns.append(_array_cells(labels))
        names = (*names, "y")
    digest = sha256 or _digest(columns)
    target = None if y is None else width
    return Table(name, names, feature_names is not None, tuple(columns), rows, digest, target=target)


def _as_array(values: Any, what: str, span: Span | None) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as problem:
        help = "see that all rows have as many entries"
        raise failure("E229", f"{what} is no array: its rows differ in length", span, help=help) from problem


def _array_cells(column: NDArray[Any]) -> Cells:
    return column if column.dtype.kind in "iuf" else [_cell_text(value) for value in column.tolist()]


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "" if text == "<NA>" else text.replace("\0", "\ufffd")


def _digest(columns: Sequence[Cells]) -> str:
    digest = hashlib.sha256()
    for column in columns:
        digest.update("\x1f".join(texts(column, trimmed=False)).encode("utf-8", "surrogatepass"))
        digest.update(b"\x1e")
    return digest.hexdigest()


def read_parquet(request: FileRequest) -> Table:
    """The columns of a parquet file, read by polars (extra ``fast``).

    Floats of any width stand for their shortest decimal, null is missing, booleans are 0 and 1, everything else that is no
    number is its text. Raises UserError E622 without polars, E214.
    """
    content = read_bytes(request)
    try:
        import polars
    except ImportError as absent:
        message = f"reading `{request.name}` needs polars, which is not installed"
        raise failure("E622", message, request.span, help='pip install "bdnnc[fast]"') from absent
    try:
        frame = polars.read_parquet(io.BytesIO(content))
        columns = tuple(_series_cells(column) for column in frame.get_columns())
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, *BROKEN_ARCHIVE) as problem:
        reason = str(problem).splitlines()[0].lower().rstrip(".") if str(problem) else "it is cut short"
        message = f"`{request.name}` is no readable parquet file: {reason}"
        raise failure("E214", message, request.span, help="write it anew, or save the table as `.csv`") from problem
    if frame.height == 0 or frame.width == 0:
        raise failure("E212", f"`{request.name}` has no rows", request.span, help=A_ROW_A_POINT)
    return Table(request.name, tuple(frame.columns), True, columns, frame.height, hashlib.sha256(content).hexdigest())


def _series_cells(column: Any) -> Cells:
    kind = column.dtype
    if kind.is_float() or (kind.is_integer() and column.null_count() == 0):
        numbers = column.to_numpy()  # a null among floats becomes NaN, which is missing as well
        if numbers.dtype.kind in "iuf":
            return numbers
    truth = {True: "1", False: "0"}
    return [truth[cell] if isinstance(cell, bool) else _cell_text(cell) for cell in column.to_list()]
