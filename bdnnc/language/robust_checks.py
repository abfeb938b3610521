"""The `robust` block: from the tree to `Robustness`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path
from typing import Literal

from bdnnc.diagnostics import Label
from bdnnc.diagnostics.suggest import did_you_mean, known_names
from bdnnc.language import tree
from bdnnc.language.columns import ColumnReader
from bdnnc.language.constants import Constants, shown
from bdnnc.language.input_places import InputFinder
from bdnnc.language.network_view import NetworkView
from bdnnc.language.robustness import (
    Ball,
    BoxSet,
    BudgetSet,
    Clip,
    FlipSet,
    Perturbation,
    PerturbationSet,
    PolytopeSet,
    Robustness,
)
from bdnnc.language.spec import ArrayFile
from bdnnc.language.terms import written
from bdnnc.language.words import PERTURBATION_SETS

EXAMPLES = {
    "linf": "linf(0.05)",
    "l1": "l1(0.1)",
    "l2": "l2(0.1)",
    "box": "box(-0.1, 0.2)",
    "budget": "budget(0.1, 2)",
    "polytope": 'polytope("A.csv", "b.csv")',
    "flips": "flips(1)",
}
BOXES = ("linf", "box")
RADIUS = "a radius"

Argument = tree.Expr | tree.Text | tree.ListOf


@dataclass(frozen=True, slots=True)
class _Moved:
    """The inputs of a perturbation, and for each the place of its column among those that are named (0, 1, .. where none
    are)."""

    inputs: tuple[int, ...]
    features: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many features move."""
        return len(set(self.features))


@dataclass(slots=True)
class RobustChecker:
    """Checks a `robust` block. ``folder``: where the paths of polytopes begin."""

    constants: Constants
    network: NetworkView
    folder: Path

    def check(self, robust: tree.Robust) -> Robustness | None:
        """The block; None if it is wrong or awaits the data.

        Reports E401 unknown sets, E402 wrong arguments, E404 sets without 0, E405 inputs that two sets move, E406 `raw` and
        `step` where they have no meaning, E407 a block without a set, E408 `powers`; E115, E126, E301, and of columns E216 and
        E345; W401 budgets of all inputs.
        """
        perturbations = [self._perturbation(c) for c in robust.clauses if isinstance(c, tree.Perturbation)]
        clip = self._clip([clause for clause in robust.clauses if isinstance(clause, tree.Clip)])
        if not perturbations:
            message = "the `robust` block does not say what may be perturbed"
            help_text = "write for example `inputs within linf(0.05)`"
            self.constants.findings.add("E407", message, robust.keyword, help=help_text)
        self._powers(robust)
        found = [item for item in perturbations if item is not None]
        self._disjoint(found)
        if len(found) < len(perturbations) or not found or clip is False:
            return None
        sense = "adaptive" if robust.kind.text == "adaptive" else "soft" if robust.soft else "static"
        return Robustness(sense, tuple(found), clip, robust.keyword, written(robust.span))

    # --- one set ----------------------------------------------------------------------------------------------------

    def _perturbation(self, node: tree.Perturbation) -> Perturbation | None:
        name = node.shape.text
        if name not in EXAMPLES:
            help_text = did_you_mean(name, PERTURBATION_SETS) or f"sets: {known_names(PERTURBATION_SETS)}"
            self.constants.findings.add("E401", f"there is no set `{name}` of perturbations", node.shape.span, help=help_text)
            return None
        moved = self._moved(node)
        step = self._step(node)
        self._raw(node)
        found = self._set(name, node, moved)
        if found is None or moved is None or step is False:
            return None
        self._one_hot(found, moved, node)
        text = f"{name}{written(node.arguments.span)}"
        return Perturbation(found, moved.inputs, node.raw, step, node.span, text)

    def _set(self, name: str, node: tree.Perturbation, moved: _Moved | None) -> PerturbationSet | None:
        given = node.arguments.values
        match name:
            case "linf" | "l1" | "l2":
                numbers = self._numbers(name, node, given, 1)
                radius = None if numbers is None else self._radius(numbers[0], given[0])
                return None if radius is None else Ball(name, radius)
            case "budget":
                return self._budget(node, given, moved)
            case "flips":
                if not self._takes(name, node, given, 1):
                    return None
                count = self._count(given[0], "the number of flips", node, moved)
                return None if count is None else FlipSet(count)
            case "box":
                return self._box(node, given, moved)
            case _:
                return self._polytope(node, given)

    def _takes(self, name: str, node: tree.Perturbation, given: Sequence[Argument], count: int) -> bool:
        if len(given) == count:
            return True
        numbers = f"{count} argument{'' if count == 1 else 's'}"
        self._wrong(f"`{name}` takes {numbers}, not {len(given)}", node.arguments, name)
        return False

    def _numbers(self, name: str, node: tree.Perturbation, given: Sequence[Argument], count: int) -> list[Fraction] | None:
        if not self._takes(name, node, given, count):
            return None
        found: list[Fraction] = []
        for argument in given:
            if isinstance(argument, tree.ListOf):
                self._wrong(f"`{name}` takes numbers, not lists", argument, name)
                continue
            number = self.constants.number(argument, RADIUS)
            if number is not None and self.constants.is_moderate(number, RADIUS, argument.span):
                found.append(number)
        return found if len(found) == count else None

    def _radius(self, value: Fraction, node: tree.Node) -> Fraction | None:
        if value >= 0:
            return value
        message = f"a radius is at least 0, not {shown(value)}"
        self.constants.findings.add("E126", message, node.span, help="0 leaves every point as it is")
        return None

    def _budget(self, node: tree.Perturbation, given: Sequence[Argument], moved: _Moved | None) -> BudgetSet | None:
        if not self._takes("budget", node, given, 2):
            return None
        radius, count = given
        if isinstance(radius, tree.ListOf):
            self._wrong("`budget` takes numbers, not lists", radius, "budget")
            return None
        number = self.constants.number(radius, RADIUS)
        at_most = self._count(count, "the number of features that may move", node, moved)
        if number is None or at_most is None or not self.constants.is_moderate(number, RADIUS, radius.span):
            return None
        size = self._radius(number, radius)
        return None if size is None else BudgetSet(size, at_most)

    def _count(self, node: Argument, what: str, whole: tree.Perturbation, moved: _Moved | None) -> int | None:
        if isinstance(node, tree.ListOf):
            self._wrong(f"{what} is a number", node, whole.shape.text)
            return None
        count = self.constants.integer(node, what, 0)
        if count is None or moved is None:
            return count
        there = len(moved.inputs)
        if count > there or (count == there and whole.shape.text == "budget" and there > 1):
            least = (
                f"only {there} input{'' if there == 1 else 's'} can move" if count > there else f"all {there} inputs may move"
            )
            instead = "`linf` with the same radius says the same" if whole.shape.text == "budget" else f"write {there}"
            self.constants.findings.add("W401", f"{what} is {count}, and {least}", node.span, help=instead)
        return min(count, there)

    def _box(self, node: tree.Perturbation, given: Sequence[Argument], moved: _Moved | None) -> BoxSet | None:
        if not self._takes("box", node, given, 2):
            return None
        sides = [self._side(argument) for argument in given]
        if any(side is None for side in sides):
            return None
        low, high = (self._spread(side or [], argument, moved) for side, argument in zip(sides, given, strict=True))
        for lower, upper in zip_longest(*(side or [] for side in sides), fillvalue=None):
            lower, upper = (
                (side or [Fraction(0)])[-1] if end is None else end for side, end in zip(sides, (lower, upper), strict=True)
            )
            if not lower <= 0 <= upper:
                message = f"the box from {shown(lower)} to {shown(upper)} does not contain 0"
                notes = ["a set holds the perturbations of a point, and the point itself is one of them"]
                help_text = "write for example `box(-0.1, 0.2)`"
                self.constants.findings.add("E404", message, node.arguments.span, notes=notes, help=help_text)
                return None
        return None if low is None or high is None else BoxSet(low, high)

    def _side(self, node: Argument) -> list[Fraction] | None:
        """The numbers of one side of a box, as they are written: one, or a list."""
        what = "a side of a box"
        if not isinstance(node, tree.ListOf):
            number = self.constants.number(node, what)
            return None if number is None or not self.constants.is_moderate(number, what, node.span) else [number]
        numbers: list[Fraction] = []
        for item in node.items:
            if isinstance(item, tree.Text) or item.high is not None:
                self._wrong("a side of a box has one number a feature", item, "box")
                return None
            number = self.constants.number(item.low, what)
            if number is None or not self.constants.is_moderate(number, what, item.span):
                return None
            numbers.append(number)
        return numbers

    def _spread(self, numbers: list[Fraction], node: Argument, moved: _Moved | None) -> tuple[Fraction, ...] | None:
        """One number for each input that moves; of a list, which has one a feature, that of its feature."""
        if moved is None:
            return None
        if not isinstance(node, tree.ListOf):
            return (numbers[0],) * len(moved.inputs)
        if len(numbers) != moved.count:
            features = f"{moved.count} feature{'' if moved.count == 1 else 's'}"
            plural = "" if len(numbers) == 1 else "s"
            self._wrong(f"{len(numbers)} number{plural} for {features}", node, "box")
            return None
        return tuple(numbers[feature] for feature in moved.features)

    def _polytope(self, node: tree.Perturbation, given: Sequence[Argument]) -> PolytopeSet | None:
        if not self._takes("polytope", node, given, 2):
            return None
        files = [self._file(argument) for argument in given]
        matrix, side = files
        return None if matrix is None or side is None else PolytopeSet(matrix, side)

    def _file(self, node: Argument) -> ArrayFile | None:
        if isinstance(node, tree.Text):
            return ArrayFile(self.folder / node.value, node.value, node.span)
        value = self.constants.value(node) if isinstance(node, tree.Quantity) else None
        if isinstance(value, str):
            return ArrayFile(self.folder / value, value, node.span)
        self._wrong("`polytope` takes the paths of two files, for A and b of A delta <= b", node, "polytope")
        return None

    def _one_hot(self, found: PerturbationSet, moved: _Moved, node: tree.Perturbation) -> None:
        """W402: what moves is the 0 or 1 of a category, by itself."""
        facts = self.network.facts
        named = () if facts is None or isinstance(found, FlipSet) else [p for p in moved.inputs if p in facts.one_hot]
        if facts is None or not named:
            return
        names = known_names([facts.inputs[place] for place in named])
        message = f"the one-hot inputs {names} move as numbers, each on its own"
        notes = ["no set of this kind takes a point from one category to another"]
        help_text = "name the other columns, `inputs [..] within ..`; `flips(2)` takes a point to another category, and further"
        self.constants.findings.add("W402", message, node.span, notes=notes, help=help_text)

    # --- what surrounds a set ---------------------------------------------------------------------------------------

    def _moved(self, node: tree.Perturbation) -> _Moved | None:
        """The inputs that move: all, or those that are made of the columns of `inputs [..]`."""
        columns = None if node.columns is None else ColumnReader(self.constants).several(node.columns.items)
        facts = self.network.facts
        if facts is None:
            self.constants.awaits_data = True
            return None
        if node.columns is None or columns is None:
            order = list(dict.fromkeys(facts.input_columns or range(len(facts.inputs))))
            of_input = facts.input_columns or tuple(range(len(facts.inputs)))
            return _Moved(tuple(range(len(facts.inputs))), tuple(order.index(column) for column in of_input))
        if not node.columns.items:
            message, help_text = "no input may move", "name columns, or write `inputs within ..` for all"
            self.constants.findings.add("E252", message, node.columns.span, help=help_text)
            return None
        inputs: list[int] = []
        features: list[int] = []
        finder = InputFinder(self.constants)
        wrong = len(columns) == 0
        for place, column in enumerate(columns):
            places = finder.of_column(column, _At(column.span), facts)
            wrong |= places is None
            fresh = [found for found in places or () if found not in inputs]
            if places and not fresh:
                self.constants.findings.add("W251", "this column is named twice", column.span, help="once is enough")
            inputs += fresh
            features += [place] * len(fresh)
        return None if wrong else _Moved(tuple(inputs), tuple(features))

    def _step(self, node: tree.Perturbation) -> Fraction | Literal[False] | None:
        if node.step is None:
            return None
        if node.raw or node.shape.text == "flips":
            what = "`raw` sets are in the units of the file" if node.raw else "flips are steps already"
            message = f"`step` counts in scaled units, and {what}"
            self.constants.findings.add("E406", message, node.step.span, help="leave `step` out")
            return False
        value = self.constants.number(node.step, "a step")
        if value is None:
            return False
        if value <= 0:
            self.constants.findings.add("E126", f"a step is positive, not {shown(value)}", node.step.span)
            return False
        return value if self.constants.is_moderate(value, "a step", node.step.span) else False

    def _raw(self, node: tree.Perturbation) -> None:
        if node.raw and node.shape.text not in BOXES:
            message = f"`raw` belongs to boxes, not to `{node.shape.text}`"
            notes = ["each point has its own image of a set in raw units, and only that of a box is a box again"]
            help_text = "write `raw linf(2)` or `raw box(-1, 2)`, or give the set in scaled units"
            self.constants.findings.add("E406", message, node.shape.span, notes=notes, help=help_text)

    def _clip(self, clauses: Sequence[tree.Clip]) -> Clip | Literal[False] | None:
        for other in clauses[1:]:
            label = Label(clauses[0].span, "first here")
            self.constants.findings.add("E115", "`clip` stands twice", other.span, secondary=[label])
        if not clauses:
            return None
        node = clauses[0]
        low = self.constants.number(node.low, "an end of `clip`")
        high = self.constants.number(node.high, "an end of `clip`")
        if low is None or high is None:
            return False
        if low > high:
            help_text = f"write `clip {shown(high)}..{shown(low)}`"
            message = f"the range `{shown(low)}..{shown(high)}` is empty"
            self.constants.findings.add("E301", message, node.span, help=help_text)
            return False
        return Clip(low, high, node.span)

    def _powers(self, robust: tree.Robust) -> None:
        if self.network.powers > 1:
            message = "inputs that have `powers` cannot be perturbed"
            notes = ["an input and its square move together, along a curve that is no linear set"]
            help_text = "leave `powers` out, or the `robust` block"
            self.constants.findings.add("E408", message, robust.keyword, notes=notes, help=help_text)

    def _disjoint(self, perturbations: Sequence[Perturbation]) -> None:
        """E405: an input that two sets move has no meaning that everybody would guess."""
        for place, later in enumerate(perturbations):
            first = next((other for other in perturbations[:place] if set(other.inputs) & set(later.inputs)), None)
            if first is not None:
                label = Label(first.span, "by this one")
                message = "some inputs are moved by another set already"
                help_text = "let each set move its own, `inputs [0, 1] within ..`"
                self.constants.findings.add("E405", message, later.span, secondary=[label], help=help_text)

    def _wrong(self, message: str, node: tree.Node, name: str) -> None:
        self.constants.findings.add("E402", message, node.span, help=f"write for example `{EXAMPLES[name]}`")


@dataclass(frozen=True, slots=True)
class _At(tree.Node):
    """A place to blame."""
