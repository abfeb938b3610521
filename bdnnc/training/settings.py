"""What a run was asked for: the command line or the caller first, the file's `train` block next, then the defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from bdnnc.diagnostics import Diagnostic, Label, UserError
from bdnnc.language.spec import Located, TrainSpec
from bdnnc.language.train_checks import NO_START, OWN
from bdnnc.pipeline import Pipeline
from bdnnc.solve.protocol import Solver
from bdnnc.solve.registry import solver as solver_named
from bdnnc.training.outcome import Limits
from bdnnc.training.work import MethodOptions

DEFAULT_TIME_LIMIT = 300.0

MOST_ACTIVATIONS = 20_000
"""More binaries than these leave a solver without a bound worth the name in any time that people wait."""

TOO_LARGE = "{:,} activations are too many to prove anything: trained by `search`; `--method exact` insists"


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asks for; None leaves it to the file. ``options``: solver options by name, values as texts or numbers.
    ``jobs``, ``cluster``: as `executor_of` takes them. ``events``: where the events are written; ``resume``: whether to go on
    from them."""

    method: str | None = None
    solver: str | None = None
    time_limit: float | None = None
    gap: float | None = None
    node_limit: int | None = None
    threads: int | None = None
    seed: int | None = None
    start: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    pool: int | None = None
    jobs: int | None = None
    cluster: str | None = None
    events: str | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """Everything resolved and checked."""

    method: str
    solver: Solver
    limits: Limits
    start: str | None
    options: MethodOptions
    searches: bool = True
    """Whether an exact solve may begin with a stochastic search: unless `start none` forbids it."""
    note: str = ""
    """What the user should know of a choice that was made."""

    @property
    def solver_name(self) -> str | None:
        """The solver that the run uses; None where it uses none."""
        return None if self.method == "search" else self.solver.name

    @property
    def solver_version(self) -> str | None:
        return None if self.method == "search" else self.solver.version()


def activations_of(pipeline: Pipeline) -> int:
    """Units times distinct points: the binaries of the program, before any of them is known to be constant. Of an ensemble
    those of the pair that has most."""
    if pipeline.is_ensemble:
        return max(activations_of(pair) for pair in pipeline.pairs())
    return pipeline.dataset.patterns.shape[0] * sum(layer.units for layer in pipeline.model_spec.layers)


def settle(request: Request, spec: TrainSpec | None, started: float, isolated: bool = True, activations: int = 0) -> Settings:
    """The settings of a run. ``activations``: units times distinct points; where nobody names a method and there are more than
    `MOST_ACTIVATIONS`, it is `search`.

    Raises UserError with all that is wrong: E501, E502 (solver), E630 (no such method),
    E631 (an option of another method), E632 (a value), E633 (an option that the solver does not have).
    """
    wrong: list[Diagnostic] = []
    written = dict(spec.options) if spec else {}
    method = _method(request, spec, activations, wrong)
    options = _method_options(method, request, written, wrong)
    chosen = _solver(request, written, isolated)
    limits = Limits(
        time_limit=_number(request.time_limit, written, "time_limit", DEFAULT_TIME_LIMIT, lambda v: v > 0, "positive", wrong),
        started=started,
        gap=_number(request.gap, written, "gap", None, lambda v: v >= 0, "at least 0", wrong),
        node_limit=_integer(request.node_limit, written, "node_limit", None, 1, wrong),
        threads=_integer(request.threads, written, "threads", None, 1, wrong),
        seed=_integer(request.seed, written, "seed", 0, 0, wrong) or 0,
        cutoff=_cutoff(written),
        extra=_solver_options(request, spec, chosen, wrong),
    )
    if wrong:
        raise UserError(wrong)
    start = request.start if request.start is not None else _of_file(written, "start", None)
    searches, named = start != NO_START, None if start in (None, NO_START) else str(start)
    note = TOO_LARGE.format(activations) if request.method is None and spec is None and method == "search" else ""
    return Settings(method, chosen, limits, named, options, searches, note)


def _solver(request: Request, written: Mapping[str, Located[Fraction | str]], isolated: bool) -> Solver:
    """The adapter; what is wrong with a name from the file is shown where it stands."""
    if request.solver is not None or "solver" not in written:
        return solver_named(request.solver or "auto", isolated)
    try:
        return solver_named(str(written["solver"].value), isolated)
    except UserError as wrong:
        label = Label(written["solver"].span)
        raise UserError([replace(found, primary=label) for found in wrong.diagnostics]) from wrong


def _method(request: Request, spec: TrainSpec | None, activations: int, wrong: list[Diagnostic]) -> str:
    default = "search" if activations > MOST_ACTIVATIONS else "exact"
    method = request.method or (spec.method.value if spec else default)
    if method not in OWN:
        known = ", ".join(f"`{name}`" for name in OWN)
        wrong.append(Diagnostic("E630", f"there is no method `{method}`", help=f"methods are {known}"))
    return method


def _method_options(
    method: str, request: Request, written: Mapping[str, Located[Fraction | str]], wrong: list[Diagnostic]
) -> MethodOptions:
    """The options of the file that the method has; a method of the command line does without those of the file's own."""
    own = {name: value for name, value in written.items() if name in OWN.get(method, ())}
    if request.pool is not None and "pool" not in OWN.get(method, ()):
        owners = " and ".join(f"`{name}`" for name, names in OWN.items() if "pool" in names)
        wrong.append(Diagnostic("E631", f"`pool` is an option of {owners}, not of `{method}`", help="leave it out"))
    return MethodOptions(
        moves=_integer(None, own, "moves", None, 1, wrong),
        restarts=_integer(None, own, "restarts", None, 1, wrong),
        pool=_integer(request.pool, own, "pool", None, 1, wrong),
        rounds=_integer(None, own, "rounds", None, 1, wrong),
        by="svm" if _of_file(own, "by", "kmeans") == "svm" else "kmeans",
        batch=_integer(None, own, "batch", None, 1, wrong),
        batches="all" if _of_file(own, "batches", "one") == "all" else "one",
        average=_of_file(own, "average", "no") == "yes",
    )


def _of_file(written: Mapping[str, Located[Fraction | str]], name: str, default: Any) -> Any:
    return written[name].value if name in written else default


def _number(
    asked: float | None,
    written: Mapping[str, Located[Fraction | str]],
    name: str,
    default: float | None,
    allowed: Callable[[float], bool],
    rule: str,
    wrong: list[Diagnostic],
) -> float | None:
    value = asked if asked is not None else _of_file(written, name, default)
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        wrong.append(Diagnostic("E632", f"`{name}` is a number, not `{value}`"))
        return None
    if not allowed(number) or number != number or number == float("inf"):
        wrong.append(Diagnostic("E632", f"`{name}` is a finite number that is {rule}, not {number:g}"))
    return number


def _integer(
    asked: int | None,
    written: Mapping[str, Located[Fraction | str]],
    name: str,
    default: int | None,
    least: int,
    wrong: list[Diagnostic],
) -> int | None:
    value = asked if asked is not None else _of_file(written, name, default)
    if value is None:
        return None
    if not isinstance(value, int | Fraction) or int(value) != value or int(value) < least or int(value) > 2**31 - 1:
        wrong.append(Diagnostic("E632", f"`{name}` is an integer from {least} to 2147483647, not {value}"))
        return None
    return int(value)


def _cutoff(written: Mapping[str, Located[Fraction | str]]) -> Fraction | None:
    value = _of_file(written, "cutoff", None)
    return value if isinstance(value, Fraction) else None


def _solver_options(
    request: Request, spec: TrainSpec | None, chosen: Solver, wrong: list[Diagnostic]
) -> dict[str, str | float | int | bool]:
    located = dict(spec.solver_options) if spec else {}
    values: dict[str, Any] = {name: _typed(option.value) for name, option in located.items()}
    values |= {name: _typed(value) for name, value in request.options.items()}
    for name, reason in chosen.check_options(values):
        span = located[name].span if name in located and name not in request.options else None
        wrong.append(Diagnostic("E633", reason, None if span is None else Label(span)))
    return values


def _typed(value: Any) -> str | float | int | bool:
    """A text as the bool, integer or float that it spells; a Fraction as the int or float it is."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    if not isinstance(value, str):
        return value
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
