"""The flags of ``bdnnc compile``: what they ask for, and which of them exclude each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bdnnc.cli.common import STDIN, Form
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.diagnostics.suggest import did_you_mean, known_names


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

    @property
    def is_file(self) -> bool:
        """Whether it is a file format, which nothing else may be printed beside."""
        return self in (Stage.MPS, Stage.LP, Stage.MAP)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command line asks `compile` for. ``print_after``, ``without``: names of passes."""

    out: str | None
    emit: Stage | None
    print_after: Sequence[str]
    without: Sequence[str]
    form: Form
    stats: bool
    time_passes: bool
    quiet: bool

    @property
    def needs_model(self) -> bool:
        return (
            self.out is not None or self.stats or self.time_passes or self.emit in (Stage.MILP, Stage.MPS, Stage.LP, Stage.MAP)
        )

    @property
    def needs_program(self) -> bool:
        return self.needs_model or bool(self.print_after) or self.emit is Stage.PROGRAM

    def check(self) -> None:
        """Raises UserError E644 where nothing is asked for, or a file without a format, E611 for a suffix that names none, E645
        for passes that do not exist or do not run, E648 for flags that exclude each other."""
        wrong = [*self._about_outputs(), *self._about_passes()]
        if wrong:
            raise UserError(wrong)
        if self.out is not None:
            from bdnnc.milp.files import suffix_of

            suffix_of(self.out)

    def _about_outputs(self) -> Iterator[Diagnostic]:
        if self.out == STDIN:
            help = "print it with `--emit mps` or `--emit lp`"
            yield Diagnostic("E644", "`-o -` does not say in which format", help=help)
        if not (self.out or self.emit or self.print_after or self.stats or self.time_passes):
            help = "name a file with `-o model.mps`, or print a stage with `--emit program`"
            yield Diagnostic("E644", "there is nothing to write", help=help)
        if self.emit is not None and self.emit.is_file:
            beside = [flag for flag, given in (("--print-after", self.print_after), ("--stats", self.stats)) if given]
            help = f"write the model to a file with `-o`, or leave `{beside[0]}` out" if beside else None
            for flag in beside:
                message = f"`--emit {self.emit}` and `{flag}` both print on standard output"
                yield Diagnostic("E648", message, help=help)
        if self.time_passes and self.quiet:
            message = "`--time-passes` prints on standard error, where `--quiet` wants nothing"
            yield Diagnostic("E648", message, help="leave one of them out")

    def _about_passes(self) -> Iterator[Diagnostic]:
        named = [("--without", name) for name in self.without] + [("--print-after", name) for name in self.print_after]
        if not named:
            return
        from bdnnc.formulation.passes import PASSES

        known = [item.name for item in PASSES]
        unknown = [name for _, name in named if name not in known]
        for name in dict.fromkeys(unknown):
            help = did_you_mean(name, known) or f"passes are {known_names(known)}"
            yield Diagnostic("E645", f"there is no pass `{name}`", help=help)
        if self.form is Form.PUBLISHED:
            for flag in dict.fromkeys(flag for flag, _ in named):
                message = f"`--formulation published` runs no passes, and `{flag}` names one"
                yield Diagnostic("E648", message, help=f"leave `{flag}` out")
        for name in dict.fromkeys(self.print_after):
            if name in self.without and name in known:
                message = f"`--print-after {name}` names a pass that is left out"
                yield Diagnostic("E645", message, help=f"leave `--without {name}` out")
