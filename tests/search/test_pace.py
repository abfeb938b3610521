"""Runs are cold when they end, whatever ends them."""

from __future__ import annotations

import numpy as np
import pytest

from bdnnc.search import pace as module
from bdnnc.search.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(module, "time", found)
    return found


def walked(pace: Pace, clock: Clock, seconds: float, chunk: int = 10) -> list[float]:
    """The shares of all steps, which take so many seconds each, until the end or the deadline."""
    shares: list[float] = []
    while pace.left > 0 and not pace.is_late:
        size = min(chunk, pace.left)
        shares.extend(pace.next(size).tolist())
        clock.now += size * seconds
    return shares


@pytest.mark.parametrize("deadline", [None, 1000.0])
def test_with_time_enough_every_step_counts_the_same(clock: Clock, deadline: float | None) -> None:
    shares = walked(Pace(95, deadline), clock, 0.1)
    assert np.allclose(shares, np.arange(95) / 95)


@pytest.mark.parametrize("seconds", [0.05, 0.5, 2.0])
def test_a_deadline_in_the_middle_is_met_at_the_end(clock: Clock, seconds: float) -> None:
    pace = Pace(100_000, clock.now + 100 * seconds)
    shares = walked(pace, clock, seconds)
    assert len(shares) == pytest.approx(100, abs=11)
    assert (np.diff(shares) >= 0).all()
    assert shares[-1] > 0.9


def test_speed_is_learnt_anew(clock: Clock) -> None:
    """Four times as fast from the middle on: the rest is stretched over the steps that there now is time for."""
    pace = Pace(100_000, clock.now + 100)
    shares: list[float] = []
    while not pace.is_late:
        shares.extend(pace.next(10).tolist())
        clock.now += 10 if clock.now < 150 else 2.5
    assert shares[-1] > 0.9
    assert shares[60] < 0.7


def test_another_limit_counts_like_a_deadline(clock: Clock) -> None:
    pace, left = Pace(1000, None), 100
    while left > 0:
        pace.next(10, at_most=left)
        left -= 10
    assert pace.share == pytest.approx(1.0)
