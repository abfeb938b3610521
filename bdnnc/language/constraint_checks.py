"""The `subject to` block: from the tree to `Constraint`s and `Monotone`s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from bdnnc.diagnostics import Label
from bdnnc.language import tree
from bdnnc.language.constants import Constants
from bdnnc.language.entries import All, Entry
from bdnnc.language.labels import Elsewhere
from bdnnc.language.linear import LinearReader, LinearTerm
from bdnnc.language.losses import NoLoss
from bdnnc.language.monotone_checks import MonotoneChecker
from bdnnc.language.network_view import NetworkView
from bdnnc.language.quantities import (
    Constraint,
    FanIn,
    FeaturesUsed,
    Loss,
    Margin,
    Margins,
    Monotone,
    Norm,
    Quantity,
    Term,
    UnitsUsed,
)
from bdnnc.language.terms import expanded, merged_terms, written

Sense = Literal["<=", ">=", "=="]
MAX_ROWS = 1_000_000
FAR = "write a bound that the quantity can reach, or leave the constraint out"


@dataclass(slots=True)
class ConstraintChecker:
    """Checks constraints against the network."""

    constants: Constants
    reader: LinearReader
    network: NetworkView

    def check(self, subject: tree.Subject) -> tuple[tuple[Constraint | None, ...], tuple[Monotone | None, ...]]:
        """The comparisons and the monotone statements, None where one is wrong or awaits the data. In the network of a pair,
        those that speak of other classes alone are left out.

        Reports E344 quantities that no constraint knows, E347 rows that do not agree, E348 norms and counts of real numbers
        that are to be large.
        """
        monotone_checker = MonotoneChecker(self.constants, self.network)
        comparisons = [self._comparison(node) for node in subject.constraints if isinstance(node, tree.Constraint)]
        monotone = [monotone_checker.check(node) for node in subject.constraints if isinstance(node, tree.Monotone)]
        return (
            tuple(comparison for comparison in comparisons if not isinstance(comparison, Elsewhere)),
            tuple(statement for statement in monotone if not isinstance(statement, Elsewhere)),
        )

    def _comparison(self, node: tree.Constraint) -> Constraint | Elsewhere | None:
        before = len(self.constants.findings.found)
        left, right = self.reader.read(node.left), self.reader.read(node.right)
        if left is None or right is None:
            return None
        moved = left.minus(right)
        here = tuple(term for term in moved.terms if not isinstance(term.meaning, Elsewhere))
        if moved.terms and not here:
            return Elsewhere()
        for term in here:
            self._allowed(term)
        sizes = self._sizes(here)
        if sizes is None or len(self.constants.findings.found) > before:
            return None
        units, inputs = sizes
        terms = merged_terms(Term(t.coefficient, _rows(t, units, inputs), t.node.span) for t in here)
        sense = cast(Sense, node.comparison.text)
        for term in terms:
            self._bounded_from_above(term, sense)
            if term.span is not None:
                self.constants.is_moderate(term.coefficient, "a coefficient", term.span, "divide both sides by a number")
        larger, where = max((abs(left.constant), node.left), (abs(right.constant), node.right), key=lambda side: side[0])
        self.constants.is_moderate(max(larger, abs(moved.constant)), "the bound of a constraint", where.span, FAR)
        if len(self.constants.findings.found) > before:
            return None
        return Constraint(terms, sense, -moved.constant, len(units) * len(inputs), written(node.span), node.span)

    # --- what may stand in a comparison -----------------------------------------------------------------------------

    def _allowed(self, term: LinearTerm) -> None:
        meaning, node = term.meaning, term.node
        name = node.name.text if isinstance(node, tree.Quantity) else node.part.text
        help_text: str | None = None
        if isinstance(meaning, Loss | NoLoss):
            counts = "`errors` counts what `zero_one` counts"
            help_text = counts if name in ("hamming", "zero_one") else "write it as a goal, with `within` for some slack"
        elif isinstance(meaning, Margin | Margins):
            help_text = f"write `maximize {written(node.span)}` as a goal, or a `margin` in the layer"
        elif isinstance(meaning, Norm) and meaning.kind == "l2":
            help_text = "write `l1`, `linf` or `l0`"
        else:
            return
        self.constants.findings.add("E344", f"`{name}` cannot stand in a constraint", node.span, help=help_text)

    def _bounded_from_above(self, term: Term, sense: Sense) -> None:
        """E348: that a norm or a number of connections be large is no linear statement; on a finite set it can be made one."""
        if term.span is None or (sense != "==" and (term.coefficient > 0) == (sense == "<=")):
            return
        part, places = _magnitudes(term.quantity)
        real = [self.network.layers[place] for place in places if self.network.layers[place].has_real(part)]
        if not real:
            return
        label = real[0].real_label(part)
        chosen = f"layer `{real[0].name}` chooses from real numbers"
        if part == "bias" and real[0].spec is not None and real[0].spec.bias.kind == "auto":
            chosen = f"`bias auto` of layer `{real[0].name}` may choose from real numbers"
        message = f"`{written(term.span)}` can be bounded from above only, because {chosen}"
        help_text = "write `<=`, or choose from a finite set, for example `{-3..3}`"
        self.constants.findings.add("E348", message, term.span, secondary=[label], help=help_text)

    # --- rows -------------------------------------------------------------------------------------------------------

    def _sizes(self, terms: Sequence[LinearTerm]) -> tuple[range, range] | None:
        """What the rows of the comparison run over: units, and inputs within each; one row where no star stands."""
        units: dict[int, LinearTerm] = {}
        inputs: dict[int, LinearTerm] = {}
        for term in terms:
            meaning = term.meaning
            if isinstance(meaning, FanIn):
                of_layer = self.network.layers[meaning.layer].units
                if of_layer is None:
                    return None
                units.setdefault(of_layer, term)
            elif isinstance(meaning, Entry):
                if isinstance(meaning.unit, All):
                    units.setdefault(meaning.units, term)
                if isinstance(meaning.input, All):
                    inputs.setdefault(meaning.inputs, term)
        if not self._agree(units, "units") or not self._agree(inputs, "inputs") or not self._fan_in_alone(terms, inputs):
            return None
        sizes = range(next(iter(units), 1)), range(next(iter(inputs), 1))
        return sizes if self._few(terms, len(sizes[0]) * len(sizes[1])) else None

    def _agree(self, lengths: Mapping[int, LinearTerm], what: str) -> bool:
        if len(lengths) < 2:
            return True
        (one, first), (other, second) = list(lengths.items())[:2]
        label = Label(first.node.span, f"{one} {what if one != 1 else what[:-1]} here")
        message = f"this stands for {other} {what if other != 1 else what[:-1]}, another part of the comparison for {one}"
        help_text = "compare things of one size, or write one constraint for each"
        self.constants.findings.add("E347", message, second.node.span, secondary=[label], help=help_text)
        return False

    def _fan_in_alone(self, terms: Sequence[LinearTerm], inputs: Mapping[int, LinearTerm]) -> bool:
        fan_in = next((term for term in terms if isinstance(term.meaning, FanIn)), None)
        if fan_in is None or not inputs:
            return True
        starred = next(iter(inputs.values()))
        label = Label(fan_in.node.span, "one number a unit")
        message = "`fan_in` is one number a unit, and `*` for the input makes one a connection"
        self.constants.findings.add("E347", message, starred.node.span, secondary=[label], help="write one input")
        return False

    def _few(self, terms: Sequence[LinearTerm], rows: int) -> bool:
        if rows <= MAX_ROWS:
            return True
        span = terms[0].node.span
        message = f"this comparison stands for {rows:,} rows"
        self.constants.findings.add("E347", message, span, notes=[f"a comparison has at most {MAX_ROWS:,} rows"])
        return False


def _magnitudes(quantity: Quantity) -> tuple[Literal["weights", "bias"], tuple[int, ...]]:
    """The parameters whose magnitudes, or being there at all, a quantity measures."""
    match quantity:
        case Norm(_, part, layers):
            return part, layers
        case FanIn(layer):
            return "weights", (layer,)
        case UnitsUsed(layer):
            return "weights", (layer + 1,)
        case FeaturesUsed():
            return "weights", (0,)
        case _:
            return "weights", ()


def _rows(term: LinearTerm, units: range, inputs: range) -> Quantity:
    """The quantity of a term that `_allowed` let pass, written out over the rows."""
    if isinstance(term.meaning, Entry):
        return expanded(term.meaning, units, inputs)
    return cast(Quantity, term.meaning)
