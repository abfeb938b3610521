"""take and hold against an implementation that is written down from the language page and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdnnc.data.selection import choose_rows, quotas
from bdnnc.language.spec import Located, Pick


def naive(rows: list[int], labels: list[int], classes: int, count: int, seed: int, stratified: bool) -> list[int]:
    """The rows chosen, in the order of the file."""

    def best(candidates: list[int], number: int) -> list[int]:
        return sorted(candidates, key=lambda row: hashlib.sha256(f"{seed}:{row}".encode()).hexdigest())[:number]

    if not stratified:
        return sorted(best(rows, count))
    groups = [[row for row, label in zip(rows, labels, strict=True) if label == code] for code in range(classes)]
    exact = [Fraction(count * len(group), len(rows)) for group in groups]
    shares = [int(share) for share in exact]
    while sum(shares) < count:
        left = [share - whole for share, whole in zip(exact, shares, strict=True)]
        shares[left.index(max(left))] += 1
    return sorted(row for group, share in zip(groups, shares, strict=True) for row in best(group, share))


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[int], list[int], int, int, int, bool]:
    rows = sorted(draw(st.sets(st.integers(0, 500), min_size=1, max_size=40)))
    classes = draw(st.integers(1, 5))
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=len(rows), max_size=len(rows)))
    return rows, labels, classes, draw(st.integers(1, len(rows))), draw(st.integers(0, 99)), draw(st.booleans())


@settings(max_examples=300, deadline=None)
@given(problems(), st.builds(object))
def test_the_choice_is_the_one_of_the_page(problem: tuple[list[int], list[int], int, int, int, bool], located: Any) -> None:
    rows, labels, classes, count, seed, stratified = problem
    pick = Pick(Located(count, located), stratified, seed, located)
    mask = choose_rows(np.array(rows), np.array(labels), classes, pick)
    assert np.array(rows)[mask].tolist() == naive(rows, labels, classes, count, seed, stratified)


def test_ties_go_to_the_earlier_class() -> None:
    assert quotas([3, 3, 3], 4) == [2, 1, 1]
    assert quotas([3, 3, 3], 5) == [2, 2, 1]
    assert quotas([1, 2, 1], 1) == [0, 1, 0]


TEXT = "".join(f"{row},{row % 3}\n" for row in range(30))


def test_a_fixed_sample_on_every_machine(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded(TEXT, 1, take=build.pick(6, seed=7))
    # for r in $(seq 0 29); do echo "$(printf '7:%d' $r | sha256sum) $r"; done | sort | head -6
    assert dataset.train.rows.tolist() == [3, 4, 7, 12, 20, 26]


def test_test_is_held_first_then_validation_then_take(loaded: Callable[..., Any], build: Any) -> None:
    holds = (build.hold("validation", build.pick(5, "validation", seed=3)), build.hold("test", build.pick(4, "test", seed=3)))
    dataset = loaded(TEXT, 1, holds=holds, take=build.pick(6, seed=3))
    order = sorted(range(30), key=lambda row: hashlib.sha256(f"3:{row}".encode()).hexdigest())
    assert dataset.test.rows.tolist() == sorted(order[:4])
    assert dataset.validation.rows.tolist() == sorted(order[4:9])
    assert dataset.train.rows.tolist() == sorted(order[9:15])


def test_rows_count_in_the_file_after_missing_and_keep(loaded: Callable[..., Any], build: Any) -> None:
    lines = TEXT.splitlines()
    lines[4] = "?,1"
    dataset = loaded("\n".join(lines), 1, missing="drop", keep=[1, 2], take=build.pick(8, seed=5, stratified=True))
    rows = [row for row in range(30) if row % 3 != 0 and row != 4]
    assert dataset.train.rows.tolist() == naive(rows, [row % 3 - 1 for row in rows], 2, 8, 5, True)
    assert dataset.train.X.numerators[:, 0].tolist() == dataset.train.rows.tolist()


def test_take_all_and_no_take_are_the_same(loaded: Callable[..., Any], build: Any) -> None:
    assert loaded(TEXT, 1, take=build.pick(None)).train.rows.tolist() == loaded(TEXT, 1).train.rows.tolist() == list(range(30))


def test_all_counts_that_are_too_large_are_found(build: Any, refused: Any, pointed: Any) -> None:
    from bdnnc.data.load import load

    spec = build.spec(TEXT, 1, holds=(build.hold("test", build.pick(31, "test")),), take=build.pick(40))
    held, taken = refused(lambda: load(spec), "E223", "E223")
    assert held.message == "`hold test` asks for 31 points, but there are 30"
    assert taken.message == "`take` asks for 40 points, but there are 30"
    assert (pointed(held), pointed(taken)) == ("test", "take")


def test_what_was_held_out_is_counted(build: Any, refused: Any) -> None:
    from bdnnc.data.load import load

    spec = build.spec(TEXT, 1, holds=(build.hold("test", build.pick(25, "test")),), take=build.pick(6))
    [taken] = refused(lambda: load(spec), "E223")
    assert taken.message == "`take` asks for 6 points, but there are 5"
    assert taken.notes == ("of 30 usable rows 25 are held out",)


@pytest.mark.parametrize("count", [0, -3])
def test_no_points_are_not_a_sample(build: Any, refused: Any, count: int) -> None:
    from bdnnc.data.load import load

    [found] = refused(lambda: load(build.spec(TEXT, 1, take=build.pick(count))), "E223")
    assert found.message == f"`take` needs at least 1 point, not {count}"


def test_everything_held_out_leaves_nothing(build: Any, refused: Any, pointed: Any) -> None:
    from bdnnc.data.load import load

    spec = build.spec(TEXT, 1, holds=(build.hold("test", build.pick(30, "test")),))
    [found] = refused(lambda: load(spec), "E230")
    assert pointed(found) == "test"
