"""The verifier accepts what is valid and finds every kind of damage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bdnnc.diagnostics import InternalError
from bdnnc.ir.program import Clause, Cost, Program, Summand
from bdnnc.ir.verify import verify
from tests.ir.programs import everything, variable


def test_a_valid_program_is_accepted() -> None:
    verify(everything())


def part(family: str, place: int, **changes: object) -> Callable[[Program], Program]:
    """The program with some fields of one of its parts replaced; a function makes the new value from the old one."""

    def damage(program: Program) -> Program:
        parts = list(getattr(program, family))
        new = {name: value(getattr(parts[place], name)) if callable(value) else value for name, value in changes.items()}
        parts[place] = replace(parts[place], **new)
        return replace(program, **{family: tuple(parts)})

    return damage


def whole(**changes: object) -> Callable[[Program], Program]:
    return lambda program: replace(
        program, **{name: value(getattr(program, name)) if callable(value) else value for name, value in changes.items()}
    )


def at(place: int | tuple[int, ...], value: float) -> Callable[[np.ndarray], np.ndarray]:
    """The array with one entry changed."""

    def change(values: np.ndarray) -> np.ndarray:
        copy = values.copy()
        copy[place] = value
        return copy

    return change


def short(values: np.ndarray) -> np.ndarray:
    return values[:-1]


def longer(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values, values[-1:]])


def lone(block: tuple[str, str], row: int = 0, member: int = 0, value: float = 1.0) -> tuple[Summand, ...]:
    return (Summand(block, np.array([row]), np.array([member]), np.array([value])),)


W, Q, Z, B, U, DEEP_W, DEEP_U, E, T = 0, 1, 2, 3, 4, 5, 8, 12, 13
HIDDEN, DEEP, OUTPUT = 0, 1, 2
ON, OFF, GAP = 0, 1, 2
SOME, FAN = 0, 1
NONE = ("x", "none")

DAMAGE = {
    "no patterns": (whole(patterns=-1), "-1 patterns"),
    "statement out of range": (part("variables", W, statement=6), "statement 6 of 6"),
    "negative statement": (part("rows", SOME, statement=-1), "statement -1 of 6"),
    "goal's statement": (whole(goal_statement=9), "statement 9 of 6"),
    "block twice": (whole(variables=lambda all: (*all, all[B])), "`b[hidden]` stands twice"),
    "layer twice": (whole(preactivations=lambda all: (*all, all[0])), "`a[hidden]` stands twice"),
    "shape and index": (part("variables", W, shape=(5,)), "`w[hidden]` has both a shape and indices"),
    "axes": (part("variables", U, axes=("sample",)), "`u[hidden]` has the axes (sample) and 2 indices"),
    "size": (part("variables", U, shape=(3, 3)), "`u[hidden]` has 6 members and 9 names"),
    "negative index": (
        part("variables", W, index=lambda i: (at(0, -1)(i[0]), i[1])),
        "the indices of `w[hidden]` are negative",
    ),
    "index lengths": (part("variables", W, index=lambda i: (short(i[0]), i[1])), "the indices of `w[hidden]` have different"),
    "bound lengths": (part("variables", U, upper=short), "the upper bounds of `u[hidden]` have shape (5,), not (6,)"),
    "bounds crossed": (part("variables", W, lower=at(2, 2.5)), "the bounds of `w[hidden]` leave nothing between 2.5 and 2"),
    "infinite bound": (part("variables", W, upper=at(0, np.inf)), "the bounds of `w[hidden]` hold inf"),
    "NaN bound": (part("variables", W, lower=at(0, np.nan)), "the bounds of `w[hidden]` hold nan"),
    "digits missing": (part("links", 0, digit=NONE), "the link of `w[hidden]` speaks of `x[none]`, which is no block"),
    "target missing": (part("links", 0, target=NONE), "the link of `x[none]` speaks of `x[none]`"),
    "origins": (part("links", 0, origin=short), "the origins in the link of `w[hidden]` have shape (4,)"),
    "values": (part("links", 0, value=short), "the values in the link of `w[hidden]` have shape (9,)"),
    "owners": (part("links", 0, owner=short), "the owners in the link of `w[hidden]` have shape (9,)"),
    "owner out of range": (part("links", 0, owner=at(3, 5)), "the owners in the link of `w[hidden]` hold 5, of 5"),
    "nothing to choose": (part("links", 0, owner=at(slice(0, 2), 1)), "has targets without a digit to choose"),
    "NaN origin": (part("links", 0, origin=at(1, np.nan)), "the link of `w[hidden]` hold nan"),
    "present missing": (part("links", 0, present=NONE), "the link of `w[hidden]` speaks of `x[none]`"),
    "present not binary": (part("links", 0, present=("w", "hidden")), "takes `w[hidden]` for binaries"),
    "present too few": (part("links", 1, present=("e", "output")), "has 2 targets and 4 of `e[output]`"),
    "choice not binary": (part("links", 1, choose_one=True), "takes `q[output]` for binaries"),
    "offset's shape": (part("preactivations", DEEP, offset=np.zeros((2, 2))), "the offset of `a[deep]` has shape (2, 2)"),
    "NaN offset": (part("preactivations", DEEP, offset=at((0, 0), np.nan)), "the offset of `a[deep]` hold nan"),
    "box crossed": (part("preactivations", HIDDEN, low=at((1, 1), 4.5)), "the box of `a[hidden]` leave nothing between 4.5"),
    "boxes' shapes": (part("preactivations", HIDDEN, low=np.full((1, 2), -9.0)), "low and high of `a[hidden]` have shapes"),
    "entries": (part("preactivations", HIDDEN, entry_input=short), "the inputs of the weights of `a[hidden]` have shape (4,)"),
    "entry's unit": (
        part("preactivations", HIDDEN, entry_unit=at(0, 2)),
        "the units of the weights of `a[hidden]` hold 2, of 2",
    ),
    "entry's input": (part("preactivations", HIDDEN, entry_input=at(0, 3)), "of the weights of `a[hidden]` hold 3, of 3"),
    "no data": (part("preactivations", HIDDEN, X=None), "`a[hidden]` has neither data nor a layer below"),
    "too much data": (part("preactivations", HIDDEN, X=np.zeros((4, 3))), "the data of `a[hidden]` has shape (4, 3)"),
    "NaN data": (part("preactivations", HIDDEN, X=at((0, 0), np.nan)), "the data of `a[hidden]` hold nan"),
    "data and binaries": (part("preactivations", HIDDEN, slope=2.0), "has coefficients of binaries below"),
    "unknown layer below": (part("preactivations", DEEP, below="none"), "`a[deep]` reads layer `none`"),
    "layer above": (part("preactivations", DEEP, below="output"), "reads layer `output`, which does not come before it"),
    "fixed weights' shape": (part("preactivations", DEEP, fixed=np.zeros((2, 3))), "the fixed weights of `a[deep]` have shape"),
    "free and fixed": (part("preactivations", DEEP, fixed=np.ones((2, 2))), "weights of `a[deep]` are both free and fixed"),
    "no biases": (part("preactivations", OUTPUT, bias="unit"), "`a[output]` speaks of `b[output]`"),
    "too few biases": (part("preactivations", DEEP, bias="unit"), "`a[deep]` needs 2 of `b[deep]`, not 1"),
    "product of other weights": (
        part("products", 0, entry_input=np.array([0, 0])),
        "`deep` has other weights than its pre-act",
    ),
    "product of other layer": (part("products", 0, inputs="deep"), "reads layer `deep`, unlike its pre-activation"),
    "product of no layer": (part("products", 0, layer="none"), "the product of `none` reads layer `hidden`"),
    "product's bounds": (part("products", 0, upper=0.6), "takes weights to be in [-1.0, 0.6], but their bounds are wider"),
    "product's NaN": (part("products", 0, upper=np.nan), "the product of `deep` hold nan"),
    "product not binary": (part("variables", U, integral=False), "takes `u[hidden]` for binaries"),
    "implication without layer": (part("implications", ON, layer="none"), "is about a layer without a pre-activation"),
    "implication's names": (part("implications", ON, naming=(3, 3)), "`on[hidden]` has 6 members and 9 names"),
    "implication's units": (part("implications", ON, unit=short), "the units of the implication `on[hidden]` have shape (5,)"),
    "threshold lengths": (
        part("implications", ON, threshold=longer),
        "the thresholds of the implication `on[hidden]` have shape",
    ),
    "NaN threshold": (
        part("implications", ON, threshold=at(0, np.nan)),
        "the thresholds of the implication `on[hidden]` hold nan",
    ),
    "pattern": (part("implications", ON, pattern=at(0, 3)), "the patterns of the implication `on[hidden]` hold 3, of 3"),
    "unit": (part("implications", ON, unit=at(0, -1)), "the units of the implication `on[hidden]` hold -1, of 2"),
    "other's length": (
        part("implications", GAP, other=short),
        "the other units of the implication `gap[deep]` have shape (2,)",
    ),
    "other": (part("implications", GAP, other=at(0, 2)), "the other units of the implication `gap[deep]` hold 2, of 2"),
    "literals without trigger": (
        part("implications", GAP, literal=np.zeros(3, int)),
        "the literals of the implication `gap[deep]`",
    ),
    "literals": (part("implications", ON, literal=short), "the literals of the implication `on[hidden]` have shape (5,)"),
    "literal out of range": (
        part("implications", ON, literal=at(0, 6)),
        "the literals of the implication `on[hidden]` hold 6, of 6",
    ),
    "no trigger": (part("implications", ON, trigger=NONE), "speaks of `x[none]`, which is no block"),
    "trigger not binary": (part("implications", ON, trigger=("s", "deep")), "takes `s[deep]` for binaries"),
    "value": (part("implications", ON, value=2), "asks for the value 2 of a binary"),
    "summand in implication": (
        part("implications", GAP, summands=lone(("t", ""), row=3)),
        "the rows of `t[]` in the implication",
    ),
    "rows crossed": (part("rows", FAN, lower=at(0, 3.0)), "the sides of the rows `fan_in[hidden]` leave nothing between 3.0"),
    "rows' NaN": (part("rows", FAN, upper=at(0, np.nan)), "the sides of the rows `fan_in[hidden]` leave nothing"),
    "rows' lengths": (part("rows", FAN, upper=short), "the upper sides of the rows `fan_in[hidden]` have shape (1,)"),
    "rows' names": (part("rows", FAN, naming=(3,)), "the rows `fan_in[hidden]` has 2 members and 3 names"),
    "infinite side": (part("rows", SOME, lower=at(0, np.inf)), "have an infinite side that nothing reaches"),
    "summand's block": (part("rows", SOME, summands=lone(NONE)), "speaks of `x[none]`, which is no block"),
    "summand's row": (
        part("rows", SOME, summands=lone(("t", ""), row=1)),
        "the rows of `t[]` in the rows `some[output]` hold 1",
    ),
    "summand's member": (part("rows", SOME, summands=lone(("t", ""), member=1)), "the members of `t[]` in the rows"),
    "summand's value": (part("rows", SOME, summands=lone(("t", ""), value=np.inf)), "the values of `t[]` in the rows"),
    "clause's block": (whole(clauses=(Clause(((NONE, np.array([0])),), ()),)), "clause 0 speaks of `x[none]`"),
    "clause not binary": (whole(clauses=(Clause(((("t", ""), np.array([0])),), ()),)), "clause 0 takes `t[]` for binaries"),
    "clause's literal": (whole(clauses=(Clause((), ((("e", "output"), np.array([4])),)),)), "clause 0 hold 4, of 4"),
    "empty clause": (whole(clauses=(Clause((), ()),)), "clause 0 has no literals"),
    "cost's block": (whole(costs=(Cost(NONE, np.ones(1)),)), "the goal speaks of `x[none]`"),
    "costs' length": (whole(costs=(Cost(("t", ""), np.ones(2)),)), "the costs of `t[]` have shape (2,), not (1,)"),
    "NaN cost": (whole(costs=(Cost(("t", ""), np.array([np.nan])),)), "the costs of `t[]` hold nan"),
    "infinite constant": (whole(constant=np.inf), "the goal's constant or lattice hold inf"),
    "negative step": (whole(objective_step=-1.0), "the goal's lattice has the step -1.0"),
    "class of no layer": (part("classes", 0, layer="none"), "the class of layer `none`, which has no pre-activation"),
    "tolerance": (part("classes", 0, tolerance=np.nan), "the class of layer `hidden` has the tolerance nan"),
    "columns' names": (
        part("variables", E, index=lambda i: (at(1, 0)(i[0]), i[1])),
        "two columns have the same name, of `e[output]`",
    ),
    "rows' doubles": (
        part("rows", FAN, kind="on", axes=("sample", "unit"), naming=(1, 2)),
        "two rows have the same name, of `on[",
    ),
    "names without an index": (whole(rows=lambda all: (*all, all[2])), "two rows have the same name, of `pair[]`"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found(kind: str) -> None:
    damage, message = DAMAGE[kind]
    with pytest.raises(InternalError) as caught:
        verify(damage(everything()))
    assert message in str(caught.value)


def test_a_block_may_be_called_like_a_block_of_another_layer() -> None:
    program = everything()
    verify(replace(program, variables=(*program.variables, variable("w", "third", (), (), 0, 1, False))))


def test_names_of_many_axes_are_compared_without_overflow() -> None:
    far = np.array([2**40, 2**40 + 1])
    block = variable("x", "far", ("i", "j"), (far, far), 0, 1, False)
    program = everything()
    verify(replace(program, variables=(*program.variables, block)))
    doubled = replace(block, index=(far[[0, 0]], far[[1, 1]]))
    with pytest.raises(InternalError, match="two columns have the same name"):
        verify(replace(program, variables=(*program.variables, doubled)))
