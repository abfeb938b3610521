"""Goals that are constant and constraints that cannot fail, or cannot hold, whatever the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bdnnc.language.constants import shown
from bdnnc.language.contradictions import check_pairs
from bdnnc.language.findings import Findings
from bdnnc.language.lattices import Lattice, lattice_of
from bdnnc.language.network_view import NetworkView
from bdnnc.language.quantities import Constraint, Goal, Parameters, Term, sparse_layers
from bdnnc.language.ranges import Range, Ranges
from bdnnc.language.spec import Bits, Conflicts, FiniteSet
from bdnnc.language.terms import written

MOST_ROWS = 10
MOST_MEMBERS = 8


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares every goal and constraint with the ranges of its quantities.

    Reports E323 constant goals, E350 constraints that cannot hold, alone or in pairs, E351 those that ask for fewer errors than
    are unavoidable, W304 constraints that always hold.
    """

    network: NetworkView
    ranges: Ranges
    findings: Findings

    def goals(self, goals: Sequence[Goal]) -> None:
        for goal in goals:
            span = goal.span
            if span is not None and goal.terms and self.ranges.of_terms(goal.terms).is_point:
                notes = _notes(goal.terms, self.ranges)
                message = "the goal is a constant: every network of this class has the same value"
                self.findings.add("E323", message, span, notes=notes, help="leave it out")

    def constraints(self, constraints: Sequence[Constraint]) -> None:
        conflicts = None if self.network.facts is None else self.network.facts.conflicts
        on_data = self.ranges if conflicts is None else replace(self.ranges, least_errors=conflicts.unavoidable)
        alone: list[Constraint] = []
        for constraint in constraints:
            declared = self.ranges.of_terms(constraint.terms)
            found = on_data.of_terms(constraint.terms)
            lattice = lattice_of(constraint.terms, self.ranges) if constraint.sense == "==" else None
            if _cannot_hold(constraint, declared):
                self._impossible(constraint, declared)
            elif self._misses_the_set(constraint):
                self._not_a_member(constraint)
            elif lattice is not None and not lattice.contains(constraint.bound):
                self._between(constraint, lattice)
            else:
                alone.append(constraint)
                self._on_data(constraint, found, conflicts, on_data)
        check_pairs(alone, self.findings)

    def _on_data(self, constraint: Constraint, found: Range, conflicts: Conflicts | None, ranges: Ranges) -> None:
        """What the points add to the sets and sizes: errors that no network avoids, and counts."""
        if conflicts is not None and _cannot_hold(constraint, found):
            self._contradictory(constraint, conflicts)
        elif _always_holds(constraint, found):
            self._needless(constraint, ranges)

    # --- what to say ------------------------------------------------------------------------------------------------

    def _impossible(self, constraint: Constraint, found: Range) -> None:
        notes = _notes(constraint.terms, self.ranges)
        help_text = _loosened(constraint, found) if constraint.terms else "compare a quantity of the network, such as `errors`"
        self._say("E350", f"`{constraint.text}` cannot hold", constraint, notes, help_text)

    def _not_a_member(self, constraint: Constraint) -> None:
        members = _members(self._domain(constraint.terms[0]))
        notes = [f"it is chosen from `{members}`"]
        self._say("E350", f"`{constraint.text}` cannot hold", constraint, notes, "write a member of that set")

    def _between(self, constraint: Constraint, lattice: Lattice) -> None:
        first = constraint.terms[0]
        is_alone = len(constraint.terms) == 1 and first.coefficient == 1 and first.span is not None
        subject = f"`{written(first.span)}`" if is_alone and first.span else f"what is compared with {shown(constraint.bound)}"
        notes = [f"{subject} is {lattice.text()}"]
        help_text = "write `<=` or `>=`, or a bound that can be met"
        self._say("E350", f"`{constraint.text}` cannot hold", constraint, notes, help_text)

    def _contradictory(self, constraint: Constraint, conflicts: Conflicts) -> None:
        count = conflicts.unavoidable
        message = f"`{constraint.text}` cannot hold: {count} error{' is' if count == 1 else 's are'} unavoidable"
        help_text = f"allow at least {count}, or remove points that contradict each other"
        self._say("E351", message, constraint, [_rows(conflicts)], help_text)

    def _needless(self, constraint: Constraint, ranges: Ranges) -> None:
        notes = _notes(constraint.terms, ranges)
        sparse = sorted(sparse_layers(term.quantity for term in constraint.terms))
        if sparse:
            names = " and ".join(f"`{self.network.layers[layer].name}`" for layer in sparse)
            notes.append(f"all that it does is to let connections of {names} be absent")
        self._say("W304", f"`{constraint.text}` always holds", constraint, notes, "leave it out")

    def _say(self, code: str, message: str, constraint: Constraint, notes: Sequence[str], help: str | None) -> None:
        if constraint.span is not None:
            self.findings.add(code, message, constraint.span, notes=notes, help=help)

    # --- single weights and their sets ------------------------------------------------------------------------------

    def _misses_the_set(self, constraint: Constraint) -> bool:
        """Whether one weight or bias is to be a number that its finite set lacks."""
        if constraint.sense != "==" or len(constraint.terms) != 1:
            return False
        term = constraint.terms[0]
        domain, wanted = self._domain(term), constraint.bound / term.coefficient
        if domain is None or not isinstance(term.quantity, Parameters):
            return False
        if wanted == 0 and self.ranges.may_be_zero(term.quantity.layer, term.quantity.part):
            return False
        if isinstance(domain, Bits):
            return wanted.denominator != 1 or wanted.numerator % 2 == 0
        return wanted not in domain.values

    def _domain(self, term: Term) -> FiniteSet | Bits | None:
        """The finite set that a single weight or bias is chosen from, if it is one."""
        quantity = term.quantity
        spec = self.network.layers[quantity.layer].spec if isinstance(quantity, Parameters) else None
        if spec is None or not isinstance(quantity, Parameters):
            return None
        domain = spec.weights if quantity.part == "weights" else spec.bias.domain
        return domain if isinstance(domain, FiniteSet | Bits) else None


def _notes(terms: Sequence[Term], ranges: Ranges) -> list[str]:
    """The range of each quantity, in words."""
    return [f"`{written(t.span)}` is {ranges.of(t.quantity).text()}" for t in terms if t.span is not None]


def _members(domain: FiniteSet | Bits | None) -> str:
    if not isinstance(domain, FiniteSet):
        return "" if domain is None else f"bits({domain.count})"
    texts = [shown(value) for value in domain.values[:MOST_MEMBERS]]
    return "{" + ", ".join([*texts, *([".."] if len(domain.values) > MOST_MEMBERS else [])]) + "}"


def _cannot_hold(constraint: Constraint, found: Range) -> bool:
    too_large = constraint.sense != ">=" and found.lower is not None and found.lower > constraint.bound
    too_small = constraint.sense != "<=" and found.upper is not None and found.upper < constraint.bound
    return too_large or too_small


def _always_holds(constraint: Constraint, found: Range) -> bool:
    below = found.upper is not None and found.upper <= constraint.bound
    above = found.lower is not None and found.lower >= constraint.bound
    return {"<=": below, ">=": above, "==": below and above}[constraint.sense]


def _loosened(constraint: Constraint, found: Range) -> str | None:
    """A bound that can be met, where the constraint is a quantity and a number."""
    if len(constraint.terms) != 1 or constraint.terms[0].coefficient != 1:
        return None
    if constraint.sense != ">=" and found.lower is not None and found.lower > constraint.bound:
        return f"choose a bound of at least {shown(found.lower)}"
    if constraint.sense != "<=" and found.upper is not None and found.upper < constraint.bound:
        return f"choose a bound of at most {shown(found.upper)}"
    return None


def _rows(conflicts: Conflicts) -> str:
    shown_rows = ", ".join(map(str, conflicts.rows[:MOST_ROWS]))
    more = len(conflicts.rows) - MOST_ROWS
    rest = f" and {more} more" if more > 0 else ""
    return f"equal points of different classes stand in the rows {shown_rows}{rest} (from 0 after the header)"
