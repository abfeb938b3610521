"""Terms of goals and constraints: equal quantities added up, entries written out as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from bdnnc.diagnostics import Span
from bdnnc.language.entries import All, Entry
from bdnnc.language.quantities import Parameters, Quantity, Term

COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|#[^\n]*')
"""A string, which is kept, or a comment."""


def merged_terms(terms: Iterable[Term]) -> tuple[Term, ...]:
    """One term a quantity, in the order of their first appearance, without those whose coefficients add up to 0."""
    sums: dict[Quantity, Fraction] = {}
    spans: dict[Quantity, Span | None] = {}
    for term in terms:
        sums[term.quantity] = sums.get(term.quantity, Fraction(0)) + term.coefficient
        spans.setdefault(term.quantity, term.span)
    return tuple(Term(total, quantity, spans[quantity]) for quantity, total in sums.items() if total != 0)


def one_row(entry: Entry) -> Parameters:
    """A single weight or bias."""
    return expanded(entry, range(1), range(1))


def expanded(entry: Entry, units: range, inputs: range) -> Parameters:
    """The entry in each row of a comparison, which runs over ``units`` and, within each, over ``inputs``."""
    rows = [(unit, given) for unit in units for given in inputs]
    fixed_unit, fixed_input = entry.unit, entry.input
    of_units = tuple(unit if isinstance(fixed_unit, All) else fixed_unit for unit, _ in rows)
    if fixed_input is None:
        return Parameters(entry.layer, entry.part, of_units)
    of_inputs = tuple(given if isinstance(fixed_input, All) else fixed_input for _, given in rows)
    return Parameters(entry.layer, entry.part, of_units, of_inputs)


def written(span: Span) -> str:
    """The text of a span on one line, without comments."""
    return " ".join(COMMENT.sub(r"\1", span.source.text[span.start : span.end]).split())
