"""Files are there whole or not at all, the same model gives the same bytes, and refusals say what to do."""

from __future__ import annotations

import errno
import gzip
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bdnnc.diagnostics import InternalError, UserError
from bdnnc.milp import files
from bdnnc.milp.files import SUFFIXES, opened, suffix_of, write, write_lp, write_mps, write_npz
from bdnnc.milp.model import MilpModel
from bdnnc.milp.npz import read_npz

from .random_models import model_of


@pytest.fixture
def model() -> MilpModel:
    sides = [[1, 1], [-np.inf, 4], [-1, 2.5]]
    return model_of([[1, 0, -2.5], [0, 0, 0], [3, 0.1, 0]], sides, [[1, 1], [0, 1], [-3, 8]], [2, 0, -1], [0, 1, 1])


def test_mps_text(model: MilpModel, tmp_path: Path) -> None:
    write(model, tmp_path / "model.mps")
    assert (tmp_path / "model.mps").read_text() == (Path(__file__).parent / "expected" / "small.mps").read_text()


def test_lp_text(model: MilpModel, tmp_path: Path) -> None:
    write(model, tmp_path / "model.lp")
    assert (tmp_path / "model.lp").read_text() == (Path(__file__).parent / "expected" / "small.lp").read_text()


def test_lp_names_every_column_before_its_bounds(tmp_path: Path) -> None:
    write(model_of([[0, 2]], [[0, 1]], [[0, 1]] * 2, [0, 0], [0, 0]), tmp_path / "model.lp")
    assert (tmp_path / "model.lp").read_text().splitlines()[2] == " objective: +0 one"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_same_model_same_bytes_also_to_an_open_file(suffix: str, model: MilpModel, tmp_path: Path) -> None:
    write(model, tmp_path / f"one{suffix}")
    write(model, tmp_path / f"two{suffix}")
    file = io.BytesIO()
    write(model, file, suffix)
    if suffix.endswith(".gz"):
        assert file.getvalue()[3:8] == bytes(5), "the header holds no name and no time"
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes() == file.getvalue()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"one{suffix}", f"two{suffix}"]


def test_gzip_holds_the_plain_file(model: MilpModel, tmp_path: Path) -> None:
    for writer, name in ((write_mps, "m.mps"), (write_lp, "m.lp")):
        writer(model, tmp_path / name)
        writer(model, tmp_path / f"{name}.gz")
        assert gzip.decompress((tmp_path / f"{name}.gz").read_bytes()) == (tmp_path / name).read_bytes()


def test_npz_reads_back(model: MilpModel, tmp_path: Path) -> None:
    write_npz(model, tmp_path / "model.npz")
    found = read_npz(tmp_path / "model.npz")
    for key in ("row_lower", "row_upper", "c", "lower", "upper", "integrality"):
        assert np.array_equal(getattr(found, key), getattr(model, key)), key
    assert (found.A != model.A).nnz == 0
    assert found.A.shape == model.A.shape
    assert list(found.row_names) == list(model.row_names)
    assert list(found.column_names) == list(model.column_names)
    for key in ("name", "row_families", "column_families", "objective_step", "objective_offset"):
        assert getattr(found, key) == getattr(model, key), key


def code_of(call: Any, *arguments: Any) -> str:
    with pytest.raises(UserError) as caught:
        call(*arguments)
    return caught.value.diagnostics[0].code


def test_npz_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    np.savez(tmp_path / "other.npz", a=np.zeros(1))
    for name in ("absent.npz", "text.npz", "other.npz"):
        assert code_of(read_npz, tmp_path / name) == "E512"


@pytest.mark.parametrize("name", ["model", "model.txt", "model.gz", "model.MSP", "archive.tar.gz"])
def test_unknown_suffix(name: str, model: MilpModel, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        write(model, tmp_path / name)
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == "E611"
    assert diagnostic.help is not None
    assert "`.mps.gz`" in diagnostic.help
    assert list(tmp_path.iterdir()) == []


def test_suffix_is_read_in_any_case() -> None:
    assert suffix_of("folder.lp/MODEL.MPS.GZ") == ".mps.gz"


def test_missing_folder(model: MilpModel, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the folder `.*absent` does not exist") as caught:
        write(model, tmp_path / "absent" / "model.mps")
    assert caught.value.diagnostics[0].code == "E612"


def test_folder_in_place_of_a_file(model: MilpModel, tmp_path: Path) -> None:
    (tmp_path / "model.mps").mkdir()
    with pytest.raises(UserError, match=r"model\.mps` is a folder"):
        write(model, tmp_path / "model.mps")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_full_disk(model: MilpModel) -> None:
    with pytest.raises(UserError, match="is full"):
        write_mps(model, "/dev/full")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize(
    ("number", "text"), [(errno.EROFS, "read-only"), (errno.EACCES, "no permission"), (errno.EIO, "error")]
)
def test_refused_files(number: int, text: str, model: MilpModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "replace", refuse)
    (tmp_path / "model.mps").write_text("old")
    with pytest.raises(UserError, match=text) as caught:
        write(model, tmp_path / "model.mps")
    assert caught.value.diagnostics[0].code == "E612"
    assert [path.name for path in tmp_path.iterdir()] == ["model.mps"]
    assert (tmp_path / "model.mps").read_text() == "old"


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "model.mps"
    target.write_text("old")

    def interrupted() -> None:
        with opened(target) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == ["model.mps"]
    assert target.read_text() == "old"


def test_a_link_keeps_pointing_to_the_file(model: MilpModel, tmp_path: Path) -> None:
    (tmp_path / "real.mps").write_text("old")
    (tmp_path / "link.mps").symlink_to(tmp_path / "real.mps")
    write(model, tmp_path / "link.mps")
    assert (tmp_path / "link.mps").is_symlink()
    assert (tmp_path / "real.mps").read_text().startswith("NAME")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lower", np.array([1.0, -np.inf, 0.0])),
        ("upper", np.array([1.0, np.nan, 8.0])),
        ("upper", np.array([1.0, -1.0, 8.0])),
        ("c", np.array([np.inf, 0.0, 0.0])),
        ("c", np.zeros(2)),
        ("row_lower", np.array([1.0, 5.0, -1.0])),
        ("row_upper", np.array([1.0, np.nan, 2.5])),
        ("row_names", ["a"]),
        ("column_names", ["a"]),
    ],
)
def test_broken_models_are_a_bug(field: str, value: Any, model: MilpModel, tmp_path: Path) -> None:
    from dataclasses import replace

    for suffix in SUFFIXES:
        with pytest.raises(InternalError):
            write(replace(model, **{field: value}), tmp_path / f"model{suffix}")
    assert list(tmp_path.iterdir()) == []
