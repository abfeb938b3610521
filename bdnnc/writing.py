"""A compiled file on disk: the matrix, and the map from its names back to the file."""

from __future__ import annotations

from typing import Any

from bdnnc.milp.files import suffix_of, write
from bdnnc.milp.map import MapSources, write_map
from bdnnc.pipeline import Pipeline


def map_path(path: str) -> str:
    """``model.mps.gz`` -> ``model.map.json``."""
    return path[: -len(suffix_of(path))] + ".map.json"


def pair_path(path: str, pair: tuple[int, int]) -> str:
    """``model.mps.gz`` -> ``model_0_2.mps.gz`` for the model of a pair of classes, by their places in class order."""
    suffix = suffix_of(path)
    return f"{path[: -len(suffix)]}_{pair[0]}_{pair[1]}{suffix}"


def write_with_map(pipeline: Pipeline, path: str) -> None:
    """Write the MILP to ``path`` and its map beside it; of an ensemble those of each pair to `pair_path`.

    Raises UserError E611, E612.
    """
    suffix_of(path)  # a wrong suffix is known before the work
    if pipeline.is_ensemble:
        for place, pair in zip(pipeline.pair_places, pipeline.pairs(), strict=True):
            write_with_map(pair, pair_path(path, place))
        return
    write(pipeline.milp, path)
    write_map(pipeline.milp, map_path(path), map_sources(pipeline))


def map_sources(pipeline: Pipeline) -> MapSources:
    """Spans of the statements; inputs, classes, columns of the file, and the rows that each pattern stands for."""
    problem, dataset = pipeline.problem, pipeline.dataset
    statements = {number: s.span for number, s in enumerate(problem.statements) if s.span is not None}
    members = [list[int]() for _ in range(problem.patterns.shape[0])]
    for pattern, row in zip(dataset.pattern_of.tolist(), dataset.train.rows.tolist(), strict=True):
        members[int(pattern)].append(row)
    axes: dict[str, list[Any]] = {"sample": members, "class": list(problem.classes), "input": list(problem.inputs)}
    axes["column"] = list(dataset.columns)
    return MapSources(statements, axes)
