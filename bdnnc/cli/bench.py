"""``bdnnc bench``: the benchmarks of the source checkout."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bdnnc.cli.common import Color, Colored, Quiet, face_of
from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed
from bdnnc.diagnostics.suggest import did_you_mean, known_names

BENCHMARKS: dict[str, tuple[str, ...]] = {"compile": ("--share", "0.1", "--repeats", "1", "--only", "bdnnc")}
"""Each benchmark with the arguments that make it quick."""


def bench(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Benchmarks; all of them if none is named.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One small size, once: a trial, not a measurement.")] = False,
    folder: Annotated[
        str | None,
        typer.Option("--folder", metavar="DIR", help="Where pages are written: docs/benchmarks, or nowhere if quick."),
    ] = None,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Run the benchmarks of the source checkout. Prints tables, writes pages."""
    face_of(context, quiet, color)
    with tempfile.TemporaryDirectory(prefix="bdnnc-bench-") as nowhere:
        pages = folder or (nowhere if quick else None)
        for path, arguments in [_benchmark(name, quick, pages) for name in names or BENCHMARKS]:
            if subprocess.run([sys.executable, str(path), *arguments], check=False).returncode != 0:
                raise WorkFailed(Diagnostic("E525", f"the benchmark `{path.stem}` did not end well"))
    return 0


def _benchmark(name: str, quick: bool, folder: str | None) -> tuple[Path, list[str]]:
    """The file of a benchmark and its arguments. Raises UserError E646 for an unknown name, E671 without a checkout."""
    if name not in BENCHMARKS:
        help = did_you_mean(name, BENCHMARKS) or f"benchmarks are {known_names(BENCHMARKS)}"
        raise UserError(Diagnostic("E646", f"there is no benchmark `{name}`", help=help))
    path = Path(__file__).resolve().parents[2] / "tests" / "benchmarks" / f"{name}.py"
    if not path.is_file():
        help = "run it from a checkout of the source"
        raise UserError(Diagnostic("E671", f"the benchmark `{name}` is not part of an installed bdnnc", help=help))
    return path, [*(BENCHMARKS[name] if quick else ()), *(("--folder", folder) if folder else ())]
