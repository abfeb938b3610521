"""The verifier: what every program must be, whoever made it. A pass that breaks one of these is wrong, not the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.ir.program import (
    Floats,
    Implication,
    Index,
    Key,
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
from bdnnc.ir.verify_names import collisions, misnamed


@dataclass(frozen=True, slots=True)
class Known:
    """The blocks and pre-activations by name."""

    patterns: int
    variables: dict[Key, Variable]
    definitions: dict[str, PreActivation]

    def size(self, key: Key) -> int | None:
        return self.variables[key].size if key in self.variables else None

    def is_binary(self, key: Key) -> bool:
        found = self.variables.get(key)
        return found is not None and found.integral and bool((found.lower >= 0).all() and (found.upper <= 1).all())


def verify(program: Program) -> None:
    """Raise InternalError with the first thing that is wrong with the program: unknown blocks, arrays of wrong length, indices
    out of range, bounds that are crossed or not finite, NaN, binaries that are none, names that two rows or columns share."""
    wrong = next(_findings(program), None)
    if wrong is not None:
        raise InternalError(f"the program is broken: {wrong}")


def _findings(program: Program) -> Iterator[str]:
    known = Known(
        program.patterns,
        {variable.key: variable for variable in program.variables},
        {found.layer: found for found in program.preactivations},
    )
    if program.patterns < 0:
        yield f"{program.patterns} patterns"
    yield from _origins(program)
    yield from _repeated([_text(variable.key) for variable in program.variables])
    yield from _repeated([f"a[{found.layer}]" for found in program.preactivations])
    yield from chain.from_iterable(map(_variable, program.variables))
    yield from chain.from_iterable(_preactivation(found, known) for found in program.preactivations)
    yield from chain.from_iterable(_link(link, known) for link in program.links)
    yield from chain.from_iterable(_product(product, known) for product in program.products)
    yield from chain.from_iterable(_implication(rule, known) for rule in program.implications)
    yield from chain.from_iterable(_rows(rows, known) for rows in program.rows)
    yield from _clauses(program, known)
    yield from _goal(program, known)
    yield from chain.from_iterable(_class(found, known) for found in program.classes)
    yield from collisions(program)


def _origins(program: Program) -> Iterator[str]:
    """Statements that do not exist."""
    families = (
        *program.variables, *program.links, *program.preactivations, *program.products, *program.implications, *program.rows,
    )  # fmt: skip
    numbers = [program.goal_statement, *(family.statement for family in families)]
    for number in numbers:
        if not 0 <= number < len(program.statements):
            yield f"statement {number} of {len(program.statements)}"


def _repeated(names: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"`{name}` stands twice"
        seen.add(name)


def _variable(variable: Variable) -> Iterator[str]:
    name = _text(variable.key)
    if variable.shape is not None and variable.index is not None:
        yield f"`{name}` has both a shape and indices"
    yield from misnamed(f"`{name}`", variable.axes, variable.naming, variable.size)
    yield from _lengths(f"the upper bounds of `{name}`", variable.upper, variable.size)
    yield from _not_finite(f"the bounds of `{name}`", variable.lower, variable.upper)
    yield from _crossed(f"the bounds of `{name}`", variable.lower, variable.upper)


def _link(link: Link, known: Known) -> Iterator[str]:
    name = f"the link of `{_text(link.target)}`"
    keys = [link.target, link.digit, *([] if link.present is None else [link.present])]
    yield from _unknown(name, keys, known)
    targets = known.size(link.target) or 0
    yield from _lengths(f"the origins in {name}", link.origin, targets)
    yield from _lengths(f"the values in {name}", link.value, known.size(link.digit) or 0)
    yield from _lengths(f"the owners in {name}", link.owner, len(link.value))
    yield from _outside(f"the owners in {name}", link.owner, targets)
    yield from _not_finite(name, link.origin, link.value)
    if link.present is not None:
        yield from _not_binary(name, link.present, known)
        if known.size(link.present) != targets:
            yield f"{name} has {targets} targets and {known.size(link.present)} of `{_text(link.present)}`"
    if link.choose_one:
        yield from _not_binary(name, link.digit, known)
        if len(np.unique(link.owner)) != targets:
            yield f"{name} has targets without a digit to choose"


def _preactivation(found: PreActivation, known: Known) -> Iterator[str]:
    name, grid = f"`a[{found.layer}]`", (known.patterns, found.units)
    for label, table in (("offset", found.offset), ("low", found.low), ("high", found.high)):
        if table.shape not in {grid, (1, found.units)}:
            yield f"the {label} of {name} has shape {table.shape}, not {grid}"
        yield from _not_finite(f"the {label} of {name}", table)
    if found.low.shape != found.high.shape:
        yield f"low and high of {name} have shapes {found.low.shape} and {found.high.shape}"
    yield from _crossed(f"the box of {name}", found.low, found.high)
    yield from _lengths(f"the inputs of the weights of {name}", found.entry_input, len(found.entry_unit))
    yield from _outside(f"the units of the weights of {name}", found.entry_unit, found.units)
    yield from (_first_layer if found.below is None else _deeper_layer)(name, found, known)
    if len(found.entry_unit):
        yield from _sized(name, ("w", found.layer), len(found.entry_unit), known)
    if found.bias != "none":
        yield from _sized(name, ("b", found.layer), found.units if found.bias == "unit" else 1, known)


def _first_layer(name: str, found: PreActivation, known: Known) -> Iterator[str]:
    if found.X is None:
        yield f"{name} has neither data nor a layer below"
        return
    if found.X.ndim != 2 or len(found.X) != known.patterns:
        yield f"the data of {name} has shape {found.X.shape}, for {known.patterns} patterns"
        return
    yield from _not_finite(f"the data of {name}", found.X)
    yield from _outside(f"the inputs of the weights of {name}", found.entry_input, int(found.X.shape[1]))
    if found.fixed.shape != (found.units, 0) or (found.slope, found.shift) != (1, 0):
        yield f"{name} reads the data, but has coefficients of binaries below"


def _deeper_layer(name: str, found: PreActivation, known: Known) -> Iterator[str]:
    below = known.definitions.get(found.below or "")
    if below is None or found.X is not None:
        yield f"{name} reads layer `{found.below}`, " + ("and data" if below else "which has no pre-activation")
        return
    if list(known.definitions).index(below.layer) >= list(known.definitions).index(found.layer):
        yield f"{name} reads layer `{below.layer}`, which does not come before it"
    if found.fixed.shape != (found.units, below.units):
        yield f"the fixed weights of {name} have shape {found.fixed.shape}, not {(found.units, below.units)}"
        return
    yield from _outside(f"the inputs of the weights of {name}", found.entry_input, below.units)
    yield from _not_finite(f"the coefficients of {name}", found.fixed, np.array([found.slope, found.shift]))
    if found.fixed[found.entry_unit, found.entry_input].any():
        yield f"weights of {name} are both free and fixed"
    if len(found.entry_unit) or found.fixed.any():
        yield from _sized(name, ("u", below.layer), known.patterns * below.units, known)
    if len(found.entry_unit):
        yield from _sized(name, ("s", found.layer), known.patterns * len(found.entry_unit), known)


def _product(product: Product, known: Known) -> Iterator[str]:
    name = f"the product of `{product.layer}`"
    found = known.definitions.get(product.layer)
    if found is None or found.below != product.inputs:
        yield f"{name} reads layer `{product.inputs}`, unlike its pre-activation"
        return
    if not np.array_equal(product.entry_input, found.entry_input):
        yield f"{name} has other weights than its pre-activation"
        return
    yield from _not_binary(name, ("u", product.inputs), known)
    yield from _sized(name, ("s", product.layer), known.patterns * len(product.entry_input), known)
    yield from _sized(name, ("w", product.layer), len(product.entry_input), known)
    weights = known.variables.get(("w", product.layer))
    yield from _not_finite(name, np.array([product.lower, product.upper]))
    if weights is not None and bool((weights.lower < product.lower).any() or (weights.upper > product.upper).any()):
        yield f"{name} takes weights to be in [{product.lower}, {product.upper}], but their bounds are wider"


def _implication(rule: Implication, known: Known) -> Iterator[str]:
    name = f"the implication `{rule.kind}[{rule.layer}]`"
    found = known.definitions.get(rule.layer)
    if found is None:
        yield f"{name} is about a layer without a pre-activation"
        return
    yield from misnamed(name, rule.axes, rule.naming, rule.size)
    yield from _lengths(f"the units of {name}", rule.unit, rule.size)
    yield from _lengths(f"the thresholds of {name}", rule.threshold, rule.size)
    yield from _not_finite(f"the thresholds of {name}", rule.threshold)
    yield from _outside(f"the patterns of {name}", rule.pattern, known.patterns)
    yield from _outside(f"the units of {name}", rule.unit, found.units)
    if rule.other is not None:
        yield from _lengths(f"the other units of {name}", rule.other, rule.size)
        yield from _outside(f"the other units of {name}", rule.other, found.units)
    yield from _lengths(f"the literals of {name}", rule.literal, 0 if rule.trigger is None else rule.size)
    if rule.trigger is not None:
        yield from _unknown(name, [rule.trigger], known)
        yield from _not_binary(name, rule.trigger, known)
        yield from _outside(f"the literals of {name}", rule.literal, known.size(rule.trigger) or 0)
    if rule.value not in (0, 1):
        yield f"{name} asks for the value {rule.value} of a binary"
    if rule.also is not None:
        yield from _second_premise(name, rule, rule.also, known)
    yield from chain.from_iterable(_summand(name, summand, rule.size, known) for summand in rule.summands)


def _second_premise(name: str, rule: Implication, also: Premise, known: Known) -> Iterator[str]:
    if rule.trigger is None:
        yield f"{name} has a second premise and no first"
    yield from _lengths(f"the second literals of {name}", also.literal, rule.size)
    yield from _unknown(name, [also.block], known)
    yield from _not_binary(name, also.block, known)
    yield from _outside(f"the second literals of {name}", also.literal, known.size(also.block) or 0)


def _rows(rows: Rows, known: Known) -> Iterator[str]:
    name, size = f"the rows `{rows.kind}[{rows.layer}]`", len(rows.lower)
    yield from misnamed(name, rows.axes, rows.naming, size)
    yield from _lengths(f"the upper sides of {name}", rows.upper, size)
    yield from _crossed(f"the sides of {name}", rows.lower, rows.upper)
    if bool((rows.lower == np.inf).any() or (rows.upper == -np.inf).any()):
        yield f"{name} have an infinite side that nothing reaches"
    yield from chain.from_iterable(_summand(name, summand, size, known) for summand in rows.summands)


def _summand(name: str, summand: Summand, size: int, known: Known) -> Iterator[str]:
    part = f"`{_text(summand.block)}` in {name}"
    yield from _unknown(name, [summand.block], known)
    yield from _lengths(f"the rows of {part}", summand.row, len(summand.member))
    yield from _lengths(f"the values of {part}", summand.value, len(summand.member))
    yield from _outside(f"the rows of {part}", summand.row, size)
    yield from _outside(f"the members of {part}", summand.member, known.size(summand.block) or 0)
    yield from _not_finite(f"the values of {part}", summand.value)


def _clauses(program: Program, known: Known) -> Iterator[str]:
    for place, clause in enumerate(program.clauses):
        if not clause.ones and not clause.zeros:
            yield f"clause {place} has no literals"
        for key, members in (*clause.ones, *clause.zeros):
            yield from _unknown(f"clause {place}", [key], known)
            yield from _not_binary(f"clause {place}", key, known)
            yield from _outside(f"the literals of clause {place}", members, known.size(key) or 0)


def _goal(program: Program, known: Known) -> Iterator[str]:
    for cost in program.costs:
        yield from _unknown("the goal", [cost.block], known)
        yield from _lengths(f"the costs of `{_text(cost.block)}`", cost.coefficient, known.size(cost.block) or 0)
        yield from _not_finite(f"the costs of `{_text(cost.block)}`", cost.coefficient)
    lattice = np.array([program.constant, program.objective_offset, program.objective_step])
    yield from _not_finite("the goal's constant or lattice", lattice)
    if program.objective_step < 0:
        yield f"the goal's lattice has the step {program.objective_step}"


def _class(found: LayerClass, known: Known) -> Iterator[str]:
    if found.layer not in known.definitions:
        yield f"the class of layer `{found.layer}`, which has no pre-activation"
    if not found.tolerance > 0:
        yield f"the class of layer `{found.layer}` has the tolerance {found.tolerance}"


def _unknown(name: str, keys: Sequence[Key], known: Known) -> Iterator[str]:
    for key in keys:
        if key not in known.variables:
            yield f"{name} speaks of `{_text(key)}`, which is no block"


def _not_binary(name: str, key: Key, known: Known) -> Iterator[str]:
    if not known.is_binary(key):
        yield f"{name} takes `{_text(key)}` for binaries"


def _sized(name: str, key: Key, size: int, known: Known) -> Iterator[str]:
    yield from _unknown(name, [key], known)
    if key in known.variables and known.size(key) != size:
        yield f"{name} needs {size} of `{_text(key)}`, not {known.size(key)}"


def _lengths(name: str, values: NDArray[np.generic], size: int) -> Iterator[str]:
    if values.shape != (size,):
        yield f"{name} have shape {values.shape}, not {(size,)}"


def _outside(name: str, values: Index, size: int) -> Iterator[str]:
    wrong = (values < 0) | (values >= size)
    if wrong.any():
        yield f"{name} hold {int(values[wrong][0])}, of {size}"


def _not_finite(name: str, *arrays: Floats) -> Iterator[str]:
    for values in arrays:
        if not np.isfinite(values).all():
            yield f"{name} hold {float(values[~np.isfinite(values)][0])}"


def _crossed(name: str, lower: Floats, upper: Floats) -> Iterator[str]:
    """Also where one of them is NaN."""
    wrong = ~(lower <= upper)
    if wrong.any():
        yield f"{name} leave nothing between {float(lower[wrong][0])} and {float(upper[wrong][0])}"


def _text(key: Key) -> str:
    return f"{key[0]}[{key[1]}]"
