"""``bdnnc evaluate``: a trained network on labelled points."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import typer

from bdnnc.cli.common import Color, Colored, DataPath, Formatted, ModelPath, Output, Quiet, face_of
from bdnnc.diagnostics import Diagnostic, UserError

if TYPE_CHECKING:
    from bdnnc.data.dataset import Samples
    from bdnnc.language.quantities import Term
    from bdnnc.network.ensemble import Predictor
    from bdnnc.network.evaluation import Evaluation, RegressionEvaluation
    from bdnnc.stored.model import Stored


Terms = tuple[tuple["Term", ...], ...]
"""The terms that are the loss: one tuple, or one for each pair of an ensemble."""


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
    from bdnnc.stored.model import stored

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
    evaluation = _evaluated(found.model.network, rows.samples(), weighted)
    if format is Output.JSON:
        from bdnnc.network.exact_json import write

        face.json(write(evaluation.table()))
    else:
        face.result(evaluation.text())
    return 0


def _loss_terms(found: Stored) -> Terms | None:
    """The loss of the stored spec's first goal, its errors where it has no loss; None where neither, and for a model that holds
    no goal."""
    from bdnnc.network.score import loss_terms

    specs = found.model_specs()
    terms = tuple(loss_terms(spec.goals[0]) if spec.goals else () for spec in specs)
    return terms if any(terms) else None


def _evaluated(network: Predictor, samples: Samples, terms: Terms | None) -> Evaluation | RegressionEvaluation:
    """The figures on these points; the loss of an ensemble is the sum over its members, each on the points of its classes."""
    from bdnnc.network.ensemble import Ensemble
    from bdnnc.network.ensemble_score import members_loss
    from bdnnc.network.evaluation import evaluate, evaluate_votes

    if not isinstance(network, Ensemble):
        return evaluate(network, samples, None if terms is None else terms[0])
    loss = None if terms is None else members_loss(network, samples, terms)
    return replace(evaluate_votes(network, samples), loss=loss)


def _weighted(found: Stored, terms: Terms) -> Terms | None:
    """The terms with their class weights; those that are `balanced` are counted on the training points, None if these cannot be
    read again."""
    from bdnnc.network.score import is_balanced, resolved
    from bdnnc.stored.model import recompiled

    if not any(is_balanced(term) for part in terms for term in part):
        return terms
    try:
        sizes = recompiled(found, None, None).dataset.counts.sum(axis=0).tolist()
    except UserError:  # the data is gone; the other figures need it not
        return None
    of_parts = combinations(sizes, 2) if found.model.members else [sizes]
    return tuple(resolved(part, counts) for part, counts in zip(terms, of_parts, strict=True))
