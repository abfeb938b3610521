"""Numbers and lines as text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bdnnc.milp import text
from bdnnc.milp.text import Decimals, decimals, distinct, joined, joined_with, spans_by_weight

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(arrays(np.float64, st.integers(0, 50), elements=FINITE))
def test_decimals_read_back_and_are_no_longer_than_needed(values: text.Floats) -> None:
    written = decimals(values)
    assert [float(word) for word in written.tolist()] == values.tolist()
    assert all(len(word) <= len(repr(value)) for word, value in zip(written.tolist(), values.tolist(), strict=True))


@given(st.integers(-(10**17), 10**17), st.integers(0, 22))
def test_short_decimals_are_those_of_repr(numerator: int, places: int) -> None:
    value = numerator / 10**places
    assert decimals(np.array([value, 0.5])).tolist() == [repr(value).removesuffix(".0").encode(), b"0.5"]


def test_zero_has_no_sign_and_integers_no_point() -> None:
    assert decimals(np.array([-0.0, 3.0, -2.0, 0.5, 1e22, 1e-320])).tolist() == [b"0", b"3", b"-2", b"0.5", b"1e+22", b"1e-320"]


@given(arrays(np.float64, st.integers(0, 300), elements=st.sampled_from([0.0, -0.0, 1.0, 2.5, -7.0]) | FINITE))
def test_distinct_values_and_codes(values: text.Floats) -> None:
    found, codes = distinct(values)
    assert np.array_equal(found[codes], values)
    assert len(np.unique(found)) == len(found)


def test_values_that_share_a_place_of_the_hash_table() -> None:
    values = np.random.default_rng(0).random(400_000)  # three values a place
    found, codes = distinct(values)
    assert np.array_equal(found[codes], values)


@pytest.mark.parametrize("few", [0, 250_000])
def test_many_distinct_values_are_formatted_by_chunks(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_FEW", few)
    values = np.concatenate([np.random.default_rng(0).random(3000), np.arange(50.0)])
    texts = Decimals(values)
    assert (texts.table.texts is None) == (few == 0)
    assert [float(word) for word in texts.take(texts.codes[10:3040]).tolist()] == values[10:3040].tolist()


def test_joined_drops_zero_bytes_and_repeats_constants() -> None:
    assert joined(np.array([b"a", b"", b"ccc"]), b"|", np.array([b"1", b"22", b""])) == b"a|1|22ccc|"
    assert joined(np.empty(0, dtype="S3"), b"|") == b""


def test_insertions_keep_their_order() -> None:
    inserted = np.array([b"<", b"[", b">", b"end"])
    assert joined_with((np.array([b"a", b"b"]), b";"), np.array([0, 0, 1, 2]), inserted) == b"<[a;>b;end"


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 12))
def test_groups_are_covered_once_and_in_order(counts: list[int], size: int) -> None:
    offsets = np.concatenate([[0], np.cumsum(np.array(counts, dtype=np.int64))])
    spans = list(spans_by_weight(offsets, size))
    assert [group for start, stop in spans for group in range(start, stop)] == list(range(len(counts)))
    assert all(stop - start == 1 or sum(counts[start:stop]) + stop - start <= size for start, stop in spans)
