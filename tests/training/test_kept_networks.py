"""A network that is better than the model allows is kept, and the run says why it ends without a proof."""

from __future__ import annotations

from fractions import Fraction

from bdnnc.ir.problem import BiasRule
from bdnnc.language.quantities import Loss
from bdnnc.milp.model import MilpModel
from bdnnc.solve.protocol import Solution, SolveOptions, Stop
from tests.oracle.problems import goal, interval, layer, problem
from tests.training.support import Observed, run


class Refusing(Observed):
    """A solver to which no model is feasible, as one with wide margins."""

    def solve(
        self, model: MilpModel, options: SolveOptions, on_incumbent: object = None, on_progress: object = None
    ) -> Solution:
        self.asked.append((model, options))
        return Solution(Stop.INFEASIBLE, None, None, None, 0, 0.0)


def test_a_first_goal_whose_model_allows_no_network_keeps_the_one_at_hand() -> None:
    of = problem(
        [[0], [1], [2]],
        [0, 1, 1],
        [layer("o", 1, 1, interval(-1, 1), BiasRule("auto"))],
        goals=(goal(Loss("hamming", weights=(Fraction(1), Fraction(1)))),),
    )
    outcome, _ = run(of, Refusing())
    assert outcome.stages[0].status == "feasible"
    assert outcome.network is not None
    assert outcome.message == "no network with the model's margins keeps the constraints"
