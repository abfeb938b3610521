"""`monotone increasing in COLUMN`: which inputs and which output unit are meant."""

from __future__ import annotations

from dataclasses import dataclass

from bdnnc.diagnostics import Label
from bdnnc.language import tree
from bdnnc.language.columns import ColumnReader
from bdnnc.language.constants import Constants
from bdnnc.language.input_places import InputFinder
from bdnnc.language.labels import Elsewhere, class_of
from bdnnc.language.network_view import NetworkView
from bdnnc.language.quantities import Monotone
from bdnnc.language.terms import written


@dataclass(slots=True)
class MonotoneChecker:
    """Checks monotone statements against the columns and classes of the data."""

    constants: Constants
    network: NetworkView

    def check(self, node: tree.Monotone) -> Monotone | Elsewhere | None:
        """The statement; None if it is wrong or awaits the data, `Elsewhere` if it is of another class than a pair's.

        Reports E216 unknown columns, E345 columns without an input, E346 unknown classes; W306 even powers.
        """
        inputs = self._inputs(node)
        increasing = node.direction.text == "increasing"
        output: int | None = None
        if node.of_class is not None:
            place = self._class(node.of_class)
            units = self.network.output.units if self.network.output is not None else None
            if not isinstance(place, int) or units is None:
                return place if isinstance(place, Elsewhere) else None
            if units == 1:  # the unit is active for the second class
                increasing = increasing == (place == 1)
            else:
                output = place
        if inputs is None:
            return None
        self._powers(node)
        return Monotone(increasing, inputs, output, written(node.span), node.span)

    def _class(self, node: tree.Expr | tree.Text) -> int | Elsewhere | None:
        if self.network.regression is not None:
            label = Label(self.network.regression, "the target is a number")
            message = "there are no classes to be monotone for"
            help_text = "leave `for class` out"
            self.constants.findings.add("E346", message, node.span, secondary=[label], help=help_text)
            return None
        if isinstance(node, tree.Quantity) and node.arguments is None and node.of is None:
            return class_of(node.name, self.network, self.constants)
        return class_of(node, self.network, self.constants)

    def _powers(self, node: tree.Monotone) -> None:
        if self.network.powers > 1:
            message = "even powers of an input grow with it only where it is not negative"
            notes = [f"the first layer takes `powers {self.network.powers}`, and all powers of the column are meant"]
            help_text = "see that the column is not negative after scaling, for example by `scale minmax(0, 1)`"
            self.constants.findings.add("W306", message, node.column.span, notes=notes, help=help_text)

    # --- columns ----------------------------------------------------------------------------------------------------

    def _inputs(self, node: tree.Monotone) -> tuple[int, ...] | None:
        """The places of all inputs that are made of the column."""
        named = ColumnReader(self.constants).one(node.column)
        facts = self.network.facts
        if facts is None:
            self.constants.awaits_data = True
            return None
        if named is None:
            return None
        places = InputFinder(self.constants).of_column(named, node.column, facts)
        if places is None:
            return None
        once = len(facts.inputs)
        return tuple(place + power * once for power in range(self.network.powers) for place in places)
