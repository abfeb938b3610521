"""Programs made by hand and by chance: valid, but not the lowering of any spec."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bdnnc.ir.problem import Statement
from bdnnc.ir.program import (
    PUBLISHED,
    Clause,
    Cost,
    Implication,
    LayerClass,
    Link,
    PreActivation,
    Premise,
    Product,
    Program,
    Rows,
    Summand,
    Variable,
)


def variable(symbol, layer, axes, naming, lower, upper, integral, statement=0):
    """A block whose bounds may be given as single numbers."""
    indexed = bool(naming) and isinstance(naming[0], np.ndarray)
    size = len(naming[0]) if indexed else int(np.prod(naming, dtype=int))
    lower, upper = (np.broadcast_to(np.asarray(side, float), (size,)).copy() for side in (lower, upper))
    shape, index = (None, naming) if indexed else (naming, None)
    return Variable(symbol, layer, axes, lower, upper, integral, statement, shape, index)


def everything() -> Program:
    """Two layers of two units and a linear one, with a use of every family and every option of the Program."""
    patterns, grid = 3, (np.repeat(np.arange(3), 2), np.tile(np.arange(2), 3))
    X = np.array([[0.1, 1 / 3, 0.0], [-0.0, 2.5e-7, 1e20], [1.0, 2.0, 3.0]])
    free = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 0, 2])
    members = np.arange(5)
    first = PreActivation(
        "hidden", None, *free, X, np.array([[0.5, 0.0], [0.5, -1.0], [0.5, 1e-9]]), np.zeros((2, 0)), 1.0, 0.0, "unit",
        np.full((3, 2), -12.5), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]]), 1,
    )  # fmt: skip
    second = PreActivation(
        "deep", "hidden", np.array([0, 1]), np.array([1, 0]), None, np.array([[-3.0, 2.0]]),
        np.array([[2.0, 0.0], [0.0, -2.0]]), 2.0, -1.0, "shared", np.full((1, 2), -4.0), np.full((1, 2), 4.0), 2,
    )  # fmt: skip
    last = PreActivation(
        "output", "deep", np.array([0, 0]), np.array([0, 1]), None, np.zeros((1, 1)), np.zeros((1, 2)), 1.0, 0.0, "none",
        np.full((3, 1), -2.0), np.full((3, 1), 2.0), 3,
    )  # fmt: skip
    digits = (np.repeat(members, 2), np.tile(np.arange(2), 5))
    blocks = (
        variable("w", "hidden", ("unit", "input"), free, -2, 2, False, 1),
        variable("q", "hidden", ("entry", "digit"), digits, 0, 1, True, 1),
        variable("z", "hidden", ("unit", "input"), free, [0, 0, 1, 0, 0], 1, True, 1),
        variable("b", "hidden", ("unit",), (2,), -3, 3, True, 1),
        variable("u", "hidden", ("sample", "unit"), (3, 2), [0, 0, 1, 0, 0, 0], [1, 1, 1, 0, 1, 1], True, 1),
        variable("w", "deep", ("unit", "input"), (np.array([0, 1]), np.array([1, 0])), [-1, 0], [0.1, 0.7], False, 2),
        variable("b", "deep", (), (), -3, 3, True, 2),
        variable("s", "deep", ("sample", "entry"), (3, 2), -1, 1, False, 2),
        variable("u", "deep", ("sample", "unit"), (3, 2), 0, 1, True, 2),
        variable("w", "output", ("unit", "input"), (1, 2), -1, 1, False, 3),
        variable("q", "output", ("unit", "input"), (1, 2), 0, 7, True, 3),
        variable("s", "output", ("sample", "unit", "input"), (3, 1, 2), -1, 1, False, 3),
        variable("e", "output", ("sample", "class"), (np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1])), 0, 1, True, 4),
        variable("t", "", (), (), 0, 10, False, 4),
    )
    on = Implication(
        "on", "hidden", ("u", "hidden"), 1, ">=", np.arange(6), *grid, np.zeros(6), ("sample", "unit"), (3, 2), 1,
    )  # fmt: skip
    off = Implication(
        "off", "hidden", ("u", "hidden"), 0, "<=", np.array([0, 1, 4]), np.array([0, 0, 2]), np.array([0, 1, 0]),
        np.array([-0.5, -0.25, -1e-6]), ("sample", "unit"), (np.array([0, 0, 2]), np.array([0, 1, 0])), 1,
    )  # fmt: skip
    keep = Implication(
        "keep_on", "hidden", ("u", "hidden"), 1, ">=", np.arange(6), *grid, np.zeros(6), ("sample", "unit"), (3, 2), 1, None,
        (), Premise(("e", "output"), 0, np.array([0, 0, 1, 1, 2, 2])),
    )  # fmt: skip
    gap = Implication(
        "gap", "deep", None, 1, ">=", np.arange(0), np.arange(3), np.zeros(3, int), np.full(3, 0.5), ("sample",), (3,), 2,
        np.ones(3, int), (Summand(("t", ""), np.arange(3), np.zeros(3, int), np.full(3, -1.0)),),
    )  # fmt: skip
    nothing = Implication(
        "off", "output", ("e", "output"), 0, "<=", np.arange(0), np.arange(0), np.arange(0), np.zeros(0), ("sample",),
        (np.arange(0),), 3,
    )  # fmt: skip
    some = Rows(
        "some", "output", ("sample",), (np.array([1]),),
        (Summand(("e", "output"), np.array([0, 0]), np.array([1, 2]), np.ones(2)),), np.ones(1), np.full(1, np.inf), 4,
        "at most one class is right",
    )  # fmt: skip
    fan = Rows(
        "fan_in", "hidden", ("unit",), (2,), (Summand(("z", "hidden"), free[0], members, np.ones(5)),), np.zeros(2),
        np.array([2.0, 1.0]), 5, 'as in `fan_in(hidden) <= 2`, "quoted" \\ ü',
    )  # fmt: skip
    pair = Rows(
        "pair", "", (), (), (
            Summand(("t", ""), np.zeros(1, int), np.zeros(1, int), np.full(1, 0.1)),
            Summand(("b", "hidden"), np.zeros(2, int), np.arange(2), np.array([1.0, -1.0])),
        ), np.full(1, 0.3), np.full(1, 0.3), 5, "",
    )  # fmt: skip
    bare = Rows("bare", "", (), (), (), np.full(1, -np.inf), np.zeros(1), 5, "nothing at all")
    return Program(
        name="every thing",
        patterns=patterns,
        variables=blocks,
        links=(
            Link(
                ("w", "hidden"), ("q", "hidden"), np.full(5, -2.0), digits[0], np.tile([1.0, 3.0], 5), True, 1, ("z", "hidden")
            ),
            Link(("w", "output"), ("q", "output"), np.array([-1.0, -0.7]), np.arange(2), np.array([0.1, 0.2]), False, 3),
        ),
        preactivations=(first, second, last),
        products=(
            Product("deep", "hidden", np.array([1, 0]), -1.0, 0.7, 2),
            Product("output", "deep", np.array([0, 1]), -1.0, 1.0, 3),
        ),
        implications=(on, off, gap, nothing, keep),
        rows=(some, fan, pair, bare),
        costs=(Cost(("e", "output"), np.array([1.0, 2.0, 1.0, 1.0])), Cost(("t", ""), np.array([-0.01]))),
        constant=-0.0,
        sense="maximize",
        goal_text='0.01 * margin - errors of "b"',
        goal_statement=4,
        objective_step=0.01,
        objective_offset=3.0,
        classes=(
            LayerClass("hidden", True, "0.5", "", "{-3..3}", 1e-9),
            LayerClass("deep", False, "1/3", "declared", "shared", 1e-7),
            LayerClass("output", False, "none", "linear", "none", 1e-7),
        ),
        statements=tuple(
            Statement(title, None)
            for title in ("data", "layer hidden", "layer deep", "layer output", 'maximize "it"', "a constraint\nof two lines")
        ),
        clauses=(
            Clause(((("u", "hidden"), np.array([0, 3])), (("u", "deep"), np.arange(6))), ((("u", "hidden"), np.array([5])),)),
            Clause((), ((("e", "output"), np.arange(4)),)),
        ),
    )


NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 1 / 3, 1e-300, 2.0**53, 2.0**60, 1e22]),
    st.integers(-5, 5).map(float),
    st.floats(allow_nan=False, allow_infinity=False),
)
NAMES = st.one_of(
    st.sampled_from(["hidden", "inf", "a", "s", "sum", "in", "at", "two words", "7", "é", 'q"']), st.text(min_size=1)
)

MARGINS = st.sampled_from(["none", "0.5", "1/3", "1e-05"])
REASONS = st.sampled_from(["", "declared", PUBLISHED, "chosen", "exact"])


def floats(shape):
    return st.one_of(
        arrays(np.float64, shape, elements=NUMBERS, fill=st.nothing()),
        arrays(np.float64, shape, elements=NUMBERS),  # mostly one number
    )


def indices(size, count):
    """``count`` integers below ``size``: by chance, in order, or over and over."""
    chance = arrays(np.int64, count, elements=st.integers(0, size - 1))
    return st.one_of(chance, st.just(np.arange(count) % size), st.just(np.arange(count) * size // max(count, 1)))


@st.composite
def programs(draw) -> Program:
    """Valid programs of one or two layers, some wide enough for arrays that leave their lines."""
    patterns, inputs, units = draw(st.integers(1, 6)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    statements = tuple(Statement(title, None) for title in draw(st.lists(st.text(), min_size=1, max_size=3)))
    layers = draw(st.lists(NAMES, min_size=2, max_size=2, unique=True))
    statement = st.integers(0, len(statements) - 1)
    blocks, links, definitions, products, implications, rows = [], [], [], [], [], []
    X = draw(floats((patterns, inputs)))
    for place, layer in enumerate(layers[: draw(st.integers(1, 2))]):
        width = inputs if place == 0 else definitions[0].units
        free = draw(arrays(np.bool_, (units, width)))
        entries = tuple(axis.astype(np.int64) for axis in np.nonzero(free))
        count = len(entries[0])
        bias = draw(st.sampled_from(["unit", "shared", "none"]))
        if count:
            low = -np.abs(draw(floats(count)))
            blocks.append(
                variable("w", layer, ("unit", "input"), entries, low, draw(floats(count)).clip(0), False, draw(statement))
            )
        if bias != "none":
            naming = (units,) if bias == "unit" else ()
            blocks.append(variable("b", layer, ("unit",)[: len(naming)], naming, -3, 3, True, draw(statement)))
        lower = draw(indices(2, patterns * units)).astype(float)
        blocks.append(variable("u", layer, ("sample", "unit"), (patterns, units), lower, 1, True, draw(statement)))
        table = (draw(st.sampled_from([1, patterns])), units)
        box = -np.abs(draw(floats(table))), np.abs(draw(floats(table)))
        if place == 0:
            reads = (X, draw(floats(table)), np.zeros((units, 0)), 1.0, 0.0)
        else:
            fixed = np.where(free, 0.0, draw(floats(free.shape)))
            reads = (None, draw(floats(table)), fixed, draw(NUMBERS), draw(NUMBERS))
            if count:
                blocks.append(variable("s", layer, ("sample", "entry"), (patterns, count), -1, 1, False, draw(statement)))
                weights = next(block for block in blocks if block.key == ("w", layer))
                bounds = float(weights.lower.min()), float(weights.upper.max())
                products.append(Product(layer, layers[0], entries[1], *bounds, draw(statement)))
        below = None if place == 0 else layers[0]
        definitions.append(PreActivation(layer, below, *entries, *reads, bias, *box, draw(statement)))
        size = draw(st.integers(0, 12))
        implications.append(
            Implication(
                draw(NAMES), layer, draw(st.sampled_from([("u", layer), None])), draw(st.sampled_from([0, 1])),
                draw(st.sampled_from([">=", "<="])), np.arange(0), draw(indices(patterns, size)), draw(indices(units, size)),
                draw(floats(size)), ("row",), (np.arange(size),), draw(statement), draw(st.none() | indices(units, size)),
                tuple(draw(st.lists(summands(blocks, size), max_size=2))) if size else (),
            )
        )  # fmt: skip
        if implications[-1].trigger is not None:
            given = {"literal": draw(indices(patterns * units, size))}
            if draw(st.booleans()):
                given["also"] = Premise(("u", layer), draw(st.sampled_from([0, 1])), draw(indices(patterns * units, size)))
            implications[-1] = _with(implications[-1], **given)
    digit = variable("q", layers[0], ("digit",), (draw(st.integers(1, 9)),), 0, 1, True, draw(statement))
    target = variable("p", layers[0], (), (), -9, 9, False, draw(statement))
    blocks += [target, digit]
    owner = np.zeros(digit.size, np.int64)
    value, one = draw(floats(digit.size)), draw(st.booleans())
    links.append(Link(target.key, digit.key, draw(floats(1)), owner, value, one, draw(statement)))
    for number in range(draw(st.integers(0, 2))):
        size = draw(st.integers(1, 9))
        side = draw(floats(size))
        lower = draw(st.sampled_from([side, np.full(size, -np.inf), side - 1.0]))
        upper = draw(st.sampled_from([side, np.full(size, np.inf)]))
        some = tuple(draw(st.lists(summands(blocks, size), max_size=2)))
        rows.append(Rows(f"rows{number}", "", ("row",), (size,), some, lower, upper, draw(statement), draw(st.text())))
    chosen = draw(st.lists(st.sampled_from(blocks), max_size=2, unique_by=lambda block: block.key))
    binary = blocks[-1]
    literals = ((binary.key, draw(indices(binary.size, 3))),)
    return Program(
        name=draw(NAMES),
        patterns=patterns,
        variables=tuple(blocks),
        links=tuple(links),
        preactivations=tuple(definitions),
        products=tuple(products),
        implications=tuple(implications),
        rows=tuple(rows),
        costs=tuple(Cost(block.key, draw(floats(block.size))) for block in chosen),
        constant=draw(NUMBERS),
        sense=draw(st.sampled_from(["minimize", "maximize"])),
        goal_text=draw(st.text()),
        goal_statement=draw(statement),
        objective_step=abs(draw(NUMBERS)),
        objective_offset=draw(NUMBERS),
        classes=(
            LayerClass(layers[0], draw(st.booleans()), draw(NAMES | MARGINS), draw(st.text() | REASONS), draw(NAMES), 1e-9),
        ),
        statements=statements,
        clauses=tuple(draw(st.sampled_from([(), (Clause(literals, ()),), (Clause((), literals),)]))),
    )


@st.composite
def summands(draw, blocks, rows):
    block = draw(st.sampled_from(blocks))
    count = draw(st.integers(0, 9))
    members = np.arange(block.size) if draw(st.booleans()) else draw(indices(block.size, count))
    size = len(members)
    return Summand(block.key, draw(indices(rows, size)), members, draw(floats(size)))


def _with(value, **changes):
    from dataclasses import replace

    return replace(value, **changes)
