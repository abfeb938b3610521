"""A network to look at: as plain text, as HTML for notebooks, and the summary at the end of a training."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from html import escape

from bdnnc.exact import decimal_text
from bdnnc.network.check import value_text
from bdnnc.network.document import GoalRecord, Model, SetRecord, TrainingRecord
from bdnnc.network.ensemble import Ensemble, Predictor
from bdnnc.network.evaluation import percent
from bdnnc.network.measure import present
from bdnnc.network.network import Layer, Network

MAX_UNITS = 20  # rows of a weight table
MAX_INPUTS = 16  # columns of one
ABSENT = "."  # what stands where a connection doesn't exist
CUT = "..."

Branch = tuple[str, "Sequence[Branch]"]


def network_line(network: Predictor) -> str:
    """``9 inputs -> hidden (4 step) -> output (1 step) -> 2 classes``; of an ensemble its first network as one of them."""
    if isinstance(network, Ensemble):
        members = _count(len(network.members), "network")
        return f"{len(network.classes)} classes, {members} of two: {network_line(network.members[0])}"
    layers = [f"{layer.name} ({len(layer.bias)} {_unit(layer)})" for layer in network.layers]
    end = _count(len(network.classes), "class", "classes") if network.classes else "a number"
    return " -> ".join([_count(len(network.inputs), "input"), *layers, end])


def network_text(network: Predictor) -> str:
    """All layers with tables of their weights and biases, numbers as decimals; large tables are cut and say so. Of an ensemble
    one network below the other."""
    if isinstance(network, Ensemble):
        parts = [f"{' against '.join(member.classes)}: {network_text(member)}" for member in network.members]
        return "\n".join([network_line(network), "", *parts])
    blocks = [network_line(network)]
    for layer, names in zip(network.layers, _source_names(network), strict=True):
        rows = _weight_rows(layer, names)
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = ["  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        blocks.append("\n".join([_layer_line(layer), *lines]))
    return "\n\n".join(blocks) + "\n"


def network_html(network: Predictor) -> str:
    """The same as HTML tables."""
    if isinstance(network, Ensemble):
        named = [f"<p>{escape(' against '.join(member.classes))}</p>{network_html(member)}" for member in network.members]
        return f"<p><b>{escape(network_line(network))}</b></p>{''.join(named)}"
    parts = [f"<p><b>{escape(network_line(network))}</b></p>"]
    for layer, names in zip(network.layers, _source_names(network), strict=True):
        header, *rows = _weight_rows(layer, names)
        head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        parts.append(f"<table><caption>{escape(_layer_line(layer))}</caption><tr>{head}</tr>{body}</table>")
    return "".join(parts)


def summary(model: Model, seconds: float | None = None, path: str | None = None) -> str:
    """The tree that ends a training: status and figures, the figures on each set, the network, and where it was saved."""
    sets = [("train", model.sets.train), ("validation", model.sets.validation), ("test", model.sets.test)]
    constraints = model.certificate.recomputable.constraints
    branches: list[Branch] = [
        (_status_line(model.training, seconds), ()),
        *(_goal_branch(place, model) for place in range(len(model.training.goals))),
        *(((f"{_count(constraints, 'constraint')} kept", ()),) if constraints else ()),
        *_robust_branch(model),
        ("sets", [(f"{name}: {_set_line(record)}", ()) for name, record in sets if record is not None]),
        ("network", [(line, ()) for line in (network_line(model.network), *_absent_lines(model), *_margin_lines(model))]),
    ]
    root = "trained" if path is None else f"trained, saved as {path}"
    return "\n".join([root, *_tree_lines(branches, "")]) + "\n"


def _robust_branch(model: Model) -> list[Branch]:
    """What was shown of the training points under perturbation."""
    robust, training = model.certificate.recomputable.robust, model.training
    if robust is None:
        return []
    points = training.samples
    lines: list[Branch] = []
    if training.errors is not None:
        errors = _count(training.errors, "error")
        lines.append((f"train, in the worst case: {errors}; {robust.certified} of {points} right over their whole set", ()))
    network = model.network
    if isinstance(network, Network) and network.layers[0].unit == "linear":
        if training.errors is None:
            lines.append(("train: losses are those of the worst point of each set", ()))
    else:
        lines.append((f"train: {robust.kept} of {points} keep their first-layer pattern over their set", ()))
    return [(f"robust {robust.sense}", lines)]


def _tree_lines(branches: Sequence[Branch], indent: str) -> list[str]:
    lines: list[str] = []
    for place, (label, below) in enumerate(branches):
        last = place == len(branches) - 1
        lines.append(f"{indent}{'└── ' if last else '├── '}{label}")
        lines.extend(_tree_lines(below, indent + ("    " if last else "│   ")))
    return lines


def _status_line(training: TrainingRecord, seconds: float | None) -> str:
    took = "" if seconds is None else f" in {seconds:.1f} s"
    by = training.method if training.solver is None else f"{training.method}, {training.solver}"
    cuts = "" if training.cuts == 0 else f", {_count(training.cuts, 'cut')} from acceptance"
    return f"{training.status.replace('_', ' ')} ({by}){took}{cuts}"


def _goal_branch(place: int, model: Model) -> Branch:
    goal = model.training.goals[place]
    then = "then " if place else ""
    proof = _proofs(place, model) if model.members else _proof(place, model.training)
    return f"{then}{goal.sense} {goal.text}: {_value(goal)}, {proof}", ()


def _proofs(place: int, model: Model) -> str:
    """In how many pairs of an ensemble the bound of a goal is met."""
    goals = [member.training.goals[place] for member in model.members]
    pairs, met = _count(len(goals), "pair"), sum(goal.is_met for goal in goals)
    summed = f"summed over {pairs}, "
    if met == len(goals):
        return f"{summed}proved optimal in each"
    bound = model.training.goals[place].bound
    known = "" if bound is None else f"bound {_short(bound)}, "
    return f"{summed}{known}proved optimal in {met}"


def _value(goal: GoalRecord) -> str:
    before = "" if goal.reached in (None, goal.value) else f" ({_short(goal.best)} before the later goals)"
    return f"{_short(goal.value)}{before}"


def _proof(place: int, training: TrainingRecord) -> str:
    """What is known of a goal's value. `proved` is said of bounds that are met exactly, and of those met within 1e-6 only where
    all of the training is optimal: the record does not say which goals' values lie on a lattice."""
    goal, margin = training.goals[place], margin_of(training)
    if goal.bound is None:
        return "no bound"
    if place == 0 and training.model_objective is not None:
        return _beyond(goal, training.model_objective, margin)
    if not goal.is_met:
        return f"bound {_short(goal.bound)}"
    under = " under the goals before" if place else ""
    among = "" if margin == "exact" else f" among networks of the {margin} margins"
    if goal.bound == goal.best:
        return f"proved optimal{under}{among}"
    if training.status == "optimal":
        return f"proved optimal within 1e-6{under}{among}"
    return f"within 1e-6 of its bound{under}{among}"


def _beyond(goal: GoalRecord, model_objective: Fraction, margin: str) -> str:
    """Of a network that is better than the optimum of the model: with exact margins by the solver's error alone."""
    extreme = "least" if goal.sense == "minimize" else "most"
    found = _short(model_objective)
    if margin == "exact":
        return f"better than {found}, which the solver took for the {extreme}"
    return f"better than {found}, the {extreme} with the {margin} margins"


def margin_of(training: TrainingRecord) -> str:
    """``exact``, ``chosen`` or ``declared``: what the bound's class says of margins as a whole."""
    return str(training.network_class.get("margin", "exact"))


def _set_line(record: SetRecord) -> str:
    if record.absolute is not None:
        mean = record.absolute / max(1, record.samples)
        return f"sum of |a - y| {_short(record.absolute)} over {_count(record.samples, 'sample')}, mean {_short(mean)}"
    errors, accuracy = record.errors or 0, record.accuracy or Fraction(0)
    share = percent(int(accuracy * record.samples), record.samples)
    return f"{_count(errors, 'error')} (a tie is an error), accuracy of predict {share}"


def _absent_lines(model: Model) -> list[str]:
    """The layers that lack connections, or use fewer than there are; not told of an ensemble."""
    layers = () if isinstance(model.network, Ensemble) else model.network.layers
    pairs = [(layer.name, int(present(layer).sum()), layer) for layer in layers if layer.absent.any()]
    return [f"connections of {name}: {used} of {layer.weights.size}" for name, used, layer in pairs]


def _margin_lines(model: Model) -> list[str]:
    margins = model.certificate.recomputable.margins
    return [f"smallest margin of {name}: {_short(margin)}" for name, margin in margins.items()]


def _layer_line(layer: Layer) -> str:
    absent = int(layer.absent.sum())
    more = f", {_count(absent, 'absent connection')}" if absent else ""
    margin = f", margin {value_text(layer.margin)}" if layer.margin else ""
    return f"{layer.name}: {_count(len(layer.bias), f'{_unit(layer)} unit')}{margin}{more}"


def _weight_rows(layer: Layer, names: Sequence[str]) -> list[list[str]]:
    """A header and a row for each unit: its number, its weights, its bias."""
    units, width = layer.weights.shape
    shown = range(min(width, MAX_INPUTS))
    cut = [CUT] if width > MAX_INPUTS else []
    rows = [["unit", *(names[j] for j in shown), *cut, "bias"]]
    for i in range(min(units, MAX_UNITS)):
        weights = [ABSENT if layer.absent[i, j] else _short(layer.weights[i, j]) for j in shown]
        rows.append([str(i), *weights, *cut, _short(layer.bias[i])])
    if units > MAX_UNITS:
        rows.append([CUT] * len(rows[0]))
    return rows


def _source_names(network: Network) -> list[list[str]]:
    """The names of what each layer receives."""
    names = [[entry.name for entry in network.inputs]]
    for layer in network.layers[:-1]:
        names.append([f"{layer.name}[{i}]" for i in range(len(layer.bias))])
    return names


def _unit(layer: Layer) -> str:
    return layer.unit if layer.height == 1 else f"{layer.unit}({value_text(layer.height)})"


def _short(value: Fraction) -> str:
    """The exact decimal where it is short, else six digits, with a tilde that says so where they are not all."""
    if abs(value.numerator) < 10**12 and value.denominator <= 10**6:
        text = decimal_text(value)
        if len(text) <= 10:
            return text
    try:
        text = f"{float(value):.6g}"
    except OverflowError:
        return "~inf" if value > 0 else "~-inf"
    return text if Fraction(text) == value else f"~{text}"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
