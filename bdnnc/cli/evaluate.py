"""``bdnnc evaluate``: a trained network on labelled points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from bdnnc.cli.common import Color, Colored, DataPath, Formatted, ModelPath, Output, Quiet, face_of
from bdnnc.diagnostics import Diagnostic, UserError

if TYPE_CHECKING:
    from bdnnc.cli.stored import Stored
    from bdnnc.language.quantities import Term
    from bdnnc.language.spec import Facts


def evaluate(
    context: typer.Context,
    model: ModelPath,
    data: DataPath,
    format: Formatted = Output.TEXT,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Print loss, errors, accuracy and confusion of a model, or how far its values are off. DATA has the targets."""
    from bdnnc.cli.points import read_data
    from bdnnc.cli.stored import stored
    from bdnnc.network.evaluation import evaluate as figures

    face = face_of(context, quiet, color)
    found = stored(model)
    rows = read_data(found.model, data, labelled=True, missing=found.data_spec().missing)
    if rows.y is None:
        name = found.model.target.name
        what = "classes" if found.model.network.classes else "numbers"
        help = f"use `predict` for points without {what}"
        raise UserError(Diagnostic("E215", f"`{data}` has no column `{name}` with the {what}", help=help))
    face.notes(rows.notes)
    terms = _loss_terms(found)
    weighted = None if terms is None else _weighted(found, terms)
    if terms is not None and weighted is None:
        face.notes(["the loss is left out: its `balanced` weights belong to the training points, which are not here any more"])
    evaluation = figures(found.model.network, rows.samples(), weighted)
    if format is Output.JSON:
        from bdnnc.network.exact_json import write

        face.json(write(evaluation.table()))
    else:
        face.result(evaluation.text())
    return 0


def _loss_terms(found: Stored) -> tuple[Term, ...] | None:
    """The loss of the stored spec's first goal, its errors where it has no loss; None where neither, and for a model that holds
    no goal."""
    from bdnnc.language import check_model
    from bdnnc.network.score import loss_terms

    spec, wrong = check_model(found.tree(), {}, found.folder, _facts(found))
    if spec is None:
        raise UserError([d for d in wrong if d.is_error])
    return (loss_terms(spec.goals[0]) or None) if spec.goals else None


def _facts(found: Stored) -> Facts:
    """What the model file itself tells of the data that it was trained on."""
    from bdnnc.data.sources import sources
    from bdnnc.language.spec import Facts

    model = found.model
    inputs = [entry for entry in model.network.inputs if entry.power == 1]
    names = {column.column: column.name for column in sources(inputs)[0]} | {model.target.column: model.target.name}
    return Facts(
        samples=model.training.samples,
        inputs=tuple(entry.name for entry in inputs),
        classes=model.network.classes or None,
        span=found.data_spec().source.span,
        input_columns=tuple(entry.column for entry in inputs),
        columns=tuple(names.get(column, "") for column in range(max(names) + 1)),
    )


def _weighted(found: Stored, terms: Sequence[Term]) -> tuple[Term, ...] | None:
    """The terms with their class weights; those that are `balanced` are counted on the training points, None if these cannot be
    read again."""
    from bdnnc.cli.stored import recompiled
    from bdnnc.network.score import is_balanced, resolved

    if not any(is_balanced(term) for term in terms):
        return tuple(terms)
    try:
        return resolved(terms, recompiled(found, None, None).dataset.counts.sum(axis=0).tolist())
    except UserError:  # the data is gone; the other figures need it not
        return None
