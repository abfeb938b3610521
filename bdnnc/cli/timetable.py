"""What each stage of a run made, and in which time: the table of ``--time-passes``."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from bdnnc.ir.program import Program


@dataclass(slots=True)
class Timetable:
    """Told the stages as they end (see `bdnnc.pipeline.OnStage`); ``programs`` holds the texts of those that were asked for
    by ``print_after``."""

    print_after: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    made: dict[str, str] = field(default_factory=dict[str, str])
    programs: dict[str, str] = field(default_factory=dict[str, str])
    before: _Sizes | None = None

    def __call__(self, stage: str, seconds: float, made: object) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        self.made[stage] = self._said(made) or self.made.get(stage, "")
        if stage in self.print_after:
            self.programs[stage] = str(made)

    def next_model(self) -> None:
        """What follows is of another model of the same file: nothing is compared with the last, whose texts were printed."""
        self.before = None
        self.programs.clear()

    def _said(self, made: object) -> str:
        from bdnnc.ir.program import Program

        if not isinstance(made, Program):
            return made if isinstance(made, str) else _sizes_text(made)
        sizes = _Sizes.of(made)
        text = sizes.text() if self.before is None else sizes.change_text(self.before)
        self.before = sizes
        return text

    @contextmanager
    def timed(self, stage: str, made: str = "") -> Generator[None]:
        """A stage that is not the pipeline's own."""
        began = time.monotonic()
        yield
        self(stage, time.monotonic() - began, made)

    def text(self) -> str:
        """One line a stage: its name, its seconds, what it made."""
        width = max(map(len, ("total", *self.seconds)))
        lines = [f"{name:<{width}}  {value:>9.3f} s  {self.made[name]}".rstrip() for name, value in self.seconds.items()]
        return "\n".join([*lines, f"{'total':<{width}}  {sum(self.seconds.values()):>9.3f} s"]) + "\n"


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How much a program says."""

    variables: int
    fixed: int
    implications: int
    rows: int

    @staticmethod
    def of(program: Program) -> _Sizes:
        import numpy as np

        return _Sizes(
            variables=sum(v.size for v in program.variables),
            fixed=sum(int(np.count_nonzero(v.lower == v.upper)) for v in program.variables),
            implications=sum(rule.size for rule in program.implications),
            rows=sum(len(family.lower) for family in program.rows),
        )

    def text(self) -> str:
        return f"variables {self.variables:,}, fixed {self.fixed:,}, implications {self.implications:,}, rows {self.rows:,}"

    def change_text(self, before: _Sizes) -> str:
        pairs = [
            ("variables", before.variables, self.variables),
            ("fixed", before.fixed, self.fixed),
            ("implications", before.implications, self.implications),
            ("rows", before.rows, self.rows),
        ]
        return ", ".join(f"{name} {new:,}" if old == new else f"{name} {old:,} -> {new:,}" for name, old, new in pairs)


def _sizes_text(made: object) -> str:
    """The size of what a stage made that is no program."""
    from bdnnc.data.dataset import Dataset
    from bdnnc.ir.problem import Problem
    from bdnnc.language.spec import ModelSpec
    from bdnnc.language.tree import File
    from bdnnc.milp.model import MilpModel

    match made:
        case File():
            return f"statements {len(made.statements)}"
        case tuple():  # one model, or one for each pair of classes
            first, *others = cast("tuple[ModelSpec, ...]", made)
            return f"networks {1 + len(others)}, {_sizes_text(first)}" if others else _sizes_text(first)
        case ModelSpec():
            constraints = len(made.constraints) + len(made.monotone)
            return f"layers {len(made.layers)}, goals {len(made.goals)}, constraints {constraints}"
        case Dataset():
            return f"points {len(made.train.y):,}, patterns {made.patterns.shape[0]:,}, inputs {len(made.inputs):,}"
        case Problem():
            free = sum(int(layer.free.sum()) for layer in made.layers)
            units = sum(layer.units for layer in made.layers)
            return f"units {units:,}, weights {free:,}, statements {len(made.statements):,}"
        case MilpModel():
            rows, columns = made.A.shape
            return f"rows {rows:,}, columns {columns:,}, non-zeros {made.A.nnz:,}"
        case _:
            return ""
