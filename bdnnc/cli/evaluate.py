"""``bdnnc evaluate``: a trained network on labelled points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from bdnnc.cli.common import Color, Colored, DataPath, Formatted, ModelPath, Output, Quiet, face_of
from bdnnc.diagnostics import Diagnostic, UserError

if TYPE_CHECKING:
    from bdnnc.cli.stored import Stored
    from bdnnc.language.spec import Loss
    from bdnnc.network.score import LossRule


def evaluate(
    context: typer.Context,
    model: ModelPath,
    data: DataPath,
    format: Formatted = Output.TEXT,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Print loss, errors, accuracy and confusion of a model. DATA has the classes."""
    from bdnnc.cli.points import read_data
    from bdnnc.cli.stored import stored
    from bdnnc.network.evaluation import evaluate as figures

    face = face_of(context, quiet, color)
    found = stored(model)
    rows = read_data(found.model, data, labelled=True, missing=found.data_spec().missing)
    if rows.y is None:
        name = found.model.target.name
        help = "use `predict` for points without classes"
        raise UserError(Diagnostic("E215", f"`{data}` has no column `{name}` with the classes", help=help))
    face.notes(rows.notes)
    loss = _loss(found)
    rule = _rule(found, loss)
    if loss is not None and rule is None:
        face.notes(["the loss is left out: its `balanced` weights belong to the training points, which are not here any more"])
    evaluation = figures(found.model.network, rows.X, rows.y, rule)
    if format is Output.JSON:
        from bdnnc.network.exact_json import write

        face.json(write(evaluation.table()))
    else:
        face.result(evaluation.text())
    return 0


def _loss(found: Stored) -> Loss | None:
    """The loss of the stored spec's first goal, None for a model that holds no goal."""
    from bdnnc.language import check_model
    from bdnnc.language.spec import Facts

    model = found.model
    names = tuple(entry.name for entry in model.network.inputs)
    facts = Facts(model.training.samples, names, model.network.classes, found.data_spec().source.span)
    spec, wrong = check_model(found.tree(), {}, found.folder, facts)
    if spec is None:
        raise UserError([d for d in wrong if d.is_error])
    return spec.goals[0].loss if spec.goals else None


def _rule(found: Stored, loss: Loss | None) -> LossRule | None:
    """The loss with its class weights; those that are `balanced` are counted on the training points, if these can be read
    again."""
    import numpy as np

    from bdnnc.cli.stored import recompiled
    from bdnnc.network.score import LossRule

    if loss is None:
        return None
    trained_on = np.zeros(0, dtype=np.int64)
    if loss.weighting == "balanced":
        try:
            trained_on = recompiled(found, None, None).dataset.train.y
        except UserError:  # the data is gone; the other figures need it not
            return None
    return LossRule.of(loss, trained_on, len(found.model.network.classes))
