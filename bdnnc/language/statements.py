"""Goals, constraints and robustness of a file together: each is read by its checker, and all are compared with their ranges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bdnnc.language import tree
from bdnnc.language.constants import Constants
from bdnnc.language.constraint_checks import ConstraintChecker
from bdnnc.language.goal_checks import GoalChecker
from bdnnc.language.linear import LinearReader
from bdnnc.language.network_view import NetworkView
from bdnnc.language.possibility import Judge
from bdnnc.language.quantities import Constraint, Goal, Monotone, sparse_layers
from bdnnc.language.quantity_reader import QuantityReader
from bdnnc.language.ranges import Ranges
from bdnnc.language.robust_checks import RobustChecker
from bdnnc.language.robust_meaning import check_meaning
from bdnnc.language.robustness import Robustness


@dataclass(frozen=True, slots=True)
class Statements:
    """What could be read; ``complete``: all of it, so that nothing is wrong or awaits the data."""

    goals: tuple[Goal, ...]
    constraints: tuple[Constraint, ...]
    monotone: tuple[Monotone, ...]
    robust: Robustness | None
    complete: bool


def check_statements(
    network: NetworkView,
    objective: tree.Objective | None,
    subject: tree.Subject | None,
    robust: tree.Robust | None,
    constants: Constants,
    folder: Path,
) -> Statements:
    """The statements about a network, each checked alone and against what the network can do."""
    reader = LinearReader(constants, QuantityReader(constants, network))
    constrained = subject is not None and bool(subject.constraints)
    goal_checker = GoalChecker(constants, reader, network, constrained)
    goals = () if objective is None else goal_checker.check(objective)
    comparisons, monotone = ((), ()) if subject is None else ConstraintChecker(constants, reader, network).check(subject)
    block = None if robust is None else RobustChecker(constants, network, folder).check(robust)
    read = Statements(
        tuple(goal for goal in goals if goal is not None),
        tuple(constraint for constraint in comparisons if constraint is not None),
        tuple(statement for statement in monotone if statement is not None),
        block,
        None not in (*goals, *comparisons, *monotone) and (robust is None) == (block is None),
    )
    if robust is not None:
        check_meaning(robust, read.goals, read.constraints, network, constants.findings)
    _judge(read, network, constants)
    return read


def _judge(read: Statements, network: NetworkView, constants: Constants) -> None:
    """Constant goals and impossible constraints. Where a statement could not be read, any layer may be sparse for its sake."""
    quantities = (term.quantity for statement in (*read.goals, *read.constraints) for term in statement.terms)
    sparse = sparse_layers(quantities) if read.complete else frozenset(range(len(network.layers)))
    judge = Judge(network, Ranges(network, sparse), constants.findings)
    judge.goals(read.goals)
    judge.constraints(read.constraints)
