"""Names built from patterns: the same whether one at a time, as a list or as bytes, and found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.milp.names import NameBlock, Names, split_name

LAYERS = st.sampled_from(["", "hidden", "h2", "out_put"])
SYMBOLS = st.sampled_from(["u", "w", "active", "one", "e"])


@st.composite
def blocks(draw: st.DrawFn) -> NameBlock:
    if draw(st.booleans()):
        return NameBlock(draw(SYMBOLS), draw(LAYERS), tuple(draw(st.lists(st.integers(0, 12), max_size=3))))
    axes, length = draw(st.integers(1, 3)), draw(st.integers(0, 8))
    index = st.lists(st.integers(0, 12345), min_size=length, max_size=length)
    return NameBlock(draw(SYMBOLS), draw(LAYERS), tuple(np.array(draw(index), dtype=np.int64) for _ in range(axes)))


@given(st.lists(blocks(), max_size=4))
def test_list_item_slice_and_bytes_agree(parts: list[NameBlock]) -> None:
    names = Names(parts)
    listed = list(names)
    assert len(listed) == len(names)
    assert [names[i] for i in range(len(names))] == listed
    assert names[1:-1] == listed[1:-1]
    assert names[::-2] == listed[::-2]
    assert [text.decode() for text in names.bytes_array().tolist()] == listed
    assert names == listed


@given(st.lists(blocks(), max_size=4))
def test_find_gives_the_first_position(parts: list[NameBlock]) -> None:
    names = Names(parts)
    listed = list(names)
    assert [names.find(name) for name in listed] == [listed.index(name) for name in listed]


def test_shape_counts_row_major() -> None:
    assert list(NameBlock("u", "hidden", (2, 2)).bytes_array()) == [
        b"u(hidden,0,0)", b"u(hidden,0,1)", b"u(hidden,1,0)", b"u(hidden,1,1)",
    ]  # fmt: skip


def test_explicit_indices_and_single_names() -> None:
    names = Names([NameBlock("one"), NameBlock("t", "hidden"), NameBlock("r", "", (np.array([10, 0]), np.array([3, 111])))])
    assert list(names) == ["one", "t(hidden)", "r(10,3)", "r(0,111)"]


@pytest.mark.parametrize("absent", ["u(hidden,2,0)", "u(hidden,0)", "u(output,0,0)", "v(hidden,0,0)", "u(hidden,0,0", "é", ""])
def test_names_that_are_not_there(absent: str) -> None:
    assert Names([NameBlock("u", "hidden", (2, 2)), *Names.of(["free"]).blocks]).find(absent) is None


def test_plain_sequences_become_one_block() -> None:
    names = Names.of(["x", "u(hidden,3)"])
    assert list(names) == ["x", "u(hidden,3)"]
    assert [names.find("x"), names.find("u(hidden,3)")] == [0, 1]
    assert list(Names.of([])) == []


def test_index_out_of_range() -> None:
    with pytest.raises(IndexError, match="no name 4 of 4"):
        Names([NameBlock("u", "hidden", (2, 2))])[4]


def test_wrong_indices_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        NameBlock("u", "hidden", (np.arange(2), np.arange(3)))
    with pytest.raises(ValueError, match="negative numbers"):
        NameBlock("u", "hidden", (np.array([-1]),))
    with pytest.raises(ValueError, match="negative length"):
        NameBlock("u", "hidden", (-1, 2))


@pytest.mark.parametrize(
    ("name", "parts"),
    [("u(hidden,12,3)", ("u(hidden", (12, 3))), ("e(4)", ("e(", (4,))), ("one", ("one", ())), ("t(hidden)", ("t(hidden", ()))],
)
def test_split_name(name: str, parts: tuple[str, tuple[int, ...]]) -> None:
    assert split_name(name) == parts
