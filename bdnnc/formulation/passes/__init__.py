"""Passes: `Program -> Program`, one concept a file, in the order in which they run.

A pass is a frozen dataclass with a name, its guarantee, the passes that it has to run after, and a docstring that says what it
does, where it comes from, what it needs and why what it leaves out is not needed. These passes keep the variables, so a
solution maps back and a network forward unchanged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from bdnnc.formulation.passes.decided_rows import DecidedRows
from bdnnc.formulation.passes.one_direction import OneDirection
from bdnnc.formulation.passes.protocol import GUARANTEES, Guarantee, Pass

if TYPE_CHECKING:
    from bdnnc.formulation.formulate import Formulation
    from bdnnc.ir.program import Program

PASSES: tuple[Pass, ...] = (OneDirection(), DecidedRows())


def run_passes(
    formulation: Formulation,
    without: Collection[str] = (),
    after: Callable[[str, float, Program], None] = lambda name, seconds, program: None,
) -> Formulation:
    """The formulation with its program taken through all passes but those named in ``without``. ``after`` is told each pass
    that ran, the seconds that it took and what it made."""
    program = formulation.program
    for item in PASSES:
        if item.name not in without:
            began = time.monotonic()
            program = item.run(program)
            after(item.name, time.monotonic() - began, program)
    return replace(formulation, program=program)


__all__ = ["GUARANTEES", "PASSES", "DecidedRows", "Guarantee", "OneDirection", "Pass", "run_passes"]
