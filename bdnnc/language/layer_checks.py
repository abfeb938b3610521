"""One layer: its units, sets, biases, margin, files and powers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeVar, cast

from bdnnc.diagnostics import Label, Span
from bdnnc.language import tree
from bdnnc.language.constants import Constants, shown
from bdnnc.language.sets import domain
from bdnnc.language.spec import ArrayFile, Bias, Domain, Interval, LayerSpec, Located, ScaledSet

C = TypeVar("C", bound=tree.Node)
MAX_UNITS = 100_000
MAX_POWERS = 9
DEFAULT_WEIGHTS = Interval(Fraction(-1), Fraction(1))

CLAUSE_NAMES: dict[type[tree.Node], str] = {
    tree.Weights: "weights",
    tree.BiasClause: "bias",
    tree.Margin: "margin",
    tree.Mask: "mask",
    tree.Powers: "powers",
}


@dataclass(slots=True)
class LayerChecker:
    """Checks single layers. ``folder``: where paths start."""

    constants: Constants
    folder: Path

    def check(self, layer: tree.Layer, is_first: bool, is_output: bool) -> LayerSpec | None:
        """The layer; None if it is wrong or awaits the data.

        Reports E115 a clause twice, E120 linear units without weights, E126 powers, E311 and E312 units, E313 margins, E340
        clauses that exclude each other, E341 biases from a scaled set, E342 powers of a deeper layer, and what the sets report.
        """
        before = len(self.constants.findings.found)
        self._once(layer)
        units = self.constants.integer(layer.units, "a number of units", 1, MAX_UNITS)
        unit = cast(Literal["step", "sign", "linear"], layer.unit.kind.text)
        height = self._height(layer, is_output)
        clause = _weights_clause(layer)
        weights = self._weights(layer, clause, is_output)
        bias = self._bias(_clause(layer, tree.BiasClause))
        margin = self._margin(_clause(layer, tree.Margin), layer)
        mask, start = _clause(layer, tree.Mask), _start_clause(layer)
        mask_file = None if mask is None else self._array(mask.path)
        start_file = None if start is None else self._array(cast(tree.Text | tree.Word, start.value))
        powers = self._powers(_clause(layer, tree.Powers), is_first)
        is_wrong = any(diagnostic.is_error for diagnostic in self.constants.findings.found[before:])
        if is_wrong or units is None or height is None or weights is None or bias is None or powers is None:
            return None
        return LayerSpec(
            name=layer.name.text,
            units=units,
            unit=unit,
            weights=weights,
            bias=bias,
            span=layer.span,
            name_span=layer.name.span,
            units_span=layer.units.span,
            weights_span=clause.span if clause else layer.name.span,
            margin=margin,
            mask=mask_file,
            start=start_file,
            height=height,
            powers=powers,
        )

    def _once(self, layer: tree.Layer) -> None:
        """E115: every clause stands once; a start may stand beside a set."""
        first: dict[str, Span] = {}
        for clause in layer.clauses:
            name = "weights start" if _is_start(clause) else CLAUSE_NAMES[type(clause)]
            if name in first:
                label = Label(first[name], "first here")
                message = f"`{name}` stands twice in layer `{layer.name.text}`"
                help_text = (
                    "weights are either chosen `in` a set or `fixed`" if name == "weights" else "leave one of the two out"
                )
                self.constants.findings.add("E115", message, clause.span, secondary=[label], help=help_text)
            first.setdefault(name, clause.span)

    # --- units ------------------------------------------------------------------------------------------------------

    def _height(self, layer: tree.Layer, is_output: bool) -> Fraction | None:
        """The v of `step(v)`, else 1."""
        unit, findings = layer.unit, self.constants.findings
        if unit.kind.text == "linear" and not is_output:
            message = f"layer `{layer.name.text}` has linear units, but is not the last layer"
            findings.add("E311", message, unit.span, help="only the output layer may be linear")
            return None
        if unit.height is None:
            return Fraction(1)
        height = self.constants.number(unit.height, "the height of a step")
        if height is not None and height <= 0:
            message = f"the height of a step is positive, not {shown(height)}"
            findings.add("E312", message, unit.height.span, help="a negative height is `step` with negative weights behind it")
            return None
        if height is not None and not self.constants.is_moderate(height, "the height of a step", unit.height.span):
            return None
        if is_output:
            findings.add("E311", "the last layer has steps of height 1", unit.span, help="write `step`")
            return None
        return height

    def _powers(self, clause: tree.Powers | None, is_first: bool) -> int | None:
        if clause is None:
            return 1
        degree = self.constants.integer(clause.degree, "the highest power", 1, MAX_POWERS)
        if is_first:
            return degree
        message = "`powers` are taken of the inputs of the network"
        help_text = "write it in the first layer"
        self.constants.findings.add("E342", message, clause.span, help=help_text)
        return None

    # --- weights, bias, margin --------------------------------------------------------------------------------------

    def _weights(self, layer: tree.Layer, clause: tree.Weights | None, is_output: bool) -> Domain | ArrayFile | None:
        findings, start = self.constants.findings, _start_clause(layer)
        if clause is None:
            if layer.unit.kind.text != "linear" or not is_output:
                return DEFAULT_WEIGHTS
            message = f"the linear layer `{layer.name.text}` says nothing of its weights"
            notes = ["step and sign units do the same at any scale, linear ones do not, so there is no default"]
            findings.add("E120", message, layer.unit.span, notes=notes, help="write for example `weights in [-10, 10]`")
            return None
        if not isinstance(clause.value, tree.Text | tree.Word):
            return domain(clause.value, self.constants)
        if start is not None:
            label = Label(clause.span, "fixed here")
            message = "fixed weights need no start"
            findings.add("E340", message, start.span, secondary=[label], help="leave one of the two out")
        return self._array(clause.value)

    def _bias(self, clause: tree.BiasClause | None) -> Bias | None:
        if clause is None:
            return Bias()
        kind = clause.how.text
        if kind == "fixed":
            file = self._array(cast(tree.Text | tree.Word, clause.value))
            return None if file is None else Bias("fixed", None, clause.span, file)
        if kind in ("none", "auto"):
            return Bias(kind, None, clause.span)
        node = cast(tree.SetNode, clause.value)
        values = domain(node, self.constants)
        if isinstance(values, ScaledSet):
            message = "a bias has no scale of its own"
            help_text = "write an interval or a finite set, or `bias auto`"
            self.constants.findings.add("E341", message, node.span, help=help_text)
            return None
        return None if values is None else Bias(cast(Literal["in", "shared"], kind), values, clause.span)

    def _margin(self, clause: tree.Margin | None, layer: tree.Layer) -> Located[Fraction | Literal["exact"]] | None:
        if clause is None:
            return None
        if layer.unit.kind.text == "linear":
            label = Label(layer.unit.span, "linear here")
            message = "linear units have no margin"
            self.constants.findings.add("E313", message, clause.span, secondary=[label], help="leave the clause out")
            return None
        if isinstance(clause.value, tree.Word):
            return Located("exact", clause.span)
        value = self.constants.number(clause.value, "a margin")
        if value is None:
            return None
        if value <= 0:
            help_text = "leave the clause out, and the compiler chooses a margin"
            self.constants.findings.add("E313", f"a margin is positive, not {shown(value)}", clause.value.span, help=help_text)
            return None
        return Located(value, clause.span) if self.constants.is_moderate(value, "a margin", clause.value.span) else None

    def _array(self, path: tree.Text | tree.Word) -> ArrayFile | None:
        text = self.constants.string(path, "the path of a file")
        return None if text is None else ArrayFile(self.folder / text, text, path.span)


def _clause(layer: tree.Layer, kind: type[C]) -> C | None:
    """The first clause of a kind."""
    return next((clause for clause in layer.clauses if isinstance(clause, kind)), None)


def _is_start(clause: tree.Node) -> bool:
    return isinstance(clause, tree.Weights) and clause.how.text == "start"


def _weights_clause(layer: tree.Layer) -> tree.Weights | None:
    """The first that says what the weights are."""
    return next((c for c in layer.clauses if isinstance(c, tree.Weights) and not _is_start(c)), None)


def _start_clause(layer: tree.Layer) -> tree.Weights | None:
    return next((c for c in layer.clauses if isinstance(c, tree.Weights) and _is_start(c)), None)
