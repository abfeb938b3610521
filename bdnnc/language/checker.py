"""The checker's front: what a tree means, and everything that is wrong with it, all at once.

``check_data`` needs the text only. ``check_model`` can run before the data are read (``facts`` None), when it skips what
depends on them, and again when they are there. Both report what belongs to the whole file (params, the language version);
``merged`` drops what was said twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from bdnnc.diagnostics import Diagnostic, Label, Source, Span
from bdnnc.language import tree
from bdnnc.language.constants import Constants
from bdnnc.language.data_checks import DataChecker
from bdnnc.language.findings import Findings, merged
from bdnnc.language.goal_checks import GoalChecker
from bdnnc.language.linear import LinearReader
from bdnnc.language.network_checks import NetworkChecker
from bdnnc.language.network_view import NetworkView, view
from bdnnc.language.params import evaluate_params
from bdnnc.language.parser import parse_value
from bdnnc.language.quantities import Goal
from bdnnc.language.quantity_reader import QuantityReader
from bdnnc.language.spec import DataSpec, Facts, LayerSpec, ModelSpec, TrainSpec
from bdnnc.language.statements import Statements, check_statements
from bdnnc.language.train_checks import TrainChecker
from bdnnc.language.traversal import walk
from bdnnc.language.words import QUANTITY_WORDS

S = TypeVar("S", bound=tree.Node)
MANDATORY: tuple[tuple[str, type[tree.Node]], ...] = (
    ("data", tree.Data),
    ("network", tree.Network),
    ("objective", tree.Objective),
)
EXAMPLES = {
    "data": 'data { from "points.csv" }',
    "network": "network { layer output: classes step units }",
    "objective": "minimize hamming",
}
OPTIONAL: tuple[tuple[str, type[tree.Node]], ...] = (
    ("subject to", tree.Subject),
    ("robust", tree.Robust),
    ("train", tree.Train),
)


def check_data(file: tree.File, overrides: Mapping[str, str], folder: Path) -> tuple[DataSpec | None, list[Diagnostic]]:
    """The data block with every constant a number. ``folder``: where its paths start, that of the file.

    The spec is None exactly if there is an error among the diagnostics.
    """
    findings = Findings()
    constants = _constants(file, overrides, findings, facts=None, before_data=True)
    _blocks(file, findings, MANDATORY[:1])
    block = _first(file, tree.Data)
    spec = None if block is None else DataChecker(constants, folder, regression_span(file) is not None).check(block)
    if spec is not None:
        spec = replace(spec, keep_raw=_speaks_of_raw(file))
    return (None if findings.has_errors() else spec), findings.result()


def check_model(
    file: tree.File, overrides: Mapping[str, str], folder: Path, facts: Facts | None
) -> tuple[ModelSpec | None, list[Diagnostic]]:
    """Network, goals and training with every constant a number. With ``facts`` None, what depends on the data is skipped.

    The spec is None if there is an error, or if it depends on data that are not known.
    """
    findings = Findings()
    constants = _constants(file, overrides, findings, facts=facts, before_data=False)
    _blocks(file, findings, (*MANDATORY[1:], *OPTIONAL))
    _unused(file, findings)
    parts = _Parts(file, constants, folder)
    layers = parts.layers()
    statements = parts.statements(layers)
    train = parts.train()
    known = tuple(layer for layer in layers if layer is not None)
    complete = statements.complete and len(known) == len(layers)
    if findings.has_errors() or constants.awaits_data or not complete:
        return None, findings.result()
    params = {name: value for name, value in constants.values.items() if isinstance(value, Fraction | str)}
    model = ModelSpec(known, statements.goals, train, params, statements.constraints, statements.monotone, statements.robust)
    return model, findings.result()


def check_file(
    file: tree.File, overrides: Mapping[str, str], folder: Path
) -> tuple[DataSpec | None, ModelSpec | None, list[Diagnostic]]:
    """Both checks without data: all that the text alone can tell."""
    data, of_data = check_data(file, overrides, folder)
    model, of_model = check_model(file, overrides, folder, None)
    return data, model, merged(of_data, of_model)


def check_goal(
    file: tree.File, overrides: Mapping[str, str], folder: Path, facts: Facts, text: Source, begin: int
) -> tuple[Goal | None, list[Diagnostic]]:
    """A goal to be minimized beside those of the file: the expression that stands in ``text`` from ``begin`` on.

    None if there is an error, there or in the file's network.
    """
    value, wrong = parse_value(text, begin)
    if value is None or isinstance(value, tree.Text):
        whole = Span(text, begin, len(text.text))
        return None, wrong or [Diagnostic("E124", "a goal cannot be a string", Label(whole), help="leave out the quotes")]
    findings = Findings()
    parts = _Parts(file, _constants(file, overrides, findings, facts=facts, before_data=False), folder)
    clause = tree.GoalClause(value.span, tree.Word(value.span, "minimize"), value, None)
    return parts.goal(clause, parts.layers()), findings.result()


@dataclass(frozen=True, slots=True)
class _Parts:
    """The blocks of a file other than `data`, each through its checker."""

    file: tree.File
    constants: Constants
    folder: Path

    def layers(self) -> tuple[LayerSpec | None, ...]:
        """One entry a layer; none where there is no network."""
        block = _first(self.file, tree.Network)
        params = {s.name.text: s.name.span for s in self.file.statements if isinstance(s, tree.Param)}
        regression = regression_span(self.file)
        return () if block is None else NetworkChecker(self.constants, self.folder, params, regression).check(block)

    def statements(self, layers: tuple[LayerSpec | None, ...]) -> Statements:
        """Goals, constraints and robustness against these layers."""
        network = self._view(layers)
        objective, subject = _first(self.file, tree.Objective), _first(self.file, tree.Subject)
        robust = _first(self.file, tree.Robust)
        return check_statements(network, objective, subject, robust, self.constants, self.folder)

    def goal(self, clause: tree.GoalClause, layers: tuple[LayerSpec | None, ...]) -> Goal | None:
        """A goal alone."""
        network = self._view(layers)
        reader = LinearReader(self.constants, QuantityReader(self.constants, network))
        checker = GoalChecker(self.constants, reader, network, constrained=True)
        return checker.check(tree.Objective(clause.span, (clause,)))[0]

    def _view(self, layers: tuple[LayerSpec | None, ...]) -> NetworkView:
        block = _first(self.file, tree.Network)
        is_robust = _first(self.file, tree.Robust) is not None
        nodes = block.layers if block else ()
        return view(nodes, layers, self.constants.facts, regression_span(self.file), is_robust)

    def train(self) -> TrainSpec | None:
        block, data = _first(self.file, tree.Train), _first(self.file, tree.Data)
        holds = () if data is None else (c.kind.text for c in data.clauses if isinstance(c, tree.HoldClause))
        return None if block is None else TrainChecker(self.constants, self.folder, "validation" in holds).check(block)


def regression_span(file: tree.File) -> Span | None:
    """Where `absolute` stands in a goal first: the file is then about numbers, not classes. None if it doesn't."""
    objective = _first(file, tree.Objective)
    goals = () if objective is None else objective.goals
    found = [n.name.span for g in goals for n in walk(g.value) if isinstance(n, tree.Quantity) and n.name.text == "absolute"]
    return min(found, key=lambda span: span.start, default=None)


def _speaks_of_raw(file: tree.File) -> bool:
    """Whether a set of the `robust` block is in the units of the file."""
    block = _first(file, tree.Robust)
    return block is not None and any(isinstance(clause, tree.Perturbation) and clause.raw for clause in block.clauses)


def _constants(
    file: tree.File, overrides: Mapping[str, str], findings: Findings, *, facts: Facts | None, before_data: bool
) -> Constants:
    """Constants with the params in place; the language version is checked on the way."""
    network = _first(file, tree.Network)
    layers = frozenset(layer.name.text for layer in network.layers) if network else frozenset[str]()
    constants = Constants(findings, facts, layers=layers, before_data=before_data)
    if file.language is not None and file.language.version.text != "1":
        message = f"language {file.language.version.text} is not known"
        findings.add("E121", message, file.language.version.span, help="this compiler reads language 1")
    evaluate_params(file, overrides, constants)
    return constants


def _blocks(file: tree.File, findings: Findings, kinds: tuple[tuple[str, type[tree.Node]], ...]) -> None:
    """E114 a block twice, E122 two goals without `then`, E120 a mandatory block that is missing."""
    if not file.statements:
        start = Span(file.span.source, 0, 0)
        findings.add("E120", "the file says nothing", start, help="`bdnnc new NAME` writes a file to begin with")
        return
    for name, kind in kinds:
        found = [statement for statement in file.statements if isinstance(statement, kind)]
        for other in found[1:]:
            first = Label(_head(found[0]), "first here")
            if isinstance(other, tree.Objective):
                help_text = "write `then` between goals, the more important one first"
                findings.add("E122", "two goals without `then`", _head(other), secondary=[first], help=help_text)
            else:
                findings.add("E114", f"`{name}` stands twice in the file", _head(other), secondary=[first])
        if not found and (name, kind) in MANDATORY:
            start = Span(file.span.source, 0, 0)
            what = "the file has no objective" if kind is tree.Objective else f"the file has no `{name}` block"
            findings.add("E120", what, start, help=f"add one, for example `{EXAMPLES[name]}`")


def _unused(file: tree.File, findings: Findings) -> None:
    used = _names_used(file)
    for statement in file.statements:
        if isinstance(statement, tree.Param) and statement.name.text not in used | QUANTITY_WORDS:
            message = f"the param `{statement.name.text}` is never used"
            findings.add("W101", message, statement.name.span, help="remove it, or end its line with `# bdnnc: allow W101`")


def _names_used(file: tree.File) -> set[str]:
    """Every name that stands where a param could be meant."""
    names: set[str] = set()
    for node in walk(file):
        if isinstance(node, tree.Quantity):
            names.add(node.name.text)
            if isinstance(node.of, tree.Word):
                names.add(node.of.text)
        elif isinstance(node, tree.FromFile | tree.Mask) and isinstance(node.path, tree.Word):
            names.add(node.path.text)
        elif isinstance(node, tree.Weights | tree.BiasClause) and isinstance(node.value, tree.Word):
            names.add(node.value.text)
    return names


def _head(statement: tree.Node) -> Span:
    """The keyword of a block, where it has one, else all of it."""
    match statement:
        case tree.Data() | tree.Network() | tree.Subject() | tree.Robust() | tree.Train():
            return statement.keyword
        case tree.Objective():
            return statement.goals[0].sense.span
        case _:
            return statement.span


def _first(file: tree.File, kind: type[S]) -> S | None:
    return next((statement for statement in file.statements if isinstance(statement, kind)), None)
