"""Every name of a written model resolves to its family, indices and statement."""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bdnnc.diagnostics import Source, Span, UserError
from bdnnc.milp.files import write
from bdnnc.milp.map import MapSources, write_map
from bdnnc.milp.model import ColumnFamily, MilpModel, RowFamily
from bdnnc.milp.names import NameBlock, Names, TextBlock
from bdnnc.milp.resolve import read_map, resolve

from .random_models import Read

TEXT = "network\n  layer hidden 2\ngoal\n  minimize hamming\n"
SOURCES = MapSources(
    statements={1: Span(Source("iris.bdnn", TEXT), 10, 24), 2: Span(Source("iris.bdnn", TEXT), 32, 48)},
    axes={"sample": [[0], [1, 4], [2]]},
)


@pytest.fixture
def model() -> MilpModel:
    """Two row families share a pattern: samples 0 and 2 come from statement 1, sample 1 from statement 2."""
    even, odd = np.array([0, 2]), np.array([1])
    columns = Names([NameBlock("one"), NameBlock("u", "hidden", (3, 2)), TextBlock(np.array([b"free", b"x"]))])
    rows = Names([NameBlock("active", "hidden", (even, np.array([0, 1]))), NameBlock("active", "hidden", (odd, odd))])
    return MilpModel(
        name="iris",
        A=csr_matrix(np.ones((3, 9))),
        row_lower=np.array([0.0, 0.0, -1.0]),
        row_upper=np.array([np.inf, np.inf, 7.0]),
        c=np.ones(9),
        lower=np.zeros(9),
        upper=np.ones(9),
        integrality=np.ones(9, dtype=np.uint8),
        row_families=(
            RowFamily("active", "hidden", 1, 0, 2, "a >= t", axes=("sample", "unit")),
            RowFamily("active", "hidden", 2, 2, 3),
        ),
        column_families=(
            ColumnFamily("one", "", (), 2, 0, 1),
            ColumnFamily("u", "hidden", ("sample", "unit"), 1, 1, 7),
            ColumnFamily("free", "", (), 2, 7, 9),
        ),
        column_names=columns,
        row_names=rows,
    )


def test_every_name_of_the_files_resolves(model: MilpModel, tmp_path: Path) -> None:
    write_map(model, tmp_path / "iris.map.json", SOURCES)
    document = read_map(tmp_path / "iris.map.json")
    for key, families, names in (
        ("column", model.column_families, model.column_names),
        ("row", model.row_families, model.row_names),
    ):
        for position, name in enumerate(names):
            found = resolve(document, name)
            assert found is not None
            family = next(f for f in families if f.start <= position < f.stop)
            assert (found.what, found.family["statement"], found.family["start"]) == (key, family.statement, family.start)
            assert found.position in (position, None)
            assert found.statement is not None
            assert found.statement["id"] == family.statement
    write(model, tmp_path / "iris.lp")
    assert all(resolve(document, name) for name in [*Read(tmp_path / "iris.lp").rows, *Read(tmp_path / "iris.lp").columns])


def test_what_a_name_stands_for(model: MilpModel, tmp_path: Path) -> None:
    write_map(model, tmp_path / "iris.map.json", SOURCES)
    found = resolve(read_map(tmp_path / "iris.map.json"), "u(hidden,1,0)")
    assert found is not None
    assert (found.indices, found.labels, found.position) == ((("sample", 1), ("unit", 0)), ([1, 4], None), 3)
    assert found.statement == {
        "id": 1, "source": "iris.bdnn", "line": 2, "column": 3, "end_line": 2, "end_column": 17, "text": "layer hidden 2",
    }  # fmt: skip
    upper = resolve(read_map(tmp_path / "iris.map.json"), "active(hidden,1,1).upper")
    assert upper is not None
    assert (upper.family["statement"], upper.indices) == (2, (("index 0", 1), ("index 1", 1)))


@pytest.mark.parametrize("name", ["u(hidden,3,0)", "u(hidden,1)", "active(hidden,1,0)", "u(hidden,1,0).upper", "y", ""])
def test_names_that_are_not_there(name: str, model: MilpModel, tmp_path: Path) -> None:
    write_map(model, tmp_path / "iris.map.json", SOURCES)
    assert resolve(read_map(tmp_path / "iris.map.json"), name) is None


def test_large_families_do_not_list_their_names(model: MilpModel, tmp_path: Path) -> None:
    names = Names([NameBlock("one"), NameBlock("u", "hidden", (np.arange(100_000), np.zeros(100_000, dtype=np.int64)))])
    families = (ColumnFamily("one", "", (), 2, 0, 1), ColumnFamily("u", "hidden", ("sample", "unit"), 1, 1, 100_001))
    write_map(replace(model, column_names=names, column_families=families), tmp_path / "m.map.json", MapSources())
    assert (tmp_path / "m.map.json").stat().st_size < 2000
    found = resolve(read_map(tmp_path / "m.map.json"), "u(hidden,77777,0)")
    assert found is not None
    assert (found.indices, found.statement, found.labels) == ((("sample", 77777), ("unit", 0)), None, (None, None))


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"format": "other"}), "\udcff"])
def test_files_that_are_no_map(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "m.map.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError) as caught:
        read_map(tmp_path / "m.map.json")
    assert caught.value.diagnostics[0].code == "E513"
