"""``bdnnc compile``: a spec as MPS, LP or arrays, and every stage on the way as text."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from bdnnc.cli.common import (
    STDIN,
    Color,
    Colored,
    Define,
    Quiet,
    SpecPath,
    class_lines,
    face_of,
    pipeline_of,
    refuse_overwriting,
)
from bdnnc.cli.face import Face, unwritable
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.pipeline import Pipeline


class Stage(StrEnum):
    """What ``--emit`` can print, in the order of the pipeline."""

    TREE = "tree"
    SPEC = "spec"
    PROBLEM = "problem"
    PROGRAM = "program"
    MILP = "milp"
    MPS = "mps"
    LP = "lp"
    MAP = "map"


def compile(
    context: typer.Context,
    spec: SpecPath,
    out: Annotated[str | None, typer.Option("-o", metavar="OUT", help="File to write: .mps .mps.gz .lp .lp.gz .npz")] = None,
    emit: Annotated[
        Stage | None, typer.Option("--emit", metavar="STAGE", help="Print tree|spec|problem|program|milp|mps|lp|map.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="PASS", help="Leave a pass out; may repeat.")
    ] = None,
    define: Define = None,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Compile a spec to a MILP: MPS, LP or arrays. Writes OUT and OUT.map.json, prints a stage, or both."""
    face = face_of(context, quiet, color)
    _check_targets(out, emit)
    _check_passes(without or ())
    pipeline = pipeline_of(spec, define, without=without or ())
    if out is not None:
        refuse_overwriting(out, spec, pipeline.dataset.origin.path)
        from bdnnc.writing import map_path, write_with_map

        write_with_map(pipeline, out)
        face.say(f"wrote {out} and {map_path(out)}")
    if emit is not None:
        _emit(face, pipeline, emit)
    face.show(pipeline.warnings)
    _summarise(face, pipeline, Stage.MPS if emit is None or out is not None else emit)
    return 0


def _check_targets(out: str | None, emit: Stage | None) -> None:
    """Raises UserError E644 where nothing is asked for, or a file without a format, E611 for a suffix that names none."""
    if out == STDIN:
        help = "print it with `--emit mps` or `--emit lp`"
        raise UserError(Diagnostic("E644", "`-o -` does not say in which format", help=help))
    if out is None and emit is None:
        help = "name a file with `-o model.mps`, or print a stage with `--emit program`"
        raise UserError(Diagnostic("E644", "there is nothing to write", help=help))
    if out is not None:
        from bdnnc.milp.files import suffix_of

        suffix_of(out)


def _check_passes(names: Sequence[str]) -> None:
    """Raises UserError E645 for passes that don't exist."""
    if not names:
        return
    from bdnnc.diagnostics.suggest import did_you_mean, known_names
    from bdnnc.formulation.passes import PASSES

    known = [item.name for item in PASSES]
    wrong = [
        Diagnostic("E645", f"there is no pass `{name}`", help=did_you_mean(name, known) or f"passes are {known_names(known)}")
        for name in names
        if name not in known
    ]
    if wrong:
        raise UserError(wrong)


def _emit(face: Face, pipeline: Pipeline, stage: Stage) -> None:
    if stage in (Stage.MPS, Stage.LP, Stage.MAP):
        _emit_bytes(pipeline, stage)
    else:
        face.result(stage_text(pipeline, stage))


def stage_text(pipeline: Pipeline, stage: Stage) -> str:
    """The text of a stage that is no file format."""
    match stage:
        case Stage.TREE:
            from bdnnc.language import tree_text

            return tree_text(pipeline.tree)
        case Stage.SPEC:
            from bdnnc.language.spec_text import spec_text

            return spec_text(pipeline.data_spec, pipeline.model_spec)
        case Stage.PROBLEM:
            from bdnnc.ir.problem_text import problem_text

            return problem_text(pipeline.problem)
        case Stage.PROGRAM:
            from bdnnc.ir.program_text import program_text

            return program_text(pipeline.program)
        case _:
            from bdnnc.milp.stats import stats_text

            return stats_text(pipeline.milp.stats())


def _emit_bytes(pipeline: Pipeline, stage: Stage) -> None:
    from bdnnc.milp.files import write
    from bdnnc.milp.map import write_map
    from bdnnc.writing import map_sources

    model = pipeline.milp
    sys.stdout.flush()
    try:
        if stage is Stage.MAP:
            write_map(model, sys.stdout.buffer, map_sources(pipeline))
        else:
            write(model, sys.stdout.buffer, f".{stage.value}")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from error


def _summarise(face: Face, pipeline: Pipeline, stage: Stage) -> None:
    """What is known at a stage: findings in the data, margins and bias ranges chosen, the size of the matrix."""
    if face.quiet or stage is Stage.TREE:
        return
    face.notes(pipeline.dataset.notes)
    if stage in (Stage.SPEC, Stage.PROBLEM):
        return
    face.notes(class_lines(pipeline))
    if stage is not Stage.PROGRAM:
        model = pipeline.milp
        rows, columns = model.A.shape
        face.say(f"{rows:,} rows, {columns:,} columns ({int(model.integrality.sum()):,} integer), {model.A.nnz:,} non-zeros")
