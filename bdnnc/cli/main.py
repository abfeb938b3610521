"""The verbs together, and ``main``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer

from bdnnc.cli.bench import bench
from bdnnc.cli.certify import certify
from bdnnc.cli.check import check
from bdnnc.cli.compile import compile
from bdnnc.cli.evaluate import evaluate
from bdnnc.cli.face import Face
from bdnnc.cli.guard import guarded
from bdnnc.cli.new import new
from bdnnc.cli.predict import predict
from bdnnc.cli.solvers import solvers
from bdnnc.cli.sweep import sweep
from bdnnc.cli.train import train
from bdnnc.cli.usage import unknown_verb
from bdnnc.cli.verify import verify
from bdnnc.diagnostics import UserError

VERBS: dict[str, tuple[Callable[..., int], str]] = {
    "new": (new, "bdnnc new tumours"),
    "check": (check, "bdnnc check tumours.bdnn"),
    "compile": (compile, "bdnnc compile tumours.bdnn -o tumours.mps.gz"),
    "train": (train, "bdnnc train tumours.bdnn -o tumours.json -D width=1"),
    "evaluate": (evaluate, "bdnnc evaluate tumours.json 'sklearn(\"breast_cancer\")'"),
    "predict": (predict, "bdnnc predict tumours.json 'sklearn(\"breast_cancer\")' -o classes.csv"),
    "certify": (certify, "bdnnc certify tumours.json"),
    "verify": (verify, "bdnnc verify tumours.json --within 'linf(0.01)'"),
    "sweep": (sweep, "bdnnc sweep tumours.bdnn -D width=1..2 --time-limit 5"),
    "solvers": (solvers, "bdnnc solvers"),
    "bench": (bench, "bdnnc bench compile --quick"),
}
"""Each verb with its function and an example that runs where those before it have run."""

FLAGS = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="bdnnc", add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, context_settings=FLAGS
)


def _version(asked: bool) -> None:
    if asked:
        import bdnnc

        print(f"bdnnc {bdnnc.__version__}")
        raise typer.Exit()


@app.callback()
def front(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """A compiler from .bdnn files to MILPs that train binarized neural networks, with certificates."""


for _name, (_verb, _example) in VERBS.items():
    app.command(_name, epilog=f"\b\nExample:\n  {_example}", context_settings=FLAGS)(_verb)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default the one of this process, and return its exit code.

    0: success; 1: the work failed; 2: the input is wrong; 130 and 143 after SIGINT and SIGTERM.
    """
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a stream that a caller put in its place takes every character
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    face = Face()
    return guarded(lambda: _run(given, face), face, given)


def _open_closed_streams() -> None:
    """Python has None in place of a stream that was closed before it began; what is printed there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open until the process ends


def _run(arguments: list[str], face: Face) -> int:
    if not arguments[0].startswith("-") and arguments[0] not in VERBS:
        raise UserError(unknown_verb(arguments[0], list(VERBS)))
    command: Any = typer.main.get_command(app)
    with command.make_context("bdnnc", arguments, obj=face) as context:
        code = command.invoke(context)
    return code if isinstance(code, int) else 0
