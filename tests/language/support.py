"""Reading the example files of this folder, with the data facts and overrides that their first line asks for."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, Source, Span
from bdnnc.language import check_data, check_model, merged, parse
from bdnnc.language.spec import DataSpec, Facts, ModelSpec
from bdnnc.language.tree import Data, File

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


def check_text(
    text: str, name: str = "t.bdnn", overrides: dict[str, str] | None = None, classes: tuple[str, ...] | None = None
) -> Checked:
    """Parses and checks; with ``classes``, as if data with 100 samples and two inputs had been read."""
    tree, found = parse(Source(name, text))
    if tree is None:
        return Checked(None, None, None, found)
    folder = Path("folder")
    data, of_data = check_data(tree, overrides or {}, folder)
    facts = None if classes is None else Facts(100, ("a", "b"), classes, source_span(tree))
    model, of_model = check_model(tree, overrides or {}, folder, facts)
    return Checked(tree, data, model, merged(of_data, of_model))


def check_example(path: Path) -> Checked:
    """An example file. A first line ``# test: classes=a,b -D width=3`` sets facts and overrides."""
    text = path.read_bytes().decode()
    header = HEADER.match(text)
    words = shlex.split(header[1], posix=False) if header else []
    overrides: dict[str, str] = {}
    classes: tuple[str, ...] | None = None
    for word in words:
        key, _, value = word.partition("=")
        if key == "classes":
            classes = tuple(value.split(","))
        elif key != "-D":
            overrides[key] = value
    return check_text(text, path.name, overrides, classes)


def source_span(tree: File) -> Span:
    """What follows `from` in the data block, or the whole text where there is none."""
    blocks = [statement for statement in tree.statements if isinstance(statement, Data) and statement.clauses]
    if not blocks:
        return tree.span
    clause = blocks[0].clauses[0].span
    return Span(clause.source, min(clause.start + len("from "), clause.end), clause.end)


def mistakes(text: str) -> list[str]:
    """The codes of errors, leaving out what is only not supported yet."""
    return [code for code in check_text(text).codes if code.startswith("E") and code != "E390"]
