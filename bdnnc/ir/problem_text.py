"""The problem as text: the data in numbers, each layer with its domains, the goals and the constraints."""

from __future__ import annotations

from collections.abc import Iterator

from bdnnc.exact import decimal_text
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer, Targets
from bdnnc.ir.quantity_text import term_text
from bdnnc.language.quantities import Constraint, Goal, Monotone


def problem_text(problem: Problem) -> str:
    """A few lines a part; every layer, goal and constraint ends with the id of its statement."""
    lines = [
        f"data  {problem.samples} samples, {problem.patterns.shape[0]} patterns, {len(problem.inputs)} inputs",
        *_classes(problem),
        *(
            f"  input {place} `{name}` of column {column}"
            for place, (name, column) in enumerate(zip(problem.inputs, problem.columns, strict=True))
        ),
    ]
    if problem.targets is not None:
        lines.append(_targets(problem.targets))
    for layer in problem.layers:
        lines += _layer(layer)
    for place, (goal, statement) in enumerate(zip(problem.goals, problem.goal_statements, strict=True)):
        lines += _goal(goal, statement, problem, place > 0)
    for constraint, statement in zip(problem.constraints, problem.constraint_statements, strict=True):
        lines += _constraint(constraint, statement, problem)
    for monotone, statement in zip(problem.monotone, problem.monotone_statements, strict=True):
        lines += _monotone(monotone, statement, problem)
    return "\n".join(lines) + "\n"


def _classes(problem: Problem) -> Iterator[str]:
    if not problem.is_regression:
        counts = problem.counts.sum(axis=0).tolist()
        for place, (name, count) in enumerate(zip(problem.classes, counts, strict=True)):
            yield f"  class {place} `{name}`: {count} samples"


def _targets(targets: Targets) -> str:
    if not len(targets.value):
        return "  targets: none"
    low, high = decimal_text(targets.value.min()), decimal_text(targets.value.max())
    return f"  targets: {low}..{high}, {len(targets.value)} distinct pairs of pattern and target"


def _layer(layer: ProblemLayer) -> Iterator[str]:
    free, absent = int(layer.free.sum()), int(layer.absent.sum())
    unit = layer.unit if layer.height == 1 else f"{layer.unit}({decimal_text(layer.height)})"
    sparse = ", sparse" if layer.sparse else ""
    started = "" if layer.start is None else ", started from given weights"
    yield f"layer {layer.name}: {layer.units} {unit} on {layer.inputs} inputs{sparse}  @{layer.statement}"
    yield f"  weights in {layer.domain.text()}: {free} free, {layer.free.size - free - absent} fixed, {absent} absent{started}"
    yield f"  bias {_bias(layer.bias)}"
    yield f"  margin {_margin(layer)}"


def _margin(layer: ProblemLayer) -> str:
    if layer.unit == "linear":
        return "none"
    if layer.margin is None:
        return "chosen by the compiler"
    return layer.margin if isinstance(layer.margin, str) else decimal_text(layer.margin)


def _bias(rule: BiasRule) -> str:
    if rule.kind == "fixed":
        return f"fixed {', '.join(map(decimal_text, rule.values))}"
    domain = "" if rule.domain is None else rule.domain.text()
    return {"in": f"in {domain}", "shared": f"shared in {domain}"}.get(rule.kind, rule.kind)


def _goal(goal: Goal, statement: int, problem: Problem, is_later: bool) -> Iterator[str]:
    within = f", within {decimal_text(goal.within)}" if goal.within else ""
    yield f"{'then ' if is_later else ''}{goal.sense} {goal.text}{within}  @{statement}"
    for term in goal.terms:
        yield f"  {term_text(term, problem)}"
    if goal.constant or not goal.terms:
        yield f"  {decimal_text(goal.constant)}"


def _constraint(constraint: Constraint, statement: int, problem: Problem) -> Iterator[str]:
    yield f"subject to {constraint.text}, {_counted(constraint.rows, 'row')}  @{statement}"
    for term in constraint.terms:
        yield f"  {term_text(term, problem)}"
    yield f"  {constraint.sense} {decimal_text(constraint.bound)}"


def _monotone(monotone: Monotone, statement: int, problem: Problem) -> Iterator[str]:
    yield f"subject to {monotone.text}  @{statement}"
    inputs = ", ".join(f"`{problem.inputs[place]}`" for place in monotone.inputs)
    unit = "every output unit" if monotone.output is None else f"output unit {monotone.output}"
    yield f"  {'increasing' if monotone.increasing else 'decreasing'} in {inputs} for {unit}"


def _counted(number: int, one: str) -> str:
    return f"{number} {one if number == 1 else one + 's'}"
