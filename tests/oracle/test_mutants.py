"""Each law is shown to fail on mutants of the lowering: an oracle that nothing can break proves nothing.

A mutant is a patch of one function; the laws named with it must find it on random small problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from bdnnc.formulation import bias, lattice_margins, margins
from bdnnc.formulation import formulate as formulate_module
from bdnnc.formulation.formulate import formulate
from bdnnc.formulation.passes import decided_rows, one_direction
from bdnnc.formulation.sums import ratio
from bdnnc.milp import bigm, lower
from tests.oracle.laws import is_of_class, law_a, law_b, law_optimum
from tests.oracle.strategies import networks, problems

QUIET = settings(
    derandomize=True,
    max_examples=600,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@QUIET
@given(st.data())
def find_a(data: st.DataObject) -> None:
    of = data.draw(problems())
    network = data.draw(networks(of))
    assume(is_of_class(network, formulate(of)))
    law_a(of, network)


@QUIET
@given(problems(), st.integers(0, 2**16))
def find_b(of: Any, seed: int) -> None:
    law_b(of, seed, objectives=1)


@QUIET
@given(problems(brute=True))
def find_c(of: Any) -> None:
    law_optimum(of)


FINDERS = {"a": find_a, "b": find_b, "c": find_c}


@dataclass(frozen=True)
class Mutant:
    name: str
    module: Any
    attribute: str
    replacement: Callable[[Any], Any]
    """From the original function to the mutated one."""
    found_by: str


def box_off_by_one(original: Any) -> Any:
    def mutated(*arguments: Any) -> Any:
        low, high = original(*arguments)
        return low + 1.0, high - 1.0

    return mutated


def inactive_sign(original: Any) -> Any:
    def mutated(*arguments: Any) -> Any:
        found = original(*arguments)
        return replace(found, inactive=-found.inactive)

    return mutated


def active_one_step_late(original: Any) -> Any:
    def mutated(*arguments: Any) -> Any:
        found = original(*arguments)
        return replace(found, active=found.active + found.inactive)

    return mutated


def lattice_per_row(original: Any) -> Any:
    def mutated(sums: Any, bias: Any) -> Any:
        active, inactive, decided, width = original(sums, bias)
        own = ratio(sums.step, sums.denominator)
        return active, np.where(own > 0, own, inactive), decided, width

    return mutated


def short_auto_range(original: Any) -> Any:
    def mutated(*arguments: Any) -> Any:
        domain = original(*arguments)
        return replace(domain, origin=domain.origin + domain.step, count=domain.count - 1)

    return mutated


def no_floor(_: Any) -> Any:
    return lambda value, origin, step: value


def wrong_slope(original: Any) -> Any:
    def mutated(*arguments: Any) -> Any:
        return replace(original(*arguments), shift=0.0)

    return mutated


def no_negative_products(original: Any) -> Any:
    def mutated(*arguments: Any) -> Any:
        product, block = original(*arguments)
        return replace(product, lower=max(product.lower, 0.0)), replace(block, lower=np.maximum(block.lower, 0.0))

    return mutated


def one_product_row_less(kind: str) -> Callable[[Any], Any]:
    def mutate(original: Any) -> Any:
        return lambda *arguments: (block for block in original(*arguments) if block.kind != kind)

    return mutate


def swapped_costs(original: Any) -> Any:
    def mutated(problem: Any) -> Any:
        found = original(problem)
        return replace(found, when_on=found.when_off, when_off=found.when_on)

    return mutated


def unmerged_counts(original: Any) -> Any:
    def mutated(problem: Any) -> Any:
        return original(replace(problem, counts=np.minimum(problem.counts, 1)))

    return mutated


def other_direction(original: Any) -> Any:
    return lambda rule, cost: original(rule, -cost)


def any_overlap_decides(original: Any) -> Any:
    def mutated(rule: Any, a: Any) -> Any:
        holds, fails = original(rule, a)
        row = rule.pattern if a.low.shape[0] > 1 else np.zeros_like(rule.pattern)
        middle = (a.low + a.high)[row, rule.unit] / 2
        return holds | (middle >= rule.threshold if rule.sense == ">=" else middle <= rule.threshold), fails

    return mutated


def big_of_other_side(original: Any) -> Any:
    def mutated(rule: Any, a: Any, program: Any, start: Any) -> Any:
        return original(rule, replace(a, low=-a.high, high=-a.low), program, start)

    return mutated


def no_big_m(_: Any) -> Any:
    return lambda sense, threshold, big: threshold


MUTANTS = [
    Mutant("M smaller by 1", formulate_module, "preactivation_box", box_off_by_one, "a"),
    Mutant("M from the other end of the box", lower, "implication_rows", big_of_other_side, "a"),
    Mutant("M left out of the right-hand side", bigm, "_when_on", no_big_m, "a"),
    Mutant("the sign of t-", margins, "exact_margins", lambda f: _first(f, inactive_sign), "b"),
    Mutant("t+ one lattice step late", margins, "exact_margins", lambda f: _first(f, active_one_step_late), "a"),
    Mutant("continuous bias from l instead of its floor", bias, "_floor_on", no_floor, "a"),
    Mutant("a lattice per row under a continuous bias", lattice_margins, "_continuous_lattice", lattice_per_row, "a"),
    Mutant("auto bias range one short", bias, "_auto_range", short_auto_range, "c"),
    Mutant("sign units taken for 2 s without - w", formulate_module, "_preactivation", wrong_slope, "a"),
    Mutant("products never negative", formulate_module, "_product", no_negative_products, "a"),
    *(
        Mutant(f"product row `{kind}` left out", lower, "_product_rows", one_product_row_less(kind), "b")
        for kind in ("cap", "floor", "under", "over")
    ),
    Mutant("costs of on and off swapped", formulate_module, "loss_costs", swapped_costs, "a"),
    Mutant("merged points counted once", formulate_module, "loss_costs", unmerged_counts, "a"),
    Mutant("one-direction rows of the wrong side", one_direction, "_needed", other_direction, "b"),
    Mutant("rows decided by the middle of the box", decided_rows, "_decided", any_overlap_decides, "b"),
]


def _first(original: Any, mutate: Callable[[Any], Any]) -> Any:
    """Mutates the first part of a pair, where there is one."""

    def mutated(*arguments: Any) -> Any:
        found, text = original(*arguments)
        return (None if found is None else mutate(lambda: found)()), text

    return mutated


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_law_finds_the_mutant(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.module, mutant.attribute, mutant.replacement(getattr(mutant.module, mutant.attribute)))
    with pytest.raises(AssertionError):
        FINDERS[mutant.found_by]()
