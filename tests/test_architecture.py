"""The laws of the house that a machine can check: who knows whom, codes, paths, sizes, and what an import costs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bdnnc.diagnostics.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "bdnnc"

BASE = {"diagnostics", "exact"}
"""The two rooms that know nobody and that everybody may know."""

KNOWS: dict[str, set[str]] = {
    "diagnostics": set(),
    "exact": set(),
    "uncertainty": BASE,
    "language": BASE,
    "data": BASE | {"language"},
    "ir": BASE | {"uncertainty", "language"},
    "posing": BASE | {"uncertainty", "language", "data", "ir"},
    "formulation": BASE | {"uncertainty", "language", "ir"},
    "milp": BASE | {"ir"},
    "solve": BASE | {"milp"},
    "report": {"solve"},
    "pipeline": BASE | {"language", "data", "ir", "posing", "formulation", "milp"},
    "writing": {"milp", "pipeline"},
    "network": BASE | {"uncertainty", "language", "data", "ir", "formulation", "milp", "solve"},
    "stored": BASE | {"language", "data", "network", "pipeline"},
    "tasks": BASE,
    "search": BASE | {"uncertainty", "language", "ir", "formulation", "network"},
    "training": BASE
    | {"uncertainty", "language", "data", "ir", "formulation", "milp", "solve", "network", "search", "tasks", "pipeline"}
    | {"report"},
    "api": BASE | {"language", "data", "ir", "milp", "network", "training", "pipeline", "report", "writing"},
    "sweeping": BASE | {"api", "language", "data", "network", "pipeline", "report", "solve", "tasks", "training"},
    "verifying": BASE
    | {
        "uncertainty",
        "api",
        "language",
        "data",
        "posing",
        "network",
        "stored",
        "report",
        "solve",
        "tasks",
        "training",
    },
    "datasets": BASE,
    "sklearn": BASE | {"api", "data", "network", "pipeline", "training"},
    "cli": BASE
    | {
        "language",
        "data",
        "ir",
        "formulation",
        "milp",
        "network",
        "solve",
        "sweeping",
        "tasks",
        "training",
        "pipeline",
        "report",
        "stored",
        "verifying",
        "writing",
    },
}
"""Room -> the rooms that it may import. Nobody imports `cli` but the package's own front, or `api` but that, `sklearn`,
`sweeping` and `verifying`."""

FRONTS = {"__init__": {"api", "datasets", "diagnostics", "sklearn", "sweeping", "verifying"}, "__main__": {"cli"}}

SKIPPED = {".git", ".venv", ".hypothesis", ".pytest_cache", ".ruff_cache", "__pycache__", "dist", "build"}
TEXTS = {".py", ".md", ".toml", ".yaml", ".bdnn", ".err", ".tree", ".lark", ".json", ".txt", ".lp", ".mps", ""}
HEAVY = {"numpy", "scipy", "highspy", "lark", "polars", "sklearn", "rich", "typer"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """The rooms that a module imports anywhere in it, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "bdnnc":
            parts = (node.module or "").split(".")
            yield from ((name, node.lineno) for name in (parts[1:2] or [alias.name for alias in node.names]))
        elif isinstance(node, ast.Import):
            yield from (
                (parts[1], node.lineno)
                for alias in node.names
                if len(parts := alias.name.split(".")) > 1 and parts[0] == "bdnnc"
            )


def test_every_room_is_on_the_map() -> None:
    assert {room_of(path) for path in modules()} == KNOWS.keys() | FRONTS.keys()


def test_the_map_has_no_circles() -> None:
    left = dict(KNOWS)
    while left:
        ready = {room for room, known in left.items() if not known & left.keys()}
        assert ready, f"rooms that know each other: {sorted(left)}"
        left = {room: known for room, known in left.items() if room not in ready}


@pytest.mark.parametrize("room", [*KNOWS, *FRONTS])
def test_a_room_knows_only_those_above_it(room: str) -> None:
    allowed = {**KNOWS, **FRONTS}[room] | {room}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {other}"
        for path in modules()
        if room_of(path) == room
        for other, line in imported(path)
        if other not in allowed
    ]
    assert wrong == []


def codes_in(path: Path) -> set[str]:
    """Codes as string constants: the arguments of diagnostics, not mentions in texts."""
    constants = (node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str) and re.fullmatch(r"[EW]\d{3}", value)}


def test_every_code_is_in_the_catalogue_and_used() -> None:
    catalogue = PACKAGE / "diagnostics" / "catalogue.py"
    used = set[str]().union(*(codes_in(path) for path in modules() if path != catalogue))
    assert sorted(used - CATALOGUE.keys()) == []
    assert sorted(CATALOGUE.keys() - used) == []


def test_the_catalogue_is_sorted() -> None:
    assert list(CATALOGUE) == sorted(CATALOGUE)


def test_every_folder_says_what_lives_there() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("__init__.py")
        if not (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").strip()
    ]
    assert silent == []


def test_no_file_hides_a_second_concept() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def texts() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT).parts
        if (
            path.is_file()
            and not SKIPPED & set(inside)
            and path.suffix in TEXTS
            and not any(p.endswith(".egg-info") for p in inside)
        ):
            yield path


def test_no_text_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(rf"(?<![\w.])/(?:home|Users|root|work|workspace|opt|mnt)/\w+|{re.escape(str(ROOT))}/")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in texts()
        if path.suffix != "" or path.parent == ROOT / ".ci"
        for match in place.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = "import sys, bdnnc; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert HEAVY & set(run.stdout.split()) == set()


def test_the_help_of_the_command_line_loads_no_numbers() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "bdnnc", "--help"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in run.stderr.splitlines() if "|" in line}
    assert "typer" in loaded
    assert loaded & (HEAVY - {"typer", "rich"}) == set()


def test_files_with_rules_of_pyright_off_are_listed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["bdnnc"]["untyped-libraries"]
    comment = re.compile(r"^# pyright: .*=false", re.MULTILINE)
    found = [path for path in modules() if comment.search(path.read_text(encoding="utf-8"))]
    assert sorted(path.relative_to(ROOT).as_posix() for path in found) == listed
