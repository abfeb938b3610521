"""The wheel holds the grammar and the typing marker, and works where it is installed, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARSE = """
import bdnnc, bdnnc.language.grammar
from bdnnc.diagnostics import Source
from bdnnc.language import parse
file, found = parse(Source("tiny", "minimize hamming"))
print(bdnnc.__file__, len(file.statements), len(found))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_module_and_what_they_read(wheel: Path) -> None:
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "bdnnc").rglob("*.py")}
    held = names(wheel)
    assert modules - held == set()
    assert {"bdnnc/py.typed", "bdnnc/grammar/bdnn.lark", "bdnnc/language/tables.json"} <= held


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    strange = {name for name in names(wheel) if not name.startswith(("bdnnc/", "bdnnc-"))}
    assert strange == set()
    assert not any("__pycache__" in name or "ruff_cache" in name for name in names(wheel))


def test_the_grammar_in_the_wheel_is_the_one_of_the_checkout(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("bdnnc/grammar/bdnn.lark") == (ROOT / "grammar" / "bdnn.lark").read_bytes()


def test_the_wheel_works_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    """Installed without its dependencies, which are borrowed from this environment."""
    pytest.importorskip("pip")
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}
    run = subprocess.run([str(python), "-c", PARSE], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    place, statements, found = run.stdout.split()
    assert Path(place).is_relative_to(home)
    assert (statements, found) == ("1", "0")
    script = subprocess.run(
        [str(home / "bin" / "bdnnc"), "--version"], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    assert script.stdout.startswith("bdnnc ")
