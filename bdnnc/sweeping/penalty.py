"""The penalty that a file names itself: what its loss is held against where nobody asks for anything else."""

from __future__ import annotations

from collections.abc import Iterator

from bdnnc.language import tree
from bdnnc.language.terms import written
from bdnnc.language.traversal import children
from bdnnc.language.words import MODEL_WORDS, NORMS

PENALTIES = frozenset({*NORMS, "units", "features_used"})


def named_penalty(file: tree.File) -> str | None:
    """The text of the first penalty in the first goal, without its coefficient, which may be what is swept; else of the first
    later goal that minimizes nothing but penalties. None where there is neither."""
    goals = next((statement.goals for statement in file.statements if isinstance(statement, tree.Objective)), ())
    if not goals:
        return None
    of_first = (node for node in _quantities(goals[0]) if _is_penalty(node))
    first = min(of_first, key=lambda node: node.span.start, default=None)
    if first is not None:
        return written(first.span)
    later = (goal for goal in goals[1:] if goal.sense.text == "minimize" and all(map(_is_penalty, _quantities(goal))))
    return next((written(goal.value.span) for goal in later), None)


def _quantities(goal: tree.GoalClause) -> Iterator[tree.Quantity | tree.Part]:
    """What a goal says of the network, params left out."""
    pending: list[tree.Node] = [goal.value]
    while pending:
        node = pending.pop()
        if isinstance(node, tree.Part):
            yield node
        elif not isinstance(node, tree.Quantity):
            pending += [child for _, child in children(node)]
        elif node.name.text in MODEL_WORDS:
            yield node


def _is_penalty(node: tree.Quantity | tree.Part) -> bool:
    return isinstance(node, tree.Quantity) and node.name.text in PENALTIES
