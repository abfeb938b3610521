"""Passes: `Program -> Program`, one concept a file, in the order in which they run.

A pass is a frozen dataclass with a name and a docstring that says what it does, where it comes from, what it guarantees and why
what it leaves out is not needed. These passes keep the variables, so a solution maps back and a network forward unchanged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from bdnnc.formulation.passes.decided_rows import DecidedRows
from bdnnc.formulation.passes.one_direction import OneDirection

if TYPE_CHECKING:
    from bdnnc.formulation.formulate import Formulation

PASSES: tuple[OneDirection | DecidedRows, ...] = (OneDirection(), DecidedRows())


def run_passes(formulation: Formulation, without: Collection[str] = ()) -> Formulation:
    """The formulation with its program taken through all passes but those named in ``without``."""
    program = formulation.program
    for item in PASSES:
        if item.name not in without:
            program = item.run(program)
    return replace(formulation, program=program)


__all__ = ["PASSES", "DecidedRows", "OneDirection", "run_passes"]
