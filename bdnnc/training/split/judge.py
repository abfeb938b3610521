"""What is kept: the best network on the validation points, or, where none are held, on the goal; measured on all points."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from bdnnc.data.dataset import Samples
from bdnnc.formulation.bounds import least_objective
from bdnnc.formulation.caps import sign_of
from bdnnc.network import score
from bdnnc.network.evaluate import last_output
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.training.improver import objective_of
from bdnnc.training.proof import meets
from bdnnc.training.work import Work

Rank = tuple[Fraction, ...]
"""What is less is better: what a network gets wrong of the validation points first, where there are any."""


@dataclass(eq=False)
class Judge:
    """Measures networks of one goal and keeps the best. Objectives and ``bound`` are of the goal's minimized form."""

    work: Work
    bound: Fraction = field(init=False)
    network: Network | None = None
    objective: Fraction | None = None
    rank: Rank = ()

    def __post_init__(self) -> None:
        self.bound = least_objective(self.work.formulation)

    @property
    def sign(self) -> int:
        return sign_of(self.work.formulation.goal)

    @property
    def is_proved(self) -> bool:
        """Whether what is kept cannot be bettered."""
        return self.objective is not None and meets(self.objective, self.bound, self.work.formulation)

    @property
    def shown_bound(self) -> Fraction:
        """The bound, never worse than what is kept."""
        return self.bound if self.objective is None else min(self.bound, self.objective)

    def offer(self, network: Network) -> bool:
        """Keep the network if it is better than the one that is kept; whether it was."""
        problem, means = self.work.formulation.problem, self.work.means
        own = replace(network, inputs=means.inputs, classes=problem.classes)
        objective = objective_of(own, self.work.formulation)
        if objective is None:
            return False
        rank: Rank = (objective,)
        if means.validation is not None:
            rank = (*self._validation(own, means.validation), objective)
        if self.network is not None and rank >= self.rank:
            return False
        self.network, self.objective, self.rank = own, objective, rank
        means.watch.on_network(own, self.sign * objective, self.sign * self.shown_bound)
        return True

    def _validation(self, network: Network, samples: Samples) -> Rank:
        """Wrong predictions, then the loss; of a regression the loss alone."""
        problem = self.work.formulation.problem
        output = last_output(network, samples.X)
        targets = score.targets_of(samples)
        counts = score.counts_of(samples.y, max(1, len(problem.classes)))
        loss = score.terms_value(score.loss_terms(problem.goals[0]), output, counts, targets)
        if targets is not None:
            return (loss,)
        return Fraction(len(samples.y) - score.right_predictions(output, samples.y)), loss

    def figures(self, network: Network) -> str:
        """The network's loss on the training points, and its accuracy (regression: its loss) on the validation points."""
        problem, validation = self.work.formulation.problem, self.work.means.validation
        text = f"loss {float(Measured(network, problem).loss()):.6g}"
        if validation is None:
            return text
        wrong, *_ = self._validation(network, validation)
        if validation.targets is not None:
            return f"{text}, validation loss {float(wrong):.6g}"
        return f"{text}, validation accuracy {1 - float(wrong) / max(1, len(validation.y)):.3f}"
