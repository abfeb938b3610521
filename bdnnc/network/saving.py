"""Models on disk: loading, and saving so that a file is either the old one or the new one, never half of each."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.network.document import Model
from bdnnc.network.reading import model_of_text
from bdnnc.network.writing import model_text


def load(path: str | os.PathLike[str]) -> Model:
    """The model of a MODEL.json.

    Raises UserError: E660 where the file can't be read, E550 to E559 as `reading.model_of_text` where it is not a model.
    """
    name = os.fspath(path)
    try:
        content = Path(name).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        raise UserError(Diagnostic("E660", f"cannot read `{name}`: {_reason(error)}")) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"`{name}` is not UTF-8 at byte {error.start}, so it is not a model file"
        raise UserError(Diagnostic("E550", what)) from error
    return model_of_text(text, name)


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Writes the model's file, atomically: a temporary file in the same folder takes the place of the old one when complete.

    Raises UserError E661 where that fails (no such folder, read-only, full disk); an old file is then untouched.
    """
    replace_file(Path(os.fspath(path)), model_text(model).encode("utf-8"))


def replace_file(path: Path, content: bytes) -> None:
    """Puts ``content`` at ``path``, all of it or none; raises UserError E661 where that fails.

    A symbolic link stays and its target is replaced, a device or a pipe is written to, and a file keeps its mode.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        old = "the file that was there before is unchanged" if _is_file(path) else None
        raise UserError(Diagnostic("E661", f"cannot write `{path}`: {_reason(error)}", help=old)) from error


def _replace(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".{target.name[:80]}.{secrets.token_hex(6)}.part")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())  # a full disk may say so only here
        if target.is_file():
            temporary.chmod(target.stat().st_mode & 0o7777)
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(OSError):  # gone if all went well; else the first error is the one to tell
            temporary.unlink()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]
