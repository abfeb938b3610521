"""A search that ends without a network says whether the solver failed or acceptance refused what it claimed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.ir.program import Clause
from bdnnc.language.quantities import Errors
from bdnnc.milp.lower import column_slices
from bdnnc.milp.model import MilpModel
from bdnnc.network.accept import Rejected
from bdnnc.solve.protocol import Solution, Stop
from bdnnc.training import stage
from bdnnc.training.outcome import Limits
from tests.oracle.problems import bound, finite, interval, layer, problem
from tests.training.support import FakeSolver, run

LABELS = [1, 0, 1, 0, 1]


def demanding(domain: object, most: int = 1) -> Problem:
    """Five points of alternating classes, of which a threshold has two wrong at least."""
    layers = [layer("output", 1, 1, domain, BiasRule("auto"))]
    return problem([[0], [1], [2], [3], [4]], LABELS, layers, constraints=[bound(Errors(), "<=", Fraction(most))])


class Claiming(FakeSolver):
    """Says of one vector, whatever the model, that it is the optimum."""

    def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
        self.calls += 1
        x = self.change(np.zeros(len(model.c)), model)
        return Solution(Stop.OPTIMAL, x, 0.0, 0.0, 0, 0.0)


def all_right(x: np.ndarray, model: MilpModel) -> np.ndarray:
    x[column_slices(model)["u", "output"]] = LABELS
    return x


@pytest.mark.parametrize("domain", [interval(-1, 1), finite(-1, 0, 1)], ids=["real", "ternary"])
def test_what_acceptance_refuses_is_told_as_its_reason(domain: object) -> None:
    solver = Claiming(all_right)
    outcome, _ = run(demanding(domain), solver, limits=Limits(time_limit=20, threads=1))
    assert outcome.network is None
    assert outcome.status(1) == "no_solution"
    assert outcome.refusal


def test_numbers_that_are_none_are_refused() -> None:
    outcome, _ = run(demanding(finite(-1, 0, 1)), Claiming(lambda x, model: x * np.nan))
    assert outcome.status(1) == "no_solution"
    assert outcome.refusal == "the solver returned values that are no numbers"


def test_a_solver_that_fails_is_not_refused() -> None:
    class Broken(FakeSolver):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            return Solution(Stop.FAILED, None, None, None, 0, 0.0, "out of memory")

    outcome, _ = run(demanding(finite(-1, 0, 1)), Broken(lambda x, model: x))
    assert (outcome.status(1), outcome.message, outcome.refusal) == ("no_solution", "out of memory", "")


def test_what_is_infeasible_without_a_doubt_is_not_refused() -> None:
    outcome, _ = run(demanding(finite(-1, 0, 1)))
    assert (outcome.status(1), outcome.refusal) == ("infeasible", "")


def test_clauses_without_a_proof_end_in_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left of the model, but nobody has shown that what was excluded is impossible."""
    excluded = Clause(((("u", "output"), np.array([0])),), ())
    monkeypatch.setattr(stage, "accept", lambda *given: Rejected("a digit is missing", excluded, proved=False))
    rows: list[int] = []

    class Wavering(Claiming):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            rows.append(len(model.row_lower))
            if rows[-1] > rows[0]:
                return Solution(Stop.INFEASIBLE, None, None, None, 0, 0.0)
            return super().solve(model, options, on_incumbent, on_progress)

    outcome, _ = run(demanding(finite(-1, 0, 1)), Wavering(all_right))
    assert rows[-1] == rows[0] + 1
    assert (outcome.status(1), outcome.message, outcome.refusal) == ("no_solution", "", "a digit is missing")
