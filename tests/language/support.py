"""Reading the example files of this folder, with the data facts and overrides that their first line asks for."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bdnnc.diagnostics import Diagnostic, Source, Span
from bdnnc.language import check_data, check_model, merged, parse
from bdnnc.language import tree as syntax
from bdnnc.language.spec import Conflicts, DataSpec, Facts, ModelSpec
from bdnnc.language.tree import File

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.bdnn"))
GOOD = sorted((HERE / "good").glob("*.bdnn"))
HEADER = re.compile(r"# test: (.*)")


@dataclass(frozen=True)
class Checked:
    """What the checks say of one text."""

    tree: File | None
    data: DataSpec | None
    model: ModelSpec | None
    diagnostics: list[Diagnostic]

    @property
    def codes(self) -> list[str]:
        return [diagnostic.code for diagnostic in self.diagnostics]


@dataclass(frozen=True)
class Data:
    """Facts by hand. ``columns``: those of the file; ``inputs``: as ``name@column``, or a name after the columns in order."""

    samples: int = 100
    inputs: tuple[str, ...] = ("a", "b")
    columns: tuple[str, ...] = ("a", "b", "class")
    conflicts: Conflicts | None = None
    counts: tuple[int, ...] = ()
    one_hot: tuple[int, ...] = ()

    def facts(self, classes: tuple[str, ...] | None, span: Span) -> Facts:
        pairs = [given.split("@") for given in self.inputs]
        names = tuple(pair[0] for pair in pairs)
        places = tuple(int(pair[1]) if len(pair) > 1 else place for place, pair in enumerate(pairs))
        return Facts(
            self.samples, names, classes, span, places, self.columns, self.conflicts, self.counts, one_hot=self.one_hot
        )


def check_text(
    text: str,
    name: str = "t.bdnn",
    overrides: dict[str, str] | None = None,
    classes: tuple[str, ...] | None = None,
    facts: Data | None = None,
) -> Checked:
    """Parses and checks; with ``classes`` or ``facts``, as if data had been read (facts without classes: numbers as target)."""
    tree, found = parse(Source(name, text))
    if tree is None:
        return Checked(None, None, None, found)
    folder = Path("folder")
    data, of_data = check_data(tree, overrides or {}, folder)
    made = None if classes is None and facts is None else (facts or Data()).facts(classes, source_span(tree))
    model, of_model = check_model(tree, overrides or {}, folder, made)
    return Checked(tree, data, model, merged(of_data, of_model))


def check_example(path: Path) -> Checked:
    """An example file. Its first line ``# test: classes=a,b samples=9 inputs=a@0 columns=a,c conflicts=2:3,4 counts=5,4
    onehot=1 -D n=3`` sets facts and overrides."""
    text = path.read_bytes().decode()
    header = HEADER.match(text)
    words = shlex.split(header[1], posix=False) if header else []
    overrides: dict[str, str] = {}
    classes: tuple[str, ...] | None = None
    facts: Data | None = None
    for word in words:
        key, _, value = word.partition("=")
        if key == "classes":
            classes = tuple(value.split(","))
        elif key in ("samples", "inputs", "columns", "conflicts", "counts", "onehot"):
            facts = replace(facts or Data(), **{"one_hot" if key == "onehot" else key: _fact(key, value)})
        elif key != "-D":
            overrides[key] = value
    return check_text(text, path.name, overrides, classes, facts)


def _fact(key: str, value: str) -> Any:
    if key == "samples":
        return int(value)
    if key in ("counts", "onehot"):
        return tuple(map(int, value.split(",")))
    if key != "conflicts":
        return tuple(value.split(","))
    unavoidable, _, rows = value.partition(":")
    return Conflicts(int(unavoidable), tuple(map(int, rows.split(","))))


def source_span(tree: File) -> Span:
    """What follows `from` in the data block, or the whole text where there is none."""
    blocks = [statement for statement in tree.statements if isinstance(statement, syntax.Data) and statement.clauses]
    if not blocks:
        return tree.span
    clause = blocks[0].clauses[0].span
    return Span(clause.source, min(clause.start + len("from "), clause.end), clause.end)


def mistakes(text: str) -> list[str]:
    """The codes of errors."""
    return [code for code in check_text(text).codes if code.startswith("E")]
