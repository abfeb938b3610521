"""bdnnc's errors as the ones that callers of scikit-learn and of `import` expect."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from bdnnc.diagnostics import Diagnostic, UserError, render_full


class InvalidInput(UserError, ValueError):  # noqa: N818  (what is wrong, as beside it in the tree of errors)
    """A UserError in `fit` or `predict`: also a ValueError, as scikit-learn has it for whatever is wrong with parameters or
    data. ``diagnostics`` says what and where, and so does the text of the error, with the lines of the spec."""

    def __str__(self) -> str:
        return render_full(self.diagnostics).rstrip()


class MissingExtra(UserError, ImportError):  # noqa: N818
    """scikit-learn is not installed: also an ImportError, so that `try: .. except ImportError` works."""


def invalid(code: str, message: str, help: str | None = None) -> InvalidInput:
    """The error with one diagnostic that points at no text."""
    return InvalidInput(Diagnostic(code, message, help=help))


@contextmanager
def as_value_errors() -> Generator[None]:
    """What raises a UserError inside raises an InvalidInput with the same diagnostics."""
    try:
        yield
    except InvalidInput:
        raise
    except UserError as wrong:
        raise InvalidInput(wrong.diagnostics) from wrong
