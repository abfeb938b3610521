"""Random goals and constraints that fit a network: what the checker of the language would let pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from bdnnc.ir.domains import ContinuousDomain, RealDomain
from bdnnc.ir.problem import BiasRule
from bdnnc.language.quantities import (
    Constraint,
    Errors,
    FanIn,
    FeaturesUsed,
    Goal,
    Loss,
    Margin,
    Margins,
    Monotone,
    Norm,
    Parameters,
    Quantity,
    Term,
    UnitsUsed,
)
from tests.oracle.problems import goal

COEFFICIENTS = [Fraction(1), Fraction(1, 4), Fraction(3)]


@dataclass(frozen=True)
class Statements:
    """``sparse``: the layers whose connections may be absent, since something counts them."""

    goals: tuple[Goal, ...]
    constraints: tuple[Constraint, ...]
    monotone: tuple[Monotone, ...]
    sparse: frozenset[int]


@st.composite
def statements(draw: st.DrawFn, shape: Any, domains: Sequence[Any], biases: Sequence[BiasRule], plain: bool) -> Statements:
    """``shape``: see `strategies`; ``domains`` and ``biases``: one a layer."""
    if plain:
        return Statements((goal(draw(_losses(shape, plain))),), (), (), frozenset())
    penalties = st.sampled_from(_penalties(shape, domains, biases))
    goals = [draw(_first_goals(shape, penalties)), *draw(st.lists(_later_goals(shape, penalties), max_size=1))]
    constraints = draw(st.lists(_constraints(shape, domains, biases), max_size=2))
    monotone = draw(st.lists(_monotone(shape), max_size=1)) if draw(st.integers(0, 3)) == 0 else []
    said = [term.quantity for part in (*goals, *constraints) for term in part.terms]
    return Statements(tuple(goals), tuple(constraints), tuple(monotone), _sparse(said))


def _sparse(quantities: list[Quantity]) -> frozenset[int]:
    found: set[int] = set()
    for quantity in quantities:
        match quantity:
            case FanIn(place):
                found.add(place)
            case Norm("l0", "weights", layers):
                found |= set(layers)
            case UnitsUsed(place):
                found.add(place + 1)
            case FeaturesUsed():
                found.add(0)
            case _:
                pass
    return frozenset(found)


@st.composite
def _losses(draw: st.DrawFn, shape: Any, plain: bool) -> Loss | Errors:
    classes = shape.classes
    if not classes:
        return Loss("absolute", weights=())
    weights = draw(st.sampled_from([[1, 1, 1], [1, 4, 2], [Fraction(1, 3), Fraction(3, 4), 1]]))
    weights = tuple(Fraction(weight) for weight in weights[:classes])
    of_unit = ["hinge", "zero_one"] if shape.output == "linear" else ["hamming", "zero_one"]
    kind = draw(st.sampled_from(of_unit if plain else [*of_unit, "errors"]))
    if kind == "errors":
        return Errors(draw(st.sampled_from([None, *range(classes)])))
    return Loss(kind, draw(st.sampled_from([Fraction(1), Fraction(1, 2)])) if kind == "hinge" else Fraction(0), weights)


@st.composite
def _first_goals(draw: st.DrawFn, shape: Any, penalties: st.SearchStrategy[Quantity]) -> Goal:
    terms = [Term(draw(st.sampled_from(COEFFICIENTS)), draw(_losses(shape, False)))]
    if draw(st.booleans()):
        terms.append(Term(draw(st.sampled_from(COEFFICIENTS)), draw(penalties)))
    within = draw(st.sampled_from([Fraction(0), Fraction(0), Fraction(1)]))
    return goal(*terms, constant=draw(st.sampled_from([Fraction(0), Fraction(5, 2)])), within=within)


@st.composite
def _later_goals(draw: st.DrawFn, shape: Any, penalties: st.SearchStrategy[Quantity]) -> Goal:
    measured = [place for place in range(shape.depth) if place < shape.depth - 1 or shape.output != "linear"]
    if not measured or draw(st.booleans()):
        terms = [Term(Fraction(1), draw(penalties))]
        if draw(st.booleans()):
            parameter = draw(_parameters(shape, 1))
            terms.append(Term(draw(st.sampled_from([Fraction(1), Fraction(-1)])), parameter))
        return goal(*terms)
    margin = draw(st.sampled_from([Margin(), Margins(), *(Margin(place) for place in measured)]))
    terms = [Term(Fraction(1), margin)]
    if draw(st.booleans()):
        terms.append(Term(Fraction(-1, 8), draw(penalties)))
    return goal(*terms, sense="maximize")


@st.composite
def _parameters(draw: st.DrawFn, shape: Any, rows: int) -> Parameters:
    """Of ``rows`` rows: one place, or all units of a layer."""
    place = draw(st.integers(0, shape.depth - 1))
    units = tuple(range(shape.widths[place])) if rows > 1 else (draw(st.integers(0, shape.widths[place] - 1)),)
    if draw(st.booleans()):
        return Parameters(place, "bias", units)
    return Parameters(place, "weights", units, (draw(st.integers(0, shape.fan(place) - 1)),) * len(units))


def _penalties(shape: Any, domains: Sequence[Any], biases: Sequence[BiasRule]) -> list[Quantity]:
    """What a goal can hold from below; squares of finite sets only."""
    every = tuple(range(shape.depth))
    layers = [every, *((place,) for place in every)]
    found: list[Quantity] = [Norm(kind, "weights", of) for kind in ("l0", "l1", "linf") for of in layers]
    found += [Norm(kind, "bias", (place,)) for kind in ("l0", "l1", "linf") for place in every]
    found += [Norm("l2", "weights", of) for of in layers if not any(isinstance(domains[k], ContinuousDomain) for k in of)]
    found += [Norm("l2", "bias", (place,)) for place in every if _has_finite_bias(biases[place])]
    return [*found, *(UnitsUsed(place) for place in every[:-1]), FeaturesUsed()]


def _has_finite_bias(rule: BiasRule) -> bool:
    return rule.kind in ("none", "fixed") or (rule.domain is not None and not isinstance(rule.domain, RealDomain))


def _can_be_large(quantity: Quantity, domains: Sequence[Any], biases: Sequence[BiasRule]) -> bool:
    """Whether a constraint may hold the quantity from above a bound: counts and norms of finite sets only."""
    match quantity:
        case Norm(_, "weights", layers):
            return not any(isinstance(domains[place], ContinuousDomain) for place in layers)
        case Norm(_, _, layers):
            return all(_has_finite_bias(biases[place]) for place in layers)
        case FanIn(place):
            return not isinstance(domains[place], ContinuousDomain)
        case UnitsUsed(place):
            return not isinstance(domains[place + 1], ContinuousDomain)
        case FeaturesUsed():
            return not isinstance(domains[0], ContinuousDomain)
        case _:
            return True


@st.composite
def _constraints(draw: st.DrawFn, shape: Any, domains: Sequence[Any], biases: Sequence[BiasRule]) -> Constraint:
    kind = draw(st.sampled_from(["count", "norm", "parameter", "fan_in", "sum"]))
    rows = 1
    if kind == "count" and shape.classes:
        quantities: list[Quantity] = [Errors(draw(st.sampled_from([None, *range(shape.classes)])))]
    elif kind == "parameter":
        parameter = draw(_parameters(shape, draw(st.integers(1, 2))))
        quantities, rows = [parameter], len(parameter.units)
    elif kind == "fan_in":
        place = draw(st.integers(0, shape.depth - 1))
        quantities, rows = [FanIn(place)], shape.widths[place]
    else:
        norms = [
            quantity
            for quantity in _penalties(shape, domains, biases)
            if not (isinstance(quantity, Norm) and quantity.kind == "l2")
        ]
        quantities = draw(st.lists(st.sampled_from(norms), min_size=1, max_size=2 if kind == "sum" else 1, unique=True))
    senses = ["<=", ">=", "=="] if all(_can_be_large(q, domains, biases) for q in quantities) else ["<="]
    bound = Fraction(draw(st.sampled_from([0, 1, 2, 3, Fraction(1, 2)])))
    terms = tuple(Term(draw(st.sampled_from(COEFFICIENTS)), quantity) for quantity in quantities)
    sense = draw(st.sampled_from(senses))
    return Constraint(terms, sense, bound, rows, f"{terms} {sense} {bound}")


@st.composite
def _monotone(draw: st.DrawFn, shape: Any) -> Monotone:
    inputs = draw(st.sampled_from([(0,), tuple(range(shape.inputs))]))
    output = draw(st.sampled_from([None, *range(shape.widths[-1])]))
    return Monotone(draw(st.booleans()), inputs, output, "monotone")
