"""Large neighbourhoods where a stochastic search stands still: when they come, and that a later run need not look again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from bdnnc.data.inputs import Input, Scaled
from bdnnc.network.network import Network
from bdnnc.training import stagnation
from bdnnc.training.outcome import Limits
from bdnnc.training.random_network import random_network
from bdnnc.training.search import search_stochastically
from bdnnc.training.stagnation import Stagnation
from bdnnc.training.work import Work
from tests.training.support import formulated, run
from tests.training.test_local_search import Kept, checkers
from tests.training.test_neighbourhoods import work_of


class Pretended:
    """`improved`, which gives what it is told to."""

    def __init__(self, *answers: Network | None) -> None:
        self.answers = list(answers)
        self.seeds: list[int] = []

    def __call__(self, work: Work, pool: object, budget: object) -> Network | None:
        self.seeds.append(work.limits.seed)
        return self.answers.pop(0) if self.answers else None


@pytest.fixture
def work() -> Work:
    return work_of(formulated(checkers(3, 2)), limits=Limits(time_limit=1000.0, seed=3))[0]  # whose clock begins now


def network(work: Work) -> Network:
    return random_network(work.formulation, np.random.default_rng(0))


def asked(monkeypatch: pytest.MonkeyPatch, pretended: Pretended, seen: Stagnation, waves: int) -> list[int]:
    """The waves after which neighbourhoods were looked at, where the objective never changes."""
    monkeypatch.setattr(stagnation, "improved", pretended)
    pool, found = [network(seen.work)], list[int]()
    seen.known = Fraction(3)
    for wave in range(1, waves + 1):
        before = len(pretended.seeds)
        seen.better(wave, Fraction(3), pool)
        if len(pretended.seeds) > before:
            found.append(wave)
    return found


def test_in_vain_they_come_half_as_often(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    pretended = Pretended()
    assert asked(monkeypatch, pretended, Stagnation(work), 30) == [2, 6, 14, 30]
    assert len(set(pretended.seeds)) == 4  # other neighbourhoods each time


def test_after_a_find_they_come_as_soon_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, Pretended(None, network(work)), Stagnation(work), 9) == [2, 6, 8]


def test_not_while_the_search_gets_better(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    pretended = Pretended()
    monkeypatch.setattr(stagnation, "improved", pretended)
    seen = Stagnation(work)
    for wave in range(1, 10):
        assert seen.better(wave, Fraction(100 - wave), [network(work)]) is None
    assert pretended.seeds == []


@pytest.mark.parametrize("seconds", [None, 1.0])
def test_not_without_time(seconds: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    work, _ = work_of(formulated(checkers(3, 2)), limits=Limits(time_limit=seconds))
    assert asked(monkeypatch, Pretended(), Stagnation(work), 20) == []


def test_not_where_the_program_is_large(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stagnation, "MOST_ACTIVATIONS", 1)
    assert asked(monkeypatch, Pretended(), Stagnation(work), 20) == []


def test_a_later_run_takes_what_was_found(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    inputs = tuple(Input(name, place, Scaled()) for place, name in enumerate(work.formulation.problem.inputs))
    own = replace(work, means=replace(work.means, journal=kept, inputs=inputs))
    first = Pretended(network(work), None)
    monkeypatch.setattr(stagnation, "improved", first)
    found = []
    for seen in (Stagnation(own), Stagnation(own)):
        seen.known = Fraction(3)
        found.append([seen.better(wave, Fraction(3), [network(work)]) for wave in range(1, 5)])
    assert len(first.seeds) == 2  # none by the second
    for ours, theirs in zip(*found, strict=True):
        assert (ours is None) == (theirs is None)
        assert (
            ours is None
            or theirs is None
            or all(
                (one.weights == other.weights).all() and (one.bias == other.bias).all()
                for one, other in zip(ours.layers, theirs.layers, strict=True)
            )
        )


def test_the_search_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search whose restarts find nothing, and a network that only neighbourhoods find."""
    of = checkers(3, 2)
    best, _ = run(of, limits=Limits(time_limit=60))
    assert best.network is not None
    monkeypatch.setattr(stagnation, "improved", lambda work, pool, budget: best.network)
    monkeypatch.setattr("bdnnc.training.search.NetworkSearch._wave", lambda self, numbers, moves: None)
    outcome, _ = run(of, limits=Limits(time_limit=20), method=search_stochastically)
    assert outcome.stages[0].value == best.stages[0].value
