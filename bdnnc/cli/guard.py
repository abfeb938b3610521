"""The one place where errors end: every exception becomes a text on standard error and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

import typer

from bdnnc.cli.face import Face, unwritable
from bdnnc.cli.usage import UsageError, usage_diagnostic
from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed

SUCCESS, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130


def guarded(work: Callable[[], int], face: Face, arguments: Sequence[str]) -> int:
    """The exit code of ``work``: its own, or 1 (the work failed), 2 (the input is wrong, or a bug), 130 (Ctrl-C).

    A reader that closes standard output early ends the run without a word, with code 0.
    """
    try:
        return _flushed(work)
    except typer.Exit as end:
        return end.exit_code
    except UserError as error:
        face.show(error.diagnostics)
        return WRONG
    except WorkFailed as error:
        face.show(error.diagnostics)
        return FAILED
    except UsageError as error:
        face.show([usage_diagnostic(error)])
        return WRONG
    except (KeyboardInterrupt, typer.Abort):
        face.say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return SUCCESS
    except OSError as error:
        return _out_of_order(error, face, arguments)
    except MemoryError:
        help = "take fewer points with `take`, or build a smaller network"
        face.show([Diagnostic("E670", "there is not enough memory for this", help=help)])
        return FAILED
    except Exception as error:
        face.show([_bug(error, arguments)])
        return WRONG


def _flushed(work: Callable[[], int]) -> int:
    """Runs, and writes what is left in the buffer while errors are still caught."""
    code = work()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise unwritable(error) from error
    return code


def _out_of_order(error: OSError, face: Face, arguments: Sequence[str]) -> int:
    """A full disk that nobody below could name is the system's affair; any other error of the system is a bug here."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        _drop_output()
        face.show(unwritable(error).diagnostics)
    else:
        face.show([_bug(error, arguments)])
    return WRONG


def _drop_output() -> None:
    """What is still in the buffer goes nowhere, so that Python does not complain about it at its end."""
    with suppress(OSError, ValueError, AttributeError):  # a stream without a descriptor has nothing to complain about
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _bug(error: Exception, arguments: Sequence[str]) -> Diagnostic:
    """E900: what to report. The traceback goes into a file, never on the screen."""
    import bdnnc

    command = " ".join(["bdnnc", *arguments])
    text = "".join(traceback.format_exception(error))
    report = f"bdnnc {bdnnc.__version__}, Python {sys.version.split()[0]}, {sys.platform}\n{command}\n\n{text}"
    notes = [f"version {bdnnc.__version__}", f"command: {command}"]
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="bdnnc-bug-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(report)
        notes.append(f"what happened inside: {file.name}")
    except OSError as trouble:
        notes.append(f"the traceback could not be saved: {trouble}")
    summary = " ".join(str(error).split())[:200]
    message = f"this is a bug of bdnnc: {type(error).__name__}{': ' + summary if summary else ''}"
    return Diagnostic("E900", message, notes=tuple(notes), help="please report it with these lines and the file")
