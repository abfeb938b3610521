"""Each law is shown to fail on mutants of the lowering: an oracle that nothing can break proves nothing.

A mutant is a patch of one function; the law named with it must find it on random small problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from bdnnc.formulation import bias, lattice_margins, layers, margins, outputs
from bdnnc.formulation import formulate as formulate_module
from bdnnc.formulation.formulate import formulate
from bdnnc.formulation.passes import decided_rows, one_direction
from bdnnc.formulation.sums import ratio
from bdnnc.ir.problem import Problem
from bdnnc.milp import bigm, lower
from tests.oracle.laws import is_of_class, law_a, law_b, law_optimum
from tests.oracle.skeletons import TooLargeError
from tests.oracle.strategies import kept, networks, problems

QUIET = settings(
    derandomize=True,
    max_examples=3000,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Touched:
    """``plain``: whether plain problems will do. ``tells``: whether the mutant says, in ``yes``, that it has changed anything
    of the problem at hand, so that the others can be passed over."""

    plain: bool = True
    tells: bool = False
    yes: bool = False


def touches(of: Problem, touched: Touched) -> bool:
    if not touched.tells:
        return True
    touched.yes = False
    for stage in range(len(of.goals)):
        formulate(of, stage=stage, reached=[Fraction(0)] * stage)
    return touched.yes


def find_a(touched: Touched) -> None:
    @QUIET
    @given(st.data())
    def run(data: st.DataObject) -> None:
        if not touched.plain:
            of, network = data.draw(kept())
        else:
            of = data.draw(problems(plain=True))
            network = data.draw(networks(of))
        assume(is_of_class(network, formulate(of)))
        law_a(of, network)

    run()


def find_b(touched: Touched) -> None:
    @QUIET
    @given(problems(plain=touched.plain), st.integers(0, 2**16))
    def run(of: Problem, seed: int) -> None:
        if touches(of, touched):
            law_b(of, seed, objectives=1)

    run()


def find_c(touched: Touched) -> None:
    @QUIET
    @given(problems(brute=True, plain=touched.plain))
    def run(of: Problem) -> None:
        if touches(of, touched):
            try:
                law_optimum(of)
            except TooLargeError:
                assume(False)

    run()


FINDERS = {"a": find_a, "b": find_b, "c": find_c}


@dataclass(frozen=True)
class Mutant:
    name: str
    module: Any
    attribute: str
    replacement: Callable[[Any], Any]
    """From the original function to the mutated one."""
    found_by: str
    touched: Touched = field(default_factory=Touched)


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


def no_height(original: Any) -> Any:
    def mutated(builder: Any, plan: Any, below: Any) -> Any:
        flat = None if below is None else replace(below, layer=replace(below.layer, height=Fraction(1)))
        return original(builder, plan, flat)

    return mutated


def no_negative_products(original: Any) -> Any:
    def mutated(builder: Any, plan: Any, below: Any) -> None:
        original(builder, plan, below)
        builder.products[-1] = replace(builder.products[-1], lower=max(builder.products[-1].lower, 0.0))
        key = "s", plan.layer.name
        builder.variables[key] = replace(builder.variables[key], lower=np.maximum(builder.variables[key].lower, 0.0))

    return mutated


def one_product_row_less(kind: str) -> Callable[[Any], Any]:
    def mutate(original: Any) -> Any:
        return lambda *arguments: (block for block in original(*arguments) if block.kind != kind)

    return mutate


def swapped_costs(original: Any) -> Any:
    return lambda *arguments: original(*arguments)[::-1]


def unmerged_counts(original: Any) -> Any:
    def mutated(problem: Any, quantity: Any) -> Any:
        return original(replace(problem, counts=np.minimum(problem.counts, 1)), quantity)

    return mutated


def other_direction(original: Any) -> Any:
    return lambda rule, gains: original(rule, gains[::-1])


def any_overlap_decides(original: Any) -> Any:
    def mutated(rule: Any, a: Any, variables: Any) -> Any:
        holds, fails = original(rule, a, variables)
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


def loose_cap(original: Any) -> Any:
    return lambda goal, value, on_lattice: original(goal, value, on_lattice) + 1


def tight_cap(original: Any) -> Any:
    return lambda goal, value, on_lattice: original(goal, value, on_lattice) - goal.within


def without(kinds: str, found_by: str) -> Mutant:
    """The families of these names, rows or implications, are left out."""
    touched = Touched(plain=False, tells=True)

    def mutate(original: Any) -> Any:
        def mutated(builder: Any, *arguments: Any) -> Any:
            for families in (builder.rows, builder.implications):
                dropped = [family for family in families if family.kind in kinds.split()]
                touched.yes |= any(len(family.lower if hasattr(family, "lower") else family.unit) > 0 for family in dropped)
                families[:] = [family for family in families if family not in dropped]
            return original(builder, *arguments)

        return mutated

    return Mutant(f"`{kinds}` left out", formulate_module, "_assembled", mutate, found_by, touched)


def turned(kind: str, found_by: str) -> Mutant:
    """The sides of a family of rows change places, with their signs."""
    touched = Touched(plain=False, tells=True)

    def mutate(original: Any) -> Any:
        def mutated(builder: Any, *arguments: Any) -> Any:
            for place, family in enumerate(builder.rows):
                if family.kind == kind and len(family.lower):
                    touched.yes = True
                    builder.rows[place] = replace(family, lower=-family.upper, upper=-family.lower)
            return original(builder, *arguments)

        return mutated

    return Mutant(f"`{kind}` turned round", formulate_module, "_assembled", mutate, found_by, touched)


MUTANTS = [
    Mutant("M smaller by 1", layers, "preactivation_box", box_off_by_one, "a"),
    Mutant("M from the other end of the box", lower, "implication_rows", big_of_other_side, "a"),
    Mutant("M left out of the right-hand side", bigm, "_when_on", no_big_m, "a"),
    Mutant("the sign of t-", margins, "exact_margins", lambda f: _first(f, inactive_sign), "b"),
    Mutant("t+ one lattice step late", margins, "exact_margins", lambda f: _first(f, active_one_step_late), "a"),
    Mutant("continuous bias from l instead of its floor", bias, "_floor_on", no_floor, "a"),
    Mutant("a lattice per row under a continuous bias", lattice_margins, "_continuous_lattice", lattice_per_row, "a"),
    Mutant("auto bias range one short", bias, "_auto_range", short_auto_range, "c"),
    Mutant("sign units taken for 2 s without - w", layers, "_preactivation", wrong_slope, "a"),
    Mutant("products never negative", layers, "_add_products", no_negative_products, "a"),
    *(
        Mutant(f"product row `{kind}` left out", lower, "_product_rows", one_product_row_less(kind), "b")
        for kind in ("cap", "floor", "under", "over")
    ),
    Mutant("costs of on and off swapped", outputs, "bit_costs", swapped_costs, "a"),
    Mutant("merged points counted once", outputs, "class_costs", unmerged_counts, "a"),
    Mutant("one-direction rows of the wrong side", one_direction, "_needed", other_direction, "b"),
    Mutant("rows decided by the middle of the box", decided_rows, "_decided", any_overlap_decides, "b"),
    # what goals and constraints brought
    Mutant("steps of height 1", layers, "_preactivation", no_height, "a", Touched(plain=False)),
    Mutant("an earlier goal may be worse by 1", formulate_module, "cap_of", loose_cap, "c", Touched(plain=False)),
    Mutant("`within` left out of the cap", formulate_module, "cap_of", tight_cap, "c", Touched(plain=False)),
    without("cap_w", "b"),
    without("floor_w", "b"),
    without("one_w", "b"),
    without("share_w", "b"),
    without("share_under", "b"),
    without("share_over", "b"),
    without("most_p", "b"),
    without("n_above", "c"),
    without("n_above_minus", "c"),
    without("m_above", "c"),
    without("h_is", "c"),
    without("y_used", "c"),
    without("f_used", "c"),
    without("constraint", "b"),
    without("goal", "c"),
    without("far_on far_layer_on far_unit_on", "c"),
    without("far_off far_layer_off far_unit_off", "c"),
    without("short short0 short1", "c"),
    without("long long0 long1", "c"),
    without("lead", "c"),
    without("up_down0 down_up0", "b"),
    turned("constraint", "a"),
    turned("y_used", "a"),
    turned("m_above", "a"),
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
        FINDERS[mutant.found_by](mutant.touched)
