"""A set of perturbations made smaller: `linf(r)` as `linf(t r)` for a share t of it, `clip` and `raw` kept."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bdnnc.diagnostics import Diagnostic, InternalError, Label, UserError
from bdnnc.language.robustness import Ball, BoxSet, BudgetSet, PerturbationSet, PolytopeSet, Robustness


def shrunk(robust: Robustness, share: Fraction) -> Robustness:
    """The sets with ``share`` (0 to 1) of their radius. Raises InternalError for sets that `require_radius` refuses."""
    smaller = tuple(replace(given, set=_shrunk(given.set, share)) for given in robust.perturbations)
    return replace(robust, perturbations=smaller)


def require_radius(robust: Robustness) -> None:
    """Raises UserError E415 where a set has no radius."""
    wrong = [given for given in robust.perturbations if not isinstance(given.set, Ball | BudgetSet | BoxSet)]
    found: list[Diagnostic] = []
    for given in wrong:
        name = "polytope" if isinstance(given.set, PolytopeSet) else "flips"
        help_text = "leave `--radius` out, or give `linf`, `l1`, `l2`, `box` or `budget`"
        found.append(Diagnostic("E415", f"`{name}` has no radius that could grow", Label(given.span), help=help_text))
    if found:
        raise UserError(found)


def radius_of(robust: Robustness) -> Fraction | None:
    """The radius, where one ball or budget is all that moves the inputs; else a share of the set is all that can be told."""
    first, *others = (given.set for given in robust.perturbations)
    return first.radius if isinstance(first, Ball | BudgetSet) and not others else None


def _shrunk(given: PerturbationSet, share: Fraction) -> PerturbationSet:
    match given:
        case Ball() | BudgetSet():
            return replace(given, radius=given.radius * share)
        case BoxSet(low, high):
            return BoxSet(tuple(end * share for end in low), tuple(end * share for end in high))
        case _:
            raise InternalError(f"{type(given).__name__} has no radius")
