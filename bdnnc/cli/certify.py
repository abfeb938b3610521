"""``bdnnc certify``: every figure of a model, recomputed."""

from __future__ import annotations

from typing import Annotated

import typer

from bdnnc.cli.common import Color, Colored, Formatted, ModelPath, Output, Quiet, face_of


def certify(
    context: typer.Context,
    model: ModelPath,
    spec: Annotated[
        str | None, typer.Argument(metavar="SPEC", help="The spec to hold it against; else the stored one.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="FILE", help="The data, if it is no longer where it was.")
    ] = None,
    format: Formatted = Output.TEXT,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Recompute every figure of a model, and name what differs. Needs the data, and the spec, which stands in the model."""
    from bdnnc.cli.stored import recompiled, stored
    from bdnnc.network.certify import certify as recompute
    from bdnnc.network.declared import declared_checks
    from bdnnc.network.planned import network_class, planned_checks

    face = face_of(context, quiet, color)
    found = stored(model)
    pipeline = recompiled(found, spec, data)
    checks = (declared_checks(pipeline.model_spec.layers), planned_checks(pipeline.formulation))
    text = None if spec is None else pipeline.used_text
    searched = network_class(pipeline.formulation)
    report = recompute(found.model, pipeline.dataset, pipeline.problem, checks, text, searched)
    if format is Output.JSON:
        import json

        face.json(json.dumps(report.table(), ensure_ascii=False, indent=2) + "\n")
    else:
        claim = "the bound is the solver's claim, checked for consistency only"
        verdict = f"all recomputable figures recomputed, none differs; {claim}\n" if report.ok else ""
        face.result(report.text() + verdict)
    report.require()
    return 0
