"""What a pass says of itself."""

from __future__ import annotations

from typing import Literal, Protocol, get_args

from bdnnc.ir.program import Program

Guarantee = Literal["exact", "optimum-preserving", "restriction", "relaxation"]
"""exact: the same networks; optimum-preserving: fewer points, at least one optimal network among them, or more points, none
better; restriction: networks are lost, which the class of the bound says; relaxation: bounds hold, answers need acceptance."""

GUARANTEES: tuple[str, ...] = get_args(Guarantee)


class Pass(Protocol):
    """``name`` for ``--without``; ``guarantee``; ``after``: the names of passes that have to run before it."""

    @property
    def name(self) -> str: ...

    @property
    def guarantee(self) -> Guarantee: ...

    @property
    def after(self) -> tuple[str, ...]: ...

    def run(self, program: Program) -> Program:
        """The program after the pass."""
        ...
