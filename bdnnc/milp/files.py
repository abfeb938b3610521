"""Files that are there whole or not at all, and the choice of a format by suffix."""

from __future__ import annotations

import errno
import gzip
import os
import stat
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.milp.lp import lp_chunks
from bdnnc.milp.model import MilpModel
from bdnnc.milp.mps import mps_chunks
from bdnnc.milp.npz import write_arrays

Target = str | Path | BinaryIO

SUFFIXES = (".mps", ".mps.gz", ".lp", ".lp.gz", ".npz")
_BATCH_BYTES = 2_000_000
_GZIP_LEVEL = 4  # level 6 takes nearly twice the time to save 2 % of the size


def write(model: MilpModel, target: Target, suffix: str | None = None) -> None:
    """Writes the model in the format of the file's suffix: ``.mps .mps.gz .lp .lp.gz .npz``.

    ``target`` is a path, replaced at once when the whole file is written, or an open binary file, for which ``suffix`` says the
    format. The same model gives the same bytes. Raises UserError E611 for another suffix, E612 where the file can't be written.
    """
    chosen = suffix_of(target if suffix is None else suffix)
    if chosen == ".npz":
        with opened(target) as file:
            write_arrays(model, file)
        return
    chunks = mps_chunks(model) if chosen.startswith(".mps") else lp_chunks(model)
    with opened(target) as file:
        _write_chunks(chunks, file, zipped=chosen.endswith(".gz"))


def write_mps(model: MilpModel, target: Target) -> None:
    """Free MPS, gzip where the path ends in ``.gz``. Raises UserError E612 where the file can't be written."""
    write(model, target, ".mps.gz" if _ends_in_gz(target) else ".mps")


def write_lp(model: MilpModel, target: Target) -> None:
    """The LP format, gzip where the path ends in ``.gz``. Raises UserError E612 where the file can't be written."""
    write(model, target, ".lp.gz" if _ends_in_gz(target) else ".lp")


def write_npz(model: MilpModel, target: Target) -> None:
    """The arrays, see `bdnnc.milp.npz`. Raises UserError E612 where the file can't be written."""
    write(model, target, ".npz")


def suffix_of(target: Target) -> str:
    """The known suffix that a path ends in. Raises UserError E611 where there is none."""
    text = str(target) if isinstance(target, str | Path) else str(getattr(target, "name", ""))
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if text.lower().endswith(suffix):
            return suffix
    found = "".join(Path(text).suffixes[-1:])
    raise UserError(
        Diagnostic(
            "E611",
            f"`{Path(text).name}` has no suffix that names a format" if not found else f"`{found}` names no format of a model",
            help=f"end the path in one of {', '.join(f'`{suffix}`' for suffix in SUFFIXES)}",
        )
    )


@contextmanager
def opened(target: Target) -> Generator[BinaryIO]:
    """A binary file to write: the target itself if it is open, else a file that takes the path's place when the block ends.

    Until then it stands beside under another name; where the block raises, it is removed and the old file stays as it was.
    Devices and pipes are written to directly. Raises UserError E612 for every error of the file system.
    """
    if not isinstance(target, str | Path):
        yield target
        return
    path = Path(os.path.realpath(target))
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            with path.open("wb") as file:
                yield file
            return
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        with _beside(path) as file:
            yield file
    except OSError as error:
        raise UserError(_refused(Path(target), error)) from error


@contextmanager
def _beside(path: Path) -> Generator[BinaryIO]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            yield file
        os.replace(temporary, path)
    except BaseException:  # also Ctrl-C leaves nothing behind
        with suppress(OSError):
            temporary.unlink()
        raise


def _refused(path: Path, error: OSError) -> Diagnostic:
    folder = str(path.parent)
    reasons = {
        errno.ENOENT: (f"the folder `{folder}` does not exist", f"create it first: mkdir -p {folder}"),
        errno.ENOTDIR: (f"`{folder}` is not a folder", None),
        errno.EISDIR: (f"`{path}` is a folder", f"name a file in it, such as `{path / 'model.mps'}`"),
        errno.ENOSPC: (
            f"the disk of `{folder}` is full",
            "make room, or write to another disk; `.gz` files are several times smaller",
        ),
        errno.EDQUOT: (f"the disk quota for `{folder}` is used up", "make room, or write to another disk"),
        errno.EROFS: (f"`{folder}` is on a read-only disk", "write to another folder"),
        errno.EACCES: (f"there is no permission to write to `{folder}`", "write to another folder"),
        errno.EPERM: (f"there is no permission to write to `{folder}`", "write to another folder"),
    }
    reason, mend = reasons.get(error.errno or 0, (error.strerror or str(error), None))
    return Diagnostic("E612", f"`{path}` could not be written: {reason}", help=mend)


def _write_chunks(chunks: Iterable[bytes | bytearray], file: BinaryIO, zipped: bool) -> None:
    if not zipped:
        _write_beside(chunks, file)
        return
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=file, mtime=0) as packed:
        _write_beside(chunks, packed)


def _write_beside(chunks: Iterable[bytes | bytearray], file: BinaryIO | gzip.GzipFile) -> None:
    """Chunks are written by a second thread while the next ones are made: disk and zlib leave the interpreter free."""
    with ThreadPoolExecutor(max_workers=1) as writer:
        pending: Future[None] | None = None
        for batch in _batches(chunks):
            if pending is not None:
                pending.result()
            pending = writer.submit(file.writelines, batch)
        if pending is not None:
            pending.result()


def _batches(chunks: Iterable[bytes | bytearray]) -> Iterator[list[bytes | bytearray]]:
    """Chunks together until they have some megabytes: handing over to another thread takes milliseconds."""
    batch: list[bytes | bytearray] = []
    size = 0
    for chunk in chunks:
        batch.append(chunk)
        size += len(chunk)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def _ends_in_gz(target: Target) -> bool:
    return isinstance(target, str | Path) and str(target).lower().endswith(".gz")
