"""The problem as text: the data in numbers, each layer with its domains, and the goal."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from bdnnc.exact import decimal_text
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer


def problem_text(problem: Problem) -> str:
    """A few lines a layer; every layer and the goal end with the id of their statement."""
    counts = problem.counts.sum(axis=0).tolist()
    lines = [
        f"data  {problem.samples} samples, {problem.patterns.shape[0]} patterns, {len(problem.inputs)} inputs",
        *(
            f"  class {place} `{name}`: {count} samples"
            for place, (name, count) in enumerate(zip(problem.classes, counts, strict=True))
        ),
        *(f"  input {place} `{name}`" for place, name in enumerate(problem.inputs)),
    ]
    for layer in problem.layers:
        lines += _layer(layer)
    lines.append(f"minimize {problem.goal_text}  @{problem.goal_statement}")
    lines.append(f"  loss {problem.loss}, times {decimal_text(problem.coefficient)}, plus {decimal_text(problem.constant)}")
    lines.append(f"  class weights {', '.join(decimal_text(weight) for weight in problem.class_weights)}")
    return "\n".join(lines) + "\n"


def _layer(layer: ProblemLayer) -> Iterator[str]:
    free, absent = int(layer.free.sum()), int(layer.absent.sum())
    yield f"layer {layer.name}: {layer.units} {layer.unit} on {layer.inputs} inputs  @{layer.statement}"
    yield f"  weights in {layer.domain.text()}: {free} free, {layer.free.size - free - absent} fixed, {absent} absent"
    yield f"  bias {_bias(layer.bias)}"
    margin = layer.margin
    yield f"  margin {'chosen by the compiler' if margin is None else _margin(margin)}"


def _margin(margin: Fraction | str) -> str:
    return margin if isinstance(margin, str) else decimal_text(margin)


def _bias(rule: BiasRule) -> str:
    domain = "" if rule.domain is None else rule.domain.text()
    return {"in": f"in {domain}", "shared": f"shared in {domain}"}.get(rule.kind, rule.kind)
