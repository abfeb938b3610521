"""``bdnnc certify``: every figure of a model, recomputed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bdnnc.cli.common import Color, Colored, Formatted, ModelPath, Output, Quiet, face_of
from bdnnc.diagnostics import WorkFailed

if TYPE_CHECKING:
    from pathlib import Path

    from bdnnc.network.check import CertifyReport
    from bdnnc.pipeline import Pipeline
    from bdnnc.stored.model import Stored


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
    from bdnnc.network.certify import certify_origin
    from bdnnc.stored.model import recompiled, stored
    from bdnnc.stored.points import file_sha256

    face = face_of(context, quiet, color)
    found = stored(model)
    pipeline = recompiled(found, spec, data)
    path = None if pipeline.replacement is None else pipeline.replacement.path
    text = None if spec is None else pipeline.used_text
    report = certify_origin(found.model, text, None if path is None else file_sha256(path))
    if report.ok:
        report = _recomputed(found, pipeline, text)
    if format is Output.JSON:
        import json

        face.json(json.dumps(report.table(), ensure_ascii=False, indent=2) + "\n")
    else:
        claim = "the bound is the solver's claim, checked for consistency only"
        verdict = f"all recomputable figures recomputed, none differs; {claim}\n" if report.ok else ""
        face.result(report.text() + verdict)
    _refuse_foreign(found, pipeline, text, path, report)
    report.require()
    return 0


def _recomputed(found: Stored, pipeline: Pipeline, text: str | None) -> CertifyReport:
    """All figures; ``text`` is the spec given beside the model, with the stored params."""
    from bdnnc.training.recheck import recheck

    return recheck(found.model, pipeline, text)


def _refuse_foreign(found: Stored, pipeline: Pipeline, text: str | None, path: Path | None, report: CertifyReport) -> None:
    """Raises WorkFailed E560 where what differs is the spec given beside the model, or the data file."""
    from bdnnc.cli.belonging import foreign_data, foreign_spec
    from bdnnc.network.certify import DATA_HASH, SPEC_HASH
    from bdnnc.network.document import text_sha256

    wrong = report.difference
    if wrong is None:
        return
    agrees_with_itself = found.model.certificate.spec_sha256 == text_sha256(found.model.spec)
    if wrong.name == SPEC_HASH and text is not None and agrees_with_itself:
        raise WorkFailed(foreign_spec(found, pipeline.source, text, wrong))
    if wrong.name == DATA_HASH and path is not None:
        raise WorkFailed(foreign_data(found, path, wrong))
