"""The `data` block: from the tree to a `DataSpec`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeVar, cast

from bdnnc.diagnostics import Label, Span
from bdnnc.diagnostics.suggest import did_you_mean, known_names
from bdnnc.language import tree
from bdnnc.language.columns import ColumnReader, shown_column
from bdnnc.language.constants import Constants, shown
from bdnnc.language.encode_checks import EncodeChecker
from bdnnc.language.sets import ranges_of
from bdnnc.language.spec import BuiltinSource, DataSpec, FileSource, Hold, Located, Pick, Scale

C = TypeVar("C")

SUFFIXES = (".csv", ".tsv", ".npz", ".parquet")
BINARY = (".npz", ".parquet")
"""Files without a dialect."""

LIBRARIES = ("sklearn",)
SCALES = {"none": 0, "minmax": 2, "standard": 0, "binarize": 1}
"""Kinds of scale and how many numbers each takes."""

CLAUSE_NAMES: dict[type[tree.Node], str] = {
    tree.FromFile: "from",
    tree.FromBuiltin: "from",
    tree.Target: "target",
    tree.Features: "features",
    tree.ScaleClause: "scale",
    tree.Take: "take",
    tree.Keep: "keep",
    tree.Missing: "missing",
}


@dataclass(slots=True)
class DataChecker:
    """Checks one data block. ``folder``: where the paths of the file start; ``regression``: whether the target is a number."""

    constants: Constants
    folder: Path
    regression: bool

    def check(self, block: tree.Data) -> DataSpec | None:
        """The block's meaning; None if it has no source. Whether it is free of errors, the findings tell."""
        self._once(block)
        source = self._source(block)
        target_clause = _only(block, tree.Target)
        target = None if target_clause is None else ColumnReader(self.constants).one(target_clause.column)
        features = self._features(_only(block, tree.Features))
        scale = self._scale(_only(block, tree.ScaleClause))
        take = self._take(_only(block, tree.Take))
        keep = self._keep(_only(block, tree.Keep))
        holds = self._holds(block)
        missing = _only(block, tree.Missing)
        encodes = [clause for clause in block.clauses if isinstance(clause, tree.Encode)]
        self._target_among_features(target, features)
        if source is None:
            return None
        action = cast(Literal["drop", "error"], missing.action.text if missing else "error")
        return DataSpec(
            source=source,
            span=block.span,
            target=target,
            features=features,
            scale=scale,
            take=take,
            keep=keep,
            holds=holds,
            missing=action,
            encodes=EncodeChecker(self.constants, target).check(encodes),
            regression=self.regression,
        )

    # --- source -----------------------------------------------------------------------------------------------------

    def _once(self, block: tree.Data) -> None:
        first: dict[str, Span] = {}
        for clause in block.clauses:
            if isinstance(clause, tree.HoldClause):
                name = f"hold {clause.kind.text}"
            elif type(clause) in CLAUSE_NAMES:
                name = CLAUSE_NAMES[type(clause)]
            else:
                continue
            if name in first:
                label = Label(first[name], "first here")
                self.constants.findings.add("E115", f"`{name}` stands twice in `data`", clause.span, secondary=[label])
            first.setdefault(name, clause.span)

    def _source(self, block: tree.Data) -> FileSource | BuiltinSource | None:
        clause = _only(block, tree.FromFile) or _only(block, tree.FromBuiltin)
        if clause is None:
            help_text = 'name a file, `from "points.csv"`, or a built-in set, `from sklearn("iris")`'
            self.constants.findings.add("E120", "`data` has no `from`", block.keyword, help=help_text)
            return None
        if isinstance(clause, tree.FromFile):
            return self._file(clause)
        if clause.library.text not in LIBRARIES:
            help_text = did_you_mean(clause.library.text, LIBRARIES) or f"known: {known_names(LIBRARIES)}"
            message = f"there is no library `{clause.library.text}` of data sets"
            self.constants.findings.add("E224", message, clause.library.span, help=help_text)
        return BuiltinSource(clause.library.text, clause.name.value, clause.call, clause.name.span)

    def _file(self, clause: tree.FromFile) -> FileSource | None:
        text = self.constants.string(clause.path, "the path of a file")
        if text is None:
            return None
        suffix = Path(text).suffix.lower()
        if suffix not in SUFFIXES:
            message = f'a file of data ends in `.csv`, `.tsv`, `.npz` or `.parquet`, not `"{text}"`'
            help_text = "save the table as `.csv`"
            self.constants.findings.add("E210", message, clause.path.span, help=help_text)
        delimiter, header = self._dialect(clause, suffix)
        return FileSource(self.folder / text, text, clause.path.span, delimiter, header)

    def _dialect(self, clause: tree.FromFile, suffix: str) -> tuple[Located[str] | None, Located[bool] | None]:
        delimiter: Located[str] | None = None
        header: Located[bool] | None = None
        findings, seen = self.constants.findings, dict[str, Span]()
        for part in clause.dialect:
            name = part.keyword.text
            if name in seen:
                label = Label(seen[name], "first here")
                findings.add("E115", f"`{name}` stands twice in `from`", part.span, secondary=[label])
            seen.setdefault(name, part.span)
            if suffix in BINARY:
                findings.add("E226", f"a `{suffix}` file has no `{name}`", part.span, help="leave it out")
            elif isinstance(part.value, tree.Word):
                header = Located(part.value.text == "yes", part.value.span)
            else:
                delimiter = self._delimiter(part.value)
        return delimiter, header

    def _delimiter(self, node: tree.Text) -> Located[str] | None:
        value = "\t" if node.value.lower() == "tab" else node.value
        if len(value) != 1 or value in '"\r\n' or value.isalnum():
            help_text = 'for example `";"`, or `"tab"`'
            self.constants.findings.add(
                "E231", "a delimiter is one character, no letter, digit or quote", node.span, help=help_text
            )
            return None
        return Located(value, node.span)

    # --- columns ----------------------------------------------------------------------------------------------------

    def _features(self, clause: tree.Features | None) -> tuple[Located[str | int], ...] | None:
        if clause is None or isinstance(clause.columns, tree.Word):
            return None
        entries = clause.columns.items if isinstance(clause.columns, tree.ListOf) else clause.columns
        if not entries:
            self.constants.findings.add("E252", "a list of features is empty", clause.span, help="write `features all`")
            return None
        columns: dict[str | int, Located[str | int]] = {}
        for column in ColumnReader(self.constants).several(entries):
            if column.value in columns:
                label = Label(columns[column.value].span, "first here")
                message = f"column `{shown_column(column.value)}` stands twice in `features`"
                self.constants.findings.add("W251", message, column.span, secondary=[label], help="one is enough")
            columns.setdefault(column.value, column)
        return tuple(columns.values())

    def _target_among_features(
        self, target: Located[str | int] | None, features: tuple[Located[str | int], ...] | None
    ) -> None:
        for feature in features or ():
            if target is not None and feature.value == target.value:
                label = Label(target.span, "the target")
                self.constants.findings.add("E217", "the target is among the features", feature.span, secondary=[label])

    # --- scale, take, keep, hold ------------------------------------------------------------------------------------

    def _scale(self, clause: tree.ScaleClause | None) -> Scale:
        if clause is None:
            return Scale()
        kind, findings = clause.kind.text, self.constants.findings
        digits = None
        if clause.digits is not None:
            digits = self.constants.integer(clause.digits, "the number of decimals", 0, 30)
        if kind not in SCALES:
            help_text = did_you_mean(kind, SCALES) or f"known: {known_names(SCALES)}"
            findings.add("E250", f"there is no scale `{kind}`", clause.kind.span, help=help_text)
            return Scale(span=clause.span)
        if clause.signed is not None and kind != "binarize":
            findings.add("E250", f"`signed` belongs to `binarize`, not to `{kind}`", clause.signed.span)
        numbers = self._scale_numbers(clause, kind)
        scale_kind = cast(Literal["none", "minmax", "standard", "binarize"], kind)
        signed = clause.signed is not None
        if numbers is None or kind in ("none", "standard"):
            return Scale(kind=scale_kind, signed=signed, digits=digits, span=clause.span)
        if kind == "minmax" and numbers[0] >= numbers[1]:
            message = f"`minmax({shown(numbers[0])}, {shown(numbers[1])})` has no room"
            findings.add("E250", message, clause.span, help="the first number is below the second")
        second = numbers[1] if len(numbers) > 1 else Fraction(1)
        return Scale(kind=scale_kind, a=numbers[0], b=second, signed=signed, digits=digits, span=clause.span)

    def _scale_numbers(self, clause: tree.ScaleClause, kind: str) -> list[Fraction] | None:
        given = clause.arguments.values if clause.arguments else ()
        wanted = SCALES[kind]
        nodes = [node for node in given if not isinstance(node, tree.Text | tree.ListOf)]
        if len(nodes) != len(given) or len(given) != wanted or (wanted == 0 and clause.arguments):
            example = {"none": "none", "minmax": "minmax(0, 1)", "standard": "standard", "binarize": "binarize(0.5)"}[kind]
            count = ("no arguments", "one number", "two numbers")[wanted]
            span = clause.arguments.span if clause.arguments else clause.kind.span
            self.constants.findings.add("E250", f"`{kind}` takes {count}", span, help=f"write `scale {example}`")
            return None
        numbers = [self.constants.number(node, f"the argument of `{kind}`") for node in nodes]
        known = [number for number in numbers if number is not None]
        return known if len(known) == len(numbers) else None

    def _pick(self, count: Located[int] | None, stratified: bool, seed: tree.Expr | None, span: Span) -> Pick:
        value = 0 if seed is None else self.constants.integer(seed, "a seed", 0)
        return Pick(count, stratified, value or 0, span)

    def _count(self, node: tree.Expr) -> Located[int] | None:
        count = self.constants.integer(node, "a number of points", 1)
        return None if count is None else Located(count, node.span)

    def _take(self, clause: tree.Take | None) -> Pick | None:
        if clause is None:
            return None
        if isinstance(clause.count, tree.Word) and (clause.stratified or clause.seed is not None):
            message = "`take all` takes every point, so `stratified` and `seed` mean nothing"
            self.constants.findings.add("E251", message, clause.span, help="leave them out, or take a number of points")
        count = None if isinstance(clause.count, tree.Word) else self._count(clause.count)
        return self._pick(count, clause.stratified, clause.seed, clause.span)

    def _keep(self, clause: tree.Keep | None) -> Located[tuple[Located[str | Fraction], ...]] | None:
        if clause is None:
            return None
        kept: dict[str | Fraction, Located[str | Fraction]] = {}
        items = clause.classes.items
        numbers = ranges_of([item for item in items if isinstance(item, tree.Item)], clause.classes.span, self.constants)
        if numbers is None:
            return None
        located: list[Located[str | Fraction]] = [Located(n, part.span) for part in numbers for n in part.members()]
        located.extend(Located(item.value, item.span) for item in items if isinstance(item, tree.Text))
        for label in located:
            if label.value in kept:
                name = f'"{label.value}"' if isinstance(label.value, str) else shown(label.value)
                first = Label(kept[label.value].span, "first here")
                message = f"class `{name}` stands twice"
                self.constants.findings.add("W301", message, label.span, secondary=[first], help="one is enough")
            kept.setdefault(label.value, label)
        if len(kept) < 2:
            help_text = 'name two or more labels, for example `keep classes ["a", "b"]`, or leave the clause out for all'
            self.constants.findings.add("E257", "`keep classes` keeps at least two classes", clause.span, help=help_text)
        return Located(tuple(kept.values()), clause.span)

    def _holds(self, block: tree.Data) -> tuple[Hold, ...]:
        holds: dict[str, Hold] = {}
        for clause in block.clauses:
            if not isinstance(clause, tree.HoldClause) or clause.kind.text in holds:
                continue
            rows = self._held_rows(clause)
            if rows is not None:
                kind = cast(Literal["test", "validation"], clause.kind.text)
                holds[kind] = Hold(kind, rows, clause.span)
        return tuple(holds.values())

    def _held_rows(self, clause: tree.HoldClause) -> Pick | FileSource | None:
        if not isinstance(clause.rows, tree.FromFile):
            count = self._count(clause.rows)
            return None if count is None else self._pick(count, clause.stratified, clause.seed, clause.span)
        if clause.stratified or clause.seed is not None:
            message = "a file is held as a whole: `stratified` and `seed` have no meaning"
            self.constants.findings.add("E251", message, clause.span)
        return self._file(clause.rows)


def _only(block: tree.Data, kind: type[C]) -> C | None:
    """The first clause of a kind."""
    return next((clause for clause in block.clauses if isinstance(clause, kind)), None)
