"""A command line that cannot be understood, as a diagnostic: E600, and E604 to E607.

Newer typers bring their own click, older ones use the package; both raise the same classes, which are told apart by their names
and looked at through the few attributes that both have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import typer

from bdnnc.diagnostics import Diagnostic
from bdnnc.diagnostics.suggest import did_you_mean, known_names

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""The base of what typer raises for a command line that it cannot parse."""


def unknown_verb(name: str, verbs: Sequence[str]) -> Diagnostic:
    """E604, with the nearest verb."""
    return Diagnostic(
        "E604", f"there is no verb `{name}`", help=did_you_mean(name, verbs) or f"verbs are {known_names(verbs, 30)}"
    )


def usage_diagnostic(error: Any) -> Diagnostic:
    """The diagnostic of a `UsageError`."""
    found = error.ctx.info_name if error.ctx is not None else "bdnnc"
    kind = type(error).__name__
    if kind == "NoSuchOption":
        flags = list(_flags(error))
        help = did_you_mean(error.option_name, flags) or f"`{found}` takes {known_names(flags, 30)}"
        return Diagnostic("E605", f"`{found}` has no flag `{error.option_name}`", help=help)
    if kind == "MissingParameter" and error.param is not None:
        return Diagnostic("E606", f"`{found}` needs {_name(error.param)}", help=_usage(error))
    if kind == "BadParameter" and error.param is not None:
        return Diagnostic("E607", f"{_name(error.param)}: {_plain(error.message)}", help=f"see `{_path(error)} --help`")
    if kind == "BadOptionUsage":
        return Diagnostic("E607", _plain(error.message), help=f"see `{_path(error)} --help`")
    return Diagnostic("E600", _plain(error.format_message()), help=_usage(error))


def _flags(error: Any) -> Iterable[str]:
    if error.ctx is None:
        return []
    return [flag for param in error.ctx.command.params for flag in param.opts if flag.startswith("-")]


def _name(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{param.metavar or param.name.upper()}`"
    return " / ".join(f"`{flag}`" for flag in param.opts)


def _usage(error: Any) -> str | None:
    return None if error.ctx is None else " ".join(str(error.ctx.get_usage()).split()).replace("Usage:", "usage:")


def _path(error: Any) -> str:
    return "bdnnc" if error.ctx is None else str(error.ctx.command_path)


def _plain(message: str) -> str:
    text = " ".join(message.split()).rstrip(".").removeprefix("Value error, ").replace("'", "`")
    return text[:1].lower() + text[1:]
