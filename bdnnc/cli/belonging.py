"""What to say where a spec or a data file is held against a model that was not trained from it."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from bdnnc.diagnostics import Diagnostic, Label, Source, Span

if TYPE_CHECKING:
    from bdnnc.network.check import Check
    from bdnnc.stored.model import Stored


def foreign_spec(found: Stored, given: Source, used: str, hashes: Check) -> Diagnostic:
    """E560 of ``given``, whose text with the stored params is ``used``, at the first line that differs in the stored spec."""
    stored_label, given_label = _first_difference(found.source, Source(given.name, used))
    return Diagnostic(
        "E560",
        f"`{given.name}` is not the spec that `{found.path}` was trained from",
        stored_label,
        (given_label,),
        notes=(_hash_note(hashes),),
        help="train again from this spec, or leave it out: the spec of the training stands in the model file",
    )


def foreign_data(found: Stored, path: Path, hashes: Check) -> Diagnostic:
    """E560 of the file at ``path``, which is not what the network was trained on."""
    from bdnnc.data.sources import sources

    columns, _ = sources(found.model.network.inputs)
    names = list(dict.fromkeys(column.name for column in columns))
    shown = ", ".join(f"`{name}`" for name in names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return Diagnostic(
        "E560",
        f"`{path}` is not the data that `{found.path}` was trained on",
        notes=(_hash_note(hashes), f"the network reads {shown}; its target is `{found.model.target.name}`"),
        help="name the file of the training with `--data FILE`; `evaluate` takes any points",
    )


def _hash_note(hashes: Check) -> str:
    return f"`{hashes.name}` is {hashes.claimed} in the model file, but recomputed it is {hashes.recomputed}"


def _first_difference(stored: Source, given: Source) -> tuple[Label, Label]:
    """The first lines that differ, of both texts."""
    before = 0
    for own, other in zip_longest(stored.text.splitlines(True), given.text.splitlines(True), fillvalue=""):
        if own != other:
            return _line(stored, before, own, "in the model's `spec`"), _line(given, before, other, "in the spec given")
        before += len(own)
    return _line(stored, 0, "", "in the model's `spec`"), _line(given, 0, "", "in the spec given")


def _line(source: Source, start: int, line: str, text: str) -> Label:
    indent = len(line) - len(line.lstrip())
    return Label(Span(source, start + (indent if line.strip() else 0), start + len(line.rstrip())), text)
