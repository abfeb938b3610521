"""Real data from end to end: check fast, train, evaluate, predict, certify from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from bdnnc.network.saving import load
from tests.cli.conftest import Runner

CANCER = """\
data {{
  from     "{folder}/breast-cancer-wisconsin.csv"
  target   9
  take     80 stratified seed 7
}}
network {{
  layer hidden: 3 step units
    weights in {{-1, 0, 1}}
    bias    in {{-20..20}}
  layer output: 1 step units
    weights in {{-1, 0, 1}}
    bias    in {{-3..3}}
}}
minimize hamming
train exact {{ time_limit 5 }}
"""


def test_end_to_end(run: Runner, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = shared_data.resolve() / "breast-cancer-wisconsin.csv"
    (tmp_path / "cancer.bdnn").write_text(CANCER.format(folder=data.parent), encoding="utf-8")
    (tmp_path / "models").mkdir()
    assert run("train", "cancer.bdnn", "-o", "models/cancer.json").code == 0
    model = load(tmp_path / "models" / "cancer.json")
    assert model.source.path is not None
    assert not Path(model.source.path).is_absolute()
    assert model.training.objective <= 5
    monkeypatch.chdir(tmp_path / "models")
    assert run("certify", "cancer.json").code == 0
    assert run("certify", "cancer.json", "../cancer.bdnn", "--data", str(data)).code == 0
    assert "samples                      699\n" in run("evaluate", "cancer.json", str(data)).out
    assert len(run("predict", "cancer.json", str(data)).out.splitlines()) == 700
