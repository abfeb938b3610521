"""The `train` block: from the tree to a `TrainSpec`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bdnnc.diagnostics import Label, Span
from bdnnc.diagnostics.suggest import did_you_mean, known_names
from bdnnc.language import tree
from bdnnc.language.constants import Constants, shown
from bdnnc.language.spec import Located, TrainSpec

COMMON = ("time_limit", "gap", "node_limit", "threads", "seed", "solver", "start")
OWN = {
    "exact": ("cutoff",),
    "local_search": ("rounds", "restarts"),
    "split": ("by", "rounds", "batch", "batches", "average"),
    "search": ("restarts", "moves", "pool"),
}
"""Options of one method only. The names are the methods."""

SOLVERS = ("auto", "highs", "cpsat", "scip", "gurobi")
MAX_INTEGER = 2**31 - 1
INTEGERS = {
    "node_limit": 1,
    "threads": 1,
    "seed": 0,
    "rounds": 1,
    "restarts": 1,
    "moves": 1,
    "pool": 1,
    "batch": 1,
}
"""Integer options and their least values; solvers keep them in 32 bits."""

NO_START = "none"
"""The start of a solver that shall begin with nothing."""

CHOICES = {"by": ("kmeans", "svm"), "batches": ("one", "all"), "average": ("yes", "no")}
"""Options that are one of a few words."""


@dataclass(slots=True)
class TrainChecker:
    """Checks one train block. ``folder``: where the path of `start` begins; ``validates``: whether validation points are
    held."""

    constants: Constants
    folder: Path
    validates: bool

    def check(self, train: tree.Train) -> TrainSpec:
        """The method and its options; those that are wrong are reported and left out."""
        method, findings = train.method.text, self.constants.findings
        if method not in OWN:
            help_text = did_you_mean(method, OWN) or f"known: {known_names(OWN)}"
            findings.add("E630", f"there is no method `{method}`", train.method.span, help=help_text)
        options: dict[str, Located[Fraction | str]] = {}
        for option in self._distinct(node for node in train.options if isinstance(node, tree.Option)):
            if self._belongs(option.name, method):
                value = self._value(option)
                if value is not None:
                    options[option.name.text] = Located(value, option.value.span)
        average = options.get("average")
        if average is not None and average.value == "yes" and not self.validates:
            message = "`average yes` chooses by validation points, and the file holds none"
            findings.add("E638", message, average.span, help="write `hold validation ..` in `data`, or `average no`")
        return TrainSpec(Located(method, train.method.span), options, self._solver_options(train))

    def _distinct(self, options: Iterable[tree.Option]) -> Iterator[tree.Option]:
        first: dict[str, Span] = {}
        for option in options:
            name = option.name.text
            if name in first:
                label = Label(first[name], "first here")
                self.constants.findings.add("E115", f"the option `{name}` stands twice", option.span, secondary=[label])
                continue
            first[name] = option.span
            yield option

    def _belongs(self, word: tree.Word, method: str) -> bool:
        name = word.text
        known = (*COMMON, *OWN.get(method, ()))
        if name in known:
            return True
        owners = [owner for owner, names in OWN.items() if name in names]
        if method not in OWN and owners:
            return False
        if owners:
            message = f"`{name}` is an option of {' and '.join(f'`{owner}`' for owner in owners)}, not of `{method}`"
            self.constants.findings.add("E631", message, word.span)
        else:
            help_text = did_you_mean(name, known) or f"options of `{method}`: {known_names(known)}"
            self.constants.findings.add("E631", f"there is no option `{name}`", word.span, help=help_text)
        return False

    def _value(self, option: tree.Option) -> Fraction | str | None:
        name, node = option.name.text, option.value
        if name == "solver":
            return self._solver(option)
        if name == "start":
            return self._start(option)
        if name in INTEGERS:
            integer = self.constants.integer(node, f"`{name}`", INTEGERS[name], MAX_INTEGER)
            return None if integer is None else Fraction(integer)
        if name in CHOICES:
            return self._choice(name, node)
        value = self.constants.number(node, f"`{name}`")
        if value is None:
            return None
        if name == "time_limit" and value <= 0:
            return self._reject(f"`time_limit` is a positive number of seconds, not {shown(value)}", node.span)
        if name == "gap" and value < 0:
            return self._reject(f"`gap` is at least 0, not {shown(value)}", node.span)
        return value

    def _reject(self, message: str, span: Span, help: str | None = None) -> None:
        self.constants.findings.add("E632", message, span, help=help)

    def _word(self, node: tree.Expr | tree.Text) -> Fraction | str | None:
        """A bare word stands for itself unless a param has its name."""
        if isinstance(node, tree.Quantity) and node.arguments is None and node.name.text not in self.constants.values:
            return node.name.text
        value = self.constants.value(node)
        return value if isinstance(value, Fraction | str) else None

    def _choice(self, name: str, node: tree.Expr | tree.Text) -> str | None:
        value, words = self._word(node), CHOICES[name]
        if value is None:
            return None
        if isinstance(value, str) and value in words:
            return value
        text = value if isinstance(value, str) else shown(value)
        return self._reject(f"`{name}` is {' or '.join(f'`{word}`' for word in words)}, not `{text}`", node.span)

    def _solver(self, option: tree.Option) -> str | None:
        value = self._word(option.value)
        if value is None:
            return None
        if isinstance(value, str) and (value in SOLVERS or (value.startswith("cvxpy:") and value != "cvxpy:")):
            return value
        help_text = did_you_mean(value, SOLVERS) if isinstance(value, str) else None
        text = value if isinstance(value, str) else shown(value)
        solvers = f'known: {known_names(SOLVERS)}, `"cvxpy:NAME"`'
        self.constants.findings.add("E501", f"there is no solver `{text}`", option.value.span, help=help_text or solvers)
        return None

    def _start(self, option: tree.Option) -> str | None:
        node = option.value
        if isinstance(node, tree.Text):
            return str(self.folder / node.value)
        value = self._word(node)
        if value == NO_START and isinstance(node, tree.Quantity) and node.name.text == NO_START:
            return NO_START
        if isinstance(value, str):
            return str(self.folder / value)
        if isinstance(value, Fraction):
            return self._reject("`start` is the path of a model file", node.span, 'write it in quotes: `start "model.json"`')
        return None

    def _solver_options(self, train: tree.Train) -> dict[str, Located[Fraction | str]]:
        """Names are checked by the solver that gets them."""
        blocks = [node for node in train.options if isinstance(node, tree.SolverOptions)]
        if len(blocks) > 1:
            label = Label(blocks[0].keyword, "first here")
            self.constants.findings.add("E115", "`options` stands twice in `train`", blocks[1].keyword, secondary=[label])
        found: dict[str, Located[Fraction | str]] = {}
        for option in self._distinct(option for block in blocks[:1] for option in block.options):
            value = self._word(option.value)
            if value is not None:
                found[option.name.text] = Located(value, option.value.span)
        return found
