"""The checkout itself: extras that messages name, hooks that fetch nothing, a script for CI that can be run."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_extras_that_messages_name_exist() -> None:
    named = {
        extra
        for path in (ROOT / "bdnnc").rglob("*.py")
        for extra in re.findall(r"bdnnc\[(\w+)\]", path.read_text(encoding="utf-8"))
    }
    assert {"fast", "sklearn"} <= named
    assert named <= project()["optional-dependencies"].keys()


def test_all_means_all_but_development_and_benchmarks() -> None:
    extras = project()["optional-dependencies"]
    (everything,) = extras["all"]
    assert set(re.findall(r"\w+", everything)) - {"bdnnc"} == extras.keys() - {"all", "dev", "bench"}


def test_the_versions_agree() -> None:
    import bdnnc

    assert bdnnc.__version__ == project()["version"]


def test_hooks_are_local_and_of_the_system() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"repo: (\S+)", text)) == {"local"}
    assert set(re.findall(r"language: (\S+)", text)) == {"system"}


def test_ci_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
