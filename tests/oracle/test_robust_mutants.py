"""The laws of robust lowerings are shown to fail on mutants of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from bdnnc.formulation import certified, plan
from bdnnc.formulation.builder import Builder
from bdnnc.formulation.formulate import formulate
from bdnnc.formulation.worst import cases
from bdnnc.formulation.worst.side import Side
from bdnnc.formulation.worst_sums import Reach
from tests.oracle.laws import is_of_class, law_a, law_b
from tests.oracle.strategies import networks
from tests.oracle.test_robust_laws import keeps_worst_margins, robust_problems

QUIET = settings(
    derandomize=True,
    max_examples=1500,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def find_a(sense: str) -> None:
    @QUIET
    @given(st.data())
    def run(data: st.DataObject) -> None:
        of = data.draw(robust_problems(sense))
        network = data.draw(networks(of))
        assume(is_of_class(network, formulate(of)) and keeps_worst_margins(network, of))
        law_a(of, network)

    run()


def find_b(sense: str) -> None:
    @QUIET
    @given(st.data(), st.integers(0, 2**16))
    def run(data: st.DataObject, seed: int) -> None:
        law_b(data.draw(robust_problems(sense)), seed, objectives=1)

    run()


FINDERS = {"a": find_a, "b": find_b}


@dataclass(frozen=True)
class Mutant:
    """``attribute`` of ``owner`` becomes ``mutate(original)``; the law that finds it, on problems of a sense."""

    name: str
    owner: Any
    attribute: str
    mutate: Callable[[Any], Any]
    found_by: str
    sense: str = "static"


def half_reach(original: Any) -> Any:
    """Worst cases may go half as far as they do."""

    def mutated(*arguments: Any) -> Reach:
        found = original(*arguments)
        return Reach(found.fall, found.rise, 2 * found.denominator)

    return mutated


def no_worst_sums(original: Any) -> Any:
    """Margins and bias ranges of the points as they are."""
    return lambda sums, layer, moves: sums


def one_less(original: Any) -> Any:
    """One coordinate fewer may move."""
    return lambda builder, side, count: original(builder, side, count - 1)


def unconditional(original: Any) -> Any:
    """Points that are given up keep their patterns, too."""

    def mutated(builder: Builder, key: Any) -> None:
        original(builder, key)
        builder.implications[-2:] = [replace(rule, also=None) for rule in builder.implications[-2:]]

    return mutated


def without_rows(kind: str) -> Callable[[Any], Any]:
    def mutate(original: Any) -> Any:
        def mutated(self: Builder, name: str, *arguments: Any, **more: Any) -> None:
            if not name.startswith(kind):
                original(self, name, *arguments, **more)

        return mutated

    return mutate


MUTANTS = [
    Mutant("worst cases bounded by half", cases, "worst_reach", half_reach, "a"),
    Mutant("margins of nominal sums", plan, "worst_sums", no_worst_sums, "a"),
    Mutant("ends of boxes swapped", Side, "ahead", lambda original: property(lambda side: side.behind), "b"),
    Mutant("a budget of one less", cases, "at_most_part", one_less, "b"),
    Mutant("patterns of all points kept", certified, "_keep_patterns", unconditional, "a", "soft"),
    Mutant("right outputs for nothing", certified, "_right", lambda original: lambda *arguments: [], "b", "soft"),
    *(
        Mutant(f"rows `{kind}` left out", Builder, "relate", without_rows(kind), "b")
        for kind in ("parts", "worst_fall", "worst_rise", "gain", "above_tw", "dual", "over_h", "along", "split", "point")
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_law_finds_the_mutant(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.owner, mutant.attribute, mutant.mutate(getattr(mutant.owner, mutant.attribute)))
    with pytest.raises(AssertionError):
        FINDERS[mutant.found_by](mutant.sense)
