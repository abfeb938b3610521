"""``bdnnc compile``: a spec as MPS, LP or arrays, and every stage on the way as text."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bdnnc.cli.common import (
    Color,
    Colored,
    Define,
    Form,
    Formulated,
    Quiet,
    SpecPath,
    class_lines,
    face_of,
    pipeline_of,
    refuse_overwriting,
)
from bdnnc.cli.compile_flags import Asked, Stage
from bdnnc.cli.face import Face, unwritable
from bdnnc.cli.timetable import Timetable
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.pipeline import Pipeline


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
    print_after: Annotated[
        list[str] | None, typer.Option("--print-after", metavar="PASS", help="Print the program after a pass; may repeat.")
    ] = None,
    formulation: Formulated = Form.OWN,
    stats: Annotated[bool, typer.Option("--stats", help="Print sizes and ranges by family, and the root bound.")] = False,
    time_passes: Annotated[bool, typer.Option("--time-passes", help="Say how long each stage took, and what it made.")] = False,
    define: Define = None,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Compile a spec to a MILP: MPS, LP or arrays. Writes OUT and OUT.map.json, prints a stage, or both."""
    face = face_of(context, quiet, color)
    asked = Asked(out, emit, print_after or (), without or (), formulation, stats, time_passes, quiet)
    asked.check()
    timetable = Timetable(tuple(asked.print_after))
    pipeline = pipeline_of(spec, define, without=asked.without, form=formulation, on_stage=timetable)
    if _of_pairs(pipeline, asked):
        _compile_pairs(face, pipeline, asked, timetable)
    else:
        _compile_one(face, pipeline, out, asked, timetable)
    face.show(pipeline.warnings)
    _summarise(face, pipeline, asked)
    if time_passes:
        face.say(timetable.text().rstrip())
    return 0


def _of_pairs(pipeline: Pipeline, asked: Asked) -> bool:
    """Whether there is a model for each pair of classes. The tree is that of the file, whatever the data say. Raises UserError
    E648 where several models would be printed as one."""
    if (asked.emit is Stage.TREE and not asked.needs_program) or not pipeline.is_ensemble:
        return False
    if asked.emit is not None and asked.emit.is_file:
        message = f"`--emit {asked.emit}` prints one model, and `one_vs_one` has one for each pair of classes"
        first, second = pipeline.pair_places[0]
        help = f"write them to files: `-o model.mps` writes `model_{first}_{second}.mps` and so on"
        raise UserError(Diagnostic("E648", message, help=help))
    return True


def _compile_pairs(face: Face, pipeline: Pipeline, asked: Asked, timetable: Timetable) -> None:
    """Each pair of an ensemble as a file of its own, its files and texts under the places of its two classes."""
    from bdnnc.writing import pair_path

    for classes, pair in zip(pipeline.pair_places, pipeline.pairs(), strict=True):
        timetable.next_model()
        if asked.emit is not None or asked.print_after or asked.stats:
            first, second = pair.dataset.classes
            face.result(f"--- {first} against {second} ---\n")
        out = None if asked.out is None else pair_path(asked.out, classes)
        _compile_one(face, pair, out, asked, timetable)


def _compile_one(face: Face, pipeline: Pipeline, out: str | None, asked: Asked, timetable: Timetable) -> None:
    if out is not None:
        _write(face, pipeline, out, timetable)
    _print(face, pipeline, asked, timetable)


def _write(face: Face, pipeline: Pipeline, out: str, timetable: Timetable) -> None:
    refuse_overwriting(out, pipeline.source.name, pipeline.dataset.origin.path)
    from bdnnc.writing import map_path, write_with_map

    pipeline.milp  # noqa: B018 - made outside the time of the writing
    with timetable.timed("write", f"{out}, {map_path(out)}"):
        write_with_map(pipeline, out)
    face.say(f"wrote {out} and {map_path(out)}")


def _print(face: Face, pipeline: Pipeline, asked: Asked, timetable: Timetable) -> None:
    """Everything that goes to standard output, in the order of the pipeline."""
    if asked.needs_program:
        pipeline.formulation  # noqa: B018 - the passes tell the timetable what is to be printed
    stage = asked.emit
    is_early = stage in (Stage.TREE, Stage.SPEC, Stage.PROBLEM)
    if stage is not None and is_early:
        face.result(stage_text(pipeline, stage))
    for name, text in timetable.programs.items():
        face.result(f"--- program after {name} ---\n{text}")
    if stage is not None and stage.is_file:
        pipeline.milp  # noqa: B018 - made outside the time of the printing
        with timetable.timed("print", f"{stage} on standard output"):
            _emit_bytes(pipeline, stage)
    elif stage is not None and not is_early and not (stage is Stage.MILP and asked.stats):
        face.result(stage_text(pipeline, stage))
    if asked.stats:
        face.result(_stats_text(pipeline, timetable))
    if asked.needs_model:
        pipeline.milp  # noqa: B018 - `--time-passes` alone wants its time, too


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


def _stats_text(pipeline: Pipeline, timetable: Timetable) -> str:
    """The table of `--emit milp`, with the bound of the relaxation."""
    from bdnnc.solve.relaxation import root_bound, root_text

    table, model = stage_text(pipeline, Stage.MILP), pipeline.milp
    with timetable.timed("root bound", "linear relaxation by HiGHS"):
        found = root_bound(model)
    return f"{table}  root LP bound     {root_text(found, model, pipeline.program.sense)}\n"


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


def _summarise(face: Face, pipeline: Pipeline, asked: Asked) -> None:
    """What is known at a stage: findings in the data, margins and bias ranges chosen, the goals that are not in the model, the
    size of the matrix."""
    if face.quiet or (asked.emit is Stage.TREE and not asked.needs_program):
        return
    face.notes(pipeline.dataset.notes)
    if not asked.needs_program:
        return
    face.notes([*class_lines(pipeline), *_later_goals(next(pipeline.pairs(), pipeline))])
    if asked.needs_model and not pipeline.is_ensemble:
        model = pipeline.milp
        rows, columns = model.A.shape
        face.say(f"{rows:,} rows, {columns:,} columns ({int(model.integrality.sum()):,} integer), {model.A.nnz:,} non-zeros")


def _later_goals(pipeline: Pipeline) -> list[str]:
    """That the model is the first goal's, where there are several."""
    first, *later = pipeline.problem.goals
    if not later:
        return []
    texts = ", ".join(f"`then {goal.sense} {goal.text}`" for goal in later)
    return [f"the model is that of the first goal, `{first.sense} {first.text}`; `train` goes on with {texts}"]
