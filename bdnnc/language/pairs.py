"""The checks of a `network one_vs_one`: those of a plain network, once for each pair of classes.

Inside, `classes` is 2 and `samples` counts the training points of the two classes, so that every number may differ from pair to
pair. A warning is one only where it holds for all pairs; an error of some pairs names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, Label, Span
from bdnnc.language import tree
from bdnnc.language.checker import check_model
from bdnnc.language.spec import Facts, ModelSpec

SHOWN = 3
"""Pairs that an error names."""

MOST_PAIRS = 5_000
"""Networks of an ensemble, those of 100 classes: a number that is taken for a class would make many more."""


def is_ensemble(file: tree.File) -> bool:
    """Whether the file asks for a network for each pair of classes."""
    return any(isinstance(block, tree.Network) and block.one_vs_one is not None for block in file.statements)


def too_many_pairs(file: tree.File, known: Facts) -> list[Diagnostic]:
    """E314 where there are more pairs of classes than an ensemble may have networks; ``known``: the facts of all data."""
    count = len(known.every_class)
    pairs = count * (count - 1) // 2
    words = [block.one_vs_one for block in file.statements if isinstance(block, tree.Network)]
    if pairs <= MOST_PAIRS or words[0] is None:
        return []
    message = f"{count:,} classes have {pairs:,} pairs, and an ensemble has at most {MOST_PAIRS:,} networks"
    counted = Label(known.span, "classes counted here")
    help_text = "leave classes out with `keep classes`; numbers to be met need the loss `absolute` and no `one_vs_one`"
    return [Diagnostic("E314", message, Label(words[0].span), (counted,), help=help_text)]


def check_pairs(
    file: tree.File, overrides: Mapping[str, str], folder: Path, facts: Sequence[Facts]
) -> tuple[tuple[ModelSpec, ...] | None, list[Diagnostic]]:
    """`check_model` with the facts of each pair. None if one of the pairs has an error, or if their inputs are not the same:
    E342."""
    models: list[ModelSpec] = []
    found: list[tuple[str, list[Diagnostic]]] = []
    for known in facts:
        model, diagnostics = check_model(file, overrides, folder, known)
        found.append((" and ".join(f"`{name}`" for name in known.classes or ()), diagnostics))
        models += [] if model is None else [model]
    said = _together(found)
    if len(models) == len(facts):
        said += _different_powers(models)
    return (None if any(d.is_error for d in said) else tuple(models)), said


def _different_powers(models: Sequence[ModelSpec]) -> list[Diagnostic]:
    powers = sorted({model.layers[0].powers for model in models})
    if len(powers) < 2:
        return []
    message = f"the pairs take different powers of their inputs: {', '.join(map(str, powers))}"
    return [
        Diagnostic("E342", message, Label(models[0].layers[0].span), help="write a number that does not depend on `samples`")
    ]


def _together(found: Sequence[tuple[str, Sequence[Diagnostic]]]) -> list[Diagnostic]:
    """What was said of all pairs, once; what was said of some of them with their names."""
    by_place: dict[tuple[str, Span | None], list[tuple[str, Diagnostic]]] = {}
    for pair, diagnostics in found:
        for diagnostic in diagnostics:
            place = None if diagnostic.primary is None else diagnostic.primary.span
            by_place.setdefault((diagnostic.code, place), []).append((pair, diagnostic))
    said: list[Diagnostic] = []
    for same in by_place.values():
        pairs = list(dict.fromkeys(pair for pair, _ in same))
        texts = dict.fromkeys(diagnostic for _, diagnostic in same)
        if len(pairs) == len(found) and len(texts) * len(pairs) == len(same):
            said += texts
        elif same[0][1].is_error:
            said.append(_of_pairs(same[0][1], pairs))
        elif len(pairs) == len(found):
            said.append(same[0][1])
    return said


def _of_pairs(diagnostic: Diagnostic, pairs: Sequence[str]) -> Diagnostic:
    more = len(pairs) - SHOWN
    rest = f"; and of {more} more pairs" if more > 0 else ""
    return replace(diagnostic, notes=(*diagnostic.notes, f"in the network of {'; of '.join(pairs[:SHOWN])}{rest}"))
