"""What to say where a training ended without a network: why, as far as is known, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from bdnnc.diagnostics import Diagnostic, Label, Span
from bdnnc.exact import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bdnnc.ir.problem import Problem
    from bdnnc.language.quantities import Quantity
    from bdnnc.pipeline import Pipeline
    from bdnnc.training.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Declared:
    """What the networks that were searched had to be. ``constraints``: statements of `subject to`; ``margin``: `exact`,
    `chosen`, `declared` or `published`, of all layers together; ``block``: the keyword `subject to`, the layers where there
    are no constraints; ``sense`` and ``cutoff`` of the first goal; ``notes``: what the compiler chose, and findings in the data
    that bear on constraints; ``classes``: the two of a pair, where each pair has its network. ``robust``: what `robust static`
    asks of all points, in words, and what may help; none without it."""

    constraints: int
    margin: str
    block: Span | None
    sense: Literal["minimize", "maximize"] = "minimize"
    cutoff: Fraction | None = None
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    robust: tuple[str, str] | None = None


def declared(pipeline: Pipeline, cutoff: Fraction | None) -> Declared:
    """What the file of a pipeline declares."""
    from bdnnc.language.tree import Network, Subject
    from bdnnc.network.planned import network_class

    problem = pipeline.problem
    count = len(problem.constraints) + len(problem.monotone)
    kind = Subject if count else Network
    block = next((statement.keyword for statement in pipeline.tree.statements if isinstance(statement, kind)), None)
    margin = str(network_class(pipeline.formulation)["margin"])
    notes = (*_choices(pipeline), *_dead_inputs(pipeline))
    classes = problem.classes if pipeline.classes else ()
    return Declared(count, margin, block, problem.goals[0].sense, cutoff, notes, classes, _static(problem))


def _static(problem: Problem) -> tuple[str, str] | None:
    """What `robust static` asks of every point, and what makes that possible."""
    if not problem.keeps_patterns:
        return None
    first = problem.layers[0]
    note = "`robust static` asks every point, also a wrong one, to keep its first-layer pattern over its whole set"
    is_bound = first.bias.kind in ("none", "fixed") and not first.sparse and not first.domain.contains(Fraction(0))
    if is_bound:
        note += (
            f"; layer `{first.name}` has no 0 among its weights and no bias to choose, so that no unit can stay away from all"
        )
    more = f"put 0 among the weights of `{first.name}`, or give it a bias; " if is_bound else ""
    return note, f"{more}make the set smaller, or write `robust static soft`, which counts points that change as errors"


def _choices(pipeline: Pipeline) -> Iterator[str]:
    """The ranges of biases and the margins that the file leaves to the compiler: another choice might allow a network."""
    for layer, found in zip(pipeline.problem.layers, pipeline.program.classes, strict=True):
        if layer.bias.kind == "auto":
            yield f"`bias auto` of layer `{found.layer}` is {found.bias}"
        if found.kind == "chosen":
            yield f"margin of layer `{found.layer}` {found.margin_text}"


def _dead_inputs(pipeline: Pipeline) -> Iterator[str]:
    """Inputs without influence, where a constraint counts connections or inputs: they have none."""
    from bdnnc.data.merging import constant_note

    if any(_counts(term.quantity) for constraint in pipeline.problem.constraints for term in constraint.terms):
        yield from constant_note(pipeline.dataset.inputs, pipeline.dataset.dead)


def _counts(quantity: Quantity) -> bool:
    from bdnnc.language.quantities import FanIn, FeaturesUsed, Norm

    return isinstance(quantity, FanIn | FeaturesUsed) or (isinstance(quantity, Norm) and quantity.kind == "l0")


def no_network(outcome: Outcome, searched: Declared) -> Diagnostic:
    """E520 (infeasible), E526 (none within the cutoff), E521 (none found in time) or E522 (the solver failed, or what it claims
    cannot be written down); that of a pair names its classes."""
    found = _no_network(outcome, searched)
    if not searched.classes:
        return found
    return replace(found, message=f"{' against '.join(f'`{name}`' for name in searched.classes)}: {found.message}")


def _no_network(outcome: Outcome, searched: Declared) -> Diagnostic:
    if outcome.stages[-1].status == "infeasible":
        return _infeasible(outcome.message, searched) if searched.cutoff is None else _beyond(searched.cutoff, searched.sense)
    if outcome.refusal:
        return _refused(outcome.refusal)
    if outcome.message:
        help = (
            "try another `--seed` or `--start` from a network; numbers of very different magnitudes are a common cause, "
            "which `scale minmax(0, 1)` and coefficients near 1 mend"
        )
        return Diagnostic("E522", f"the solver failed before a network was found: {outcome.message}", help=help)
    note = f"a network has to keep {_counted(searched.constraints)}; most of the time may go into finding the first that does"
    return Diagnostic(
        "E521",
        "no network was found within the limits",
        notes=(note,) if searched.constraints else (),
        help="give it more time with `--time-limit`, take fewer points, or start from a network with `--start`",
    )


def _refused(reason: str) -> Diagnostic:
    message = f"no network with exactly what the solver claimed could be written down: {reason}"
    note = "the solver keeps rows within its tolerance only, and its tightest one was not enough"
    help = (
        "leave more room between its numbers: a `margin` in the layers, scales such as `minmax(0, 1)`, a constraint on real "
        "numbers that is not met by one point alone"
    )
    return Diagnostic("E522", message, notes=(note,), help=help)


def _infeasible(message: str, searched: Declared) -> Diagnostic:
    among = "" if searched.margin == "exact" else f", among networks of the {searched.margin} margins"
    if searched.constraints:
        notes = [f"it would have to keep {_counted(searched.constraints)}{among}"]
        which = "leave it out to see what can be had"
        if searched.constraints > 1:
            which = "leave out constraints one by one to see which exclude each other"
        help = f"{which}, or widen weights and biases"
    else:
        notes = [f"there are no constraints: its weights, biases and margins exclude each other{among}"]
        help = "widen weights and biases, or make margins smaller"
    if searched.robust is not None:
        notes.append(searched.robust[0])
        help = searched.robust[1]
    if searched.margin == "chosen":
        help += "; a smaller `margin` in the layers allows more networks"
    label = None if searched.block is None else Label(searched.block, _label(searched.constraints))
    return Diagnostic(
        "E520",
        "no network of the declared class exists",
        label,
        notes=(*notes, *searched.notes, *filter(None, [message])),
        help=help,
    )


def _label(constraints: int) -> str:
    if not constraints:
        return "no network is of this class"
    return "no network keeps this" if constraints == 1 else f"no network keeps these {constraints} together"


def _counted(constraints: int) -> str:
    return f"{constraints} {'constraint' if constraints == 1 else 'constraints'}"


def _beyond(cutoff: Fraction, sense: Literal["minimize", "maximize"]) -> Diagnostic:
    most, change = ("most", "raise") if sense == "minimize" else ("least", "lower")
    message = f"no network of the declared class has an objective of at {most} {decimal_text(cutoff)}, the cutoff"
    return Diagnostic("E526", message, help=f"{change} `cutoff`, or leave it out to see what can be had")
