"""``bdnnc bench``: the benchmarks of the source checkout."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bdnnc.cli.common import Color, Colored, Quiet, face_of
from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed
from bdnnc.diagnostics.suggest import did_you_mean, known_names


@dataclass(frozen=True, slots=True)
class Benchmark:
    """``quick``: the arguments that make it quick; ``data``: the data sets or instances that it may be confined to; ``flags``:
    those of `bench` that it takes."""

    quick: tuple[str, ...]
    data: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


LEARN = Benchmark(
    ("iris", "--splits", "1", "--seconds", "1", "--widths", "1x100", "--methods", "search", "straight_through"),
    ("breast_cancer", "iris", "wine", "digits", "uniform_10", "uniform_100", "credit"),
    flags=("--seconds", "--splits"),
)
FIND = Benchmark(
    ("uniform_100", "--seconds", "1", "--seeds", "1", "--methods", "search", "highs"),
    (
        *("breast_cancer_2", "breast_cancer_3", "breast_cancer_5", "digits_3_8", "digits", "credit"),
        *("uniform_10", "uniform_100"),
    ),
    flags=("--seconds", "--seeds"),
)
MOVES = Benchmark(("--seconds", "0.5", "--rounds", "1", "--large-seconds", "2"))
ROBUST = Benchmark(
    ("eleven", "--seconds", "1", "--splits", "1"),
    ("breast_cancer", "iris", "digits_3_8", "eleven"),
    flags=("--seconds", "--splits"),
)

BENCHMARKS: Mapping[str, Benchmark] = {
    "compile": Benchmark(("--share", "0.1", "--repeats", "1", "--only", "bdnnc")),
    "find": FIND,
    "learn": LEARN,
    "moves": MOVES,
    "robust": ROBUST,
}


def bench(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Benchmarks, all if none is named; instances of one may follow its name."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One small size, once: a trial, not a measurement.")] = False,
    folder: Annotated[
        str | None,
        typer.Option("--folder", metavar="DIR", help="Where pages are written: docs/benchmarks, or nowhere if quick."),
    ] = None,
    seconds: Annotated[
        str | None,
        typer.Option("--seconds", metavar="S", help="Of each fit of `learn`, 20, or `robust`, 10; marks of `find`, 10,30,100."),
    ] = None,
    splits: Annotated[
        int | None, typer.Option("--splits", metavar="K", help="Repetitions of `learn`, 10, or `robust`, 2.")
    ] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", metavar="K", help="Runs of ours in `find`, 3 if not given.")] = None,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Run the benchmarks of the source checkout. Prints tables, writes pages."""
    face_of(context, quiet, color)
    with tempfile.TemporaryDirectory(prefix="bdnnc-bench-") as nowhere:
        pages = folder or (nowhere if quick else None)
        given = {"--folder": pages, "--seconds": seconds, "--splits": splits, "--seeds": seeds}
        for path, arguments in [_command(name, data, quick, given) for name, data in _asked(names or [])]:
            if subprocess.run([sys.executable, str(path), *arguments], check=False).returncode != 0:
                raise WorkFailed(Diagnostic("E525", f"the benchmark `{path.stem}` did not end well"))
    return 0


def _asked(words: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Each benchmark with the data sets after its name; all benchmarks where there are no words. Raises UserError E646 for an
    unknown name."""
    asked: list[tuple[str, list[str]]] = []
    for word in words:
        data = BENCHMARKS[asked[-1][0]].data if asked else ()
        if word in data:
            asked[-1][1].append(word)
        elif word in BENCHMARKS:
            asked.append((word, []))
        else:
            kind = "instance" if data else "benchmark"
            known = data or tuple(BENCHMARKS)
            help = did_you_mean(word, known) or f"{kind}s are {known_names(known)}"
            raise UserError(Diagnostic("E646", f"there is no {kind} `{word}`", help=help))
    return asked or [(name, []) for name in BENCHMARKS]


def _command(name: str, data: Sequence[str], quick: bool, given: Mapping[str, str | float | None]) -> tuple[Path, list[str]]:
    """The file of a benchmark and its arguments, of which the later ones count. Raises UserError E648 for a flag that it does
    not have, E671 without a checkout."""
    benchmark = BENCHMARKS[name]
    flags = {flag: str(value) for flag, value in given.items() if value is not None}
    for flag in ("--seconds", "--splits", "--seeds"):
        if flag in flags and flag not in benchmark.flags:
            message = f"the benchmark `{name}` has no `{flag}`"
            having = [other for other, one in BENCHMARKS.items() if flag in one.flags]
            raise UserError(Diagnostic("E648", message, help=f"name the benchmarks that have: {known_names(having)}"))
        if flag in flags:
            _check(flag, flags[flag], several=name == "find" and flag == "--seconds")
    path = Path(__file__).resolve().parents[2] / "tests" / "benchmarks" / f"{name}.py"
    if not path.is_file():
        help = "run it from a checkout of the source"
        raise UserError(Diagnostic("E671", f"the benchmark `{name}` is not part of an installed bdnnc", help=help))
    own = benchmark.quick if quick else ()
    if data:
        own = (*data, *(word for word in own if word not in benchmark.data))
    return path, [*own, *(word for flag in flags.items() for word in flag)]


def _check(flag: str, text: str, several: bool) -> None:
    """Raises UserError E632 where a flag's text is no positive finite number, or none of ``several`` with commas between."""
    try:
        numbers = [float(part) for part in (text.split(",") if several else [text])]
    except ValueError:
        numbers = [0.0]
    if not all(0 < number < float("inf") for number in numbers):
        wanted = "positive numbers of seconds with commas between" if several else "a positive number"
        raise UserError(Diagnostic("E632", f"`{flag}` is {wanted}, not `{text}`"))
