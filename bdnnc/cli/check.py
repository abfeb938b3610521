"""``bdnnc check``: everything that is wrong with specs, found without solving anything."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import Annotated

import typer

from bdnnc.cli.common import STDIN, STDIN_NAME, Color, Colored, Define, Quiet, class_lines, face_of, pipeline_of
from bdnnc.cli.face import Face
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.pipeline import Pipeline


class Findings(StrEnum):
    """The ``--format`` of check."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"


def check(
    context: typer.Context,
    specs: Annotated[list[str], typer.Argument(metavar="SPEC", help=".bdnn files; - is standard input.", show_default=False)],
    no_data: Annotated[bool, typer.Option("--no-data", help="Check the text only, read no data.")] = False,
    format: Annotated[
        Findings, typer.Option("--format", help="JSON: an object a file on standard output, as LSP.")
    ] = Findings.TEXT,
    warn_as_error: Annotated[bool, typer.Option("--warn-as-error", help="Exit with 2 on warnings, too.")] = False,
    define: Define = None,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Check specs and their data, and say all that is wrong. Nothing is solved."""
    face = face_of(context, quiet, color)
    bad = False
    for spec in specs:
        found, facts, notes = findings(spec, define, no_data)
        face.notes(notes if format is Findings.TEXT else [])
        bad |= any(d.is_error or warn_as_error for d in found)
        _print(face, format, STDIN_NAME if spec == STDIN else spec, found, facts)
    return 2 if bad else 0


def findings(spec: str, define: list[str] | None, no_data: bool) -> tuple[list[Diagnostic], str, list[str]]:
    """Warnings and errors of one file, a line of facts about it, and what was found in its data and chosen for its layers (both
    empty where there are errors)."""
    pipeline: Pipeline | None = None
    try:
        pipeline = pipeline_of(spec, define)
        facts = _text_facts(pipeline) if no_data else _data_facts(pipeline)
    except UserError as error:
        warnings = pipeline.warnings if pipeline else []
        return [*(d for d in warnings if d not in error.diagnostics), *error.diagnostics], "", []
    notes = [] if no_data else [*pipeline.dataset.notes, *class_lines(pipeline)]
    return pipeline.warnings, facts, notes


def _text_facts(pipeline: Pipeline) -> str:
    from bdnnc.language.spec import FileSource
    from bdnnc.language.tree import Network

    source = pipeline.data_spec.source
    name = source.text if isinstance(source, FileSource) else f'{source.library}("{source.name}")'
    layers = sum(len(s.layers) for s in pipeline.tree.statements if isinstance(s, Network))
    return f"{_counted(layers, 'layer')}, `{name}` not read"


def _data_facts(pipeline: Pipeline) -> str:
    """As far as the plans of the layers, where margins are found wanting, and the settings of the training."""
    from bdnnc.training.settings import Request, settle

    networks = list(pipeline.pairs()) or [pipeline]
    for network in networks:
        _ = network.formulation  # where margins are found wanting
        settle(Request(), network.model_spec.train, time.monotonic())
    dataset = pipeline.dataset
    sizes = [
        *([_counted(len(networks), "network")] if pipeline.is_ensemble else []),
        _counted(len(networks[0].model_spec.layers), "layer"),
        _counted(len(dataset.train.y), "training point"),
        _counted(len(dataset.inputs), "input"),
        _counted(len(dataset.classes), "class", "classes"),
    ]
    return ", ".join(sizes)


def _print(face: Face, format: Findings, name: str, found: list[Diagnostic], facts: str) -> None:
    from bdnnc.diagnostics import render_concise, to_lsp

    if format is Findings.JSON:
        face.json(json.dumps({"uri": name, "diagnostics": to_lsp(found)}, ensure_ascii=False) + "\n")
        return
    if format is Findings.CONCISE:
        face.write_error(render_concise(d for d in found if d.is_error or not face.quiet))
    else:
        face.show(found)
    if not any(d.is_error for d in found):
        count = _counted(len(found), "warning") if found else "no problems found"
        face.result(f"{name}: {count}, {facts}\n")


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
