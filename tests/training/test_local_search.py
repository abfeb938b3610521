"""`train local_search`: never worse than its start, nothing false, the same networks for the same seed, whatever solver and
executor do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

import bdnnc
from bdnnc.data.inputs import Input, Scaled
from bdnnc.diagnostics import WorkFailed
from bdnnc.formulation.formulate import Formulation
from bdnnc.ir.domains import BitsDomain
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.language.quantities import Errors, FanIn, Loss, Norm
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.planned import planned_checks
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Solution, SolveOptions, Stop
from bdnnc.tasks.executor import Executor, Serial, always, ignore, never
from bdnnc.training.constant import best_constant
from bdnnc.training.descent import Descent, Restart, _go_round
from bdnnc.training.goals import train_goals
from bdnnc.training.improver import Found, objective_of
from bdnnc.training.journal import Journal
from bdnnc.training.local_search import search_locally
from bdnnc.training.outcome import Limits, Outcome
from bdnnc.training.random_network import random_network
from bdnnc.training.work import Means, MethodOptions
from tests.oracle.problems import bound, finite, goal, interval, layer, problem
from tests.oracle.strategies import kept, problems
from tests.training.support import FakeSolver, Observed, Told, assert_nothing_false, formulated, sign

ONES = (Fraction(1), Fraction(1))
HAMMING = Loss("hamming", weights=ONES)
TERNARY = finite(-1, 0, 1)
AUTO = BiasRule("auto")
TWICE = MethodOptions(restarts=2)
WORK = Limits(time_limit=None, node_limit=200, threads=1)


def searched(
    of: Problem,
    solver: Any = None,
    limits: Limits = WORK,
    options: MethodOptions = TWICE,
    start: Network | None = None,
    executor: Executor | None = None,
    journal: Journal | None = None,
    should_stop: Callable[[], bool] = never,
    searches: bool = False,
) -> tuple[Outcome, Told]:
    """A run over all goals, in which nothing false was told or returned, and no network worse than the one before."""
    told = Told()
    means = Means(
        tuple(Input(name, place, Scaled()) for place, name in enumerate(of.inputs)),
        solver or HighsSolver(isolated=False),
        limits,
        told.watch(should_stop),
        options,
        executor or Serial(),
        journal or Journal(),
        searches=searches,
    )
    outcome = train_goals(
        search_locally,
        lambda stage, reached: formulated(of, stage, reached),
        len(of.goals),
        means,
        () if start is None else (start,),
    )
    assert_nothing_false(of, outcome, told)
    for stage in range(len(of.goals)):
        values = [value * sign(of, stage) for place, _, value, _ in told.networks if place == stage]
        assert values == sorted(values, reverse=True)
    return outcome, told


def is_admissible(network: Network, formulation: Formulation) -> bool:
    """Whether it keeps what is declared; drawn biases may lie outside the automatic range of the constraints that were changed
    after them."""
    checks = planned_checks(formulation)(network)
    return objective_of(network, formulation) is not None and all(check.ok for check in checks if ".bias" in check.name)


def with_margins(network: Network, formulation: Formulation) -> Network:
    """The network with the margins that its class states."""
    layers = [
        replace(layer, margin=Fraction(0) if layer.unit == "linear" else plan.thresholds.width)
        for layer, plan in zip(network.layers, formulation.plans, strict=True)
    ]
    return replace(network, layers=tuple(layers))


def checkers(size: int, hidden: int, domain=TERNARY, bias: BiasRule = AUTO, depth: int = 1, **more) -> Problem:
    """A checkerboard of size x size points: no two of its fields are told apart by one line."""
    points = [[i, j] for i in range(size) for j in range(size)]
    labels = [(i + j) % 2 for i, j in points]
    widths = [2, *[hidden] * depth]
    layers = [layer(f"h{k}", hidden, widths[k], domain, bias, statement=k) for k in range(depth)]
    return problem(points, labels, [*layers, layer("o", 1, hidden, domain, bias, statement=depth)], **more)


# --- what it finds ------------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(kept())
def test_never_worse_than_the_start_and_nothing_false(drawn: tuple[Problem, Network]) -> None:
    of, start = drawn
    formulation = formulated(of)
    assume(is_admissible(start, formulation))
    start = with_margins(start, formulation)
    outcome, _ = searched(of, start=start, options=MethodOptions(restarts=2, rounds=2), limits=replace(WORK, node_limit=20))
    first = outcome.stages[0]
    assert first.value is not None
    assert (first.value - Measured(start, of).goal(of.goals[0])) * sign(of, 0) <= 0
    assert len(outcome.stages) == len(of.goals)


@settings(max_examples=20)
@given(problems())
def test_nothing_false_without_a_start(of: Problem) -> None:
    outcome, _ = searched(of, options=MethodOptions(restarts=2, rounds=2), limits=replace(WORK, node_limit=20))
    assert outcome.status(len(of.goals)) in ("optimal", "feasible", "infeasible", "no_solution")


@pytest.mark.parametrize(
    ("domain", "bias"),
    [
        (TERNARY, AUTO),
        (interval(-1, 1), AUTO),
        (interval(-1, 1), BiasRule("in", interval(-3, 3))),
        (BitsDomain(2), AUTO),
        (finite(-2, -1, 0, 1, 2), BiasRule("in", finite(-3, -2, -1, 0, 1, 2))),
    ],
    ids=["ternary", "real", "real bias", "bits", "finite bias"],
)
def test_xor_is_solved(domain, bias: BiasRule) -> None:
    """The constant network has two errors."""
    outcome, told = searched(checkers(2, 2, domain, bias), options=MethodOptions())
    assert outcome.status(1) == "optimal"
    assert told.networks[0][2] == 2
    assert outcome.stages[0].value == 0


def test_deep_networks() -> None:
    outcome, told = searched(checkers(3, 3, depth=2), options=MethodOptions())
    assert outcome.stages[0].value is not None
    assert outcome.stages[0].value < told.networks[0][2] == 4, "better than the constant network"


def test_regression() -> None:
    points, targets = [[0], [1], [2], [3]], [Fraction(0), Fraction(1), Fraction(2), Fraction(2)]
    layers = [layer("h", 3, 1, TERNARY, AUTO), layer("o", 1, 3, interval(-1, 1), BiasRule("in", interval(-1, 1)), "linear")]
    outcome, _ = searched(problem(points, targets, layers, loss="absolute", classes=0), options=MethodOptions())
    assert outcome.stages[0].value is not None
    assert outcome.stages[0].value <= Fraction(1, 10**6)


def test_several_goals_keep_what_was_reached() -> None:
    """A hidden unit less than the network has would do without errors too."""
    weights = Norm("l0", "weights", (0, 1))
    of = checkers(2, 3, goals=[goal(HAMMING), goal(weights)])
    sparse = replace(of, layers=tuple(replace(item, sparse=True) for item in of.layers))
    outcome, told = searched(sparse, options=MethodOptions())
    errors, connections = outcome.stages
    assert (errors.status, errors.value) == ("optimal", 0)
    later = [value for stage, _, value, _ in told.networks if stage == 1]
    assert connections.value == min(later) <= later[0]
    assert connections.status == "feasible", "nothing was proved of it"
    assert connections.bound == 0


# --- constraints --------------------------------------------------------------------------------------------------------


def test_constraints_that_no_network_keeps_are_proved_so() -> None:
    """All errors of one class are to be avoided, and all points are to be of the other."""
    of = checkers(2, 2, constraints=[bound(Errors(), "<=", 0)])
    flat = replace(of, layers=(replace(of.layers[0], domain=finite(0)), of.layers[1]))
    outcome, told = searched(flat)
    assert outcome.status(1) == "infeasible"
    assert outcome.network is None
    assert told.networks == []


def test_a_constraint_that_no_constant_network_keeps() -> None:
    """The first network is then a solver's."""
    of = checkers(2, 2, constraints=[bound(Errors(), "<=", 1)], goals=[goal(Norm("l1", "weights", (0, 1)))])
    outcome, _ = searched(of)
    assert best_constant(formulated(of)) is None
    assert outcome.network is not None
    assert Measured(outcome.network, of).value(Errors()) <= 1


def test_random_starts_keep_connections_few() -> None:
    of = checkers(3, 3, constraints=[bound(FanIn(0), "<=", 1, rows=3)])
    sparse = replace(of, layers=(replace(of.layers[0], sparse=True), of.layers[1]))
    outcome, _ = searched(sparse, options=MethodOptions(restarts=4))
    assert outcome.network is not None
    assert max(Measured(outcome.network, sparse).value(FanIn(0))) <= 1


# --- the solver ---------------------------------------------------------------------------------------------------------


def test_blocks_are_fixed_in_turn_and_the_network_is_their_start() -> None:
    solver = Observed()
    of = checkers(3, 2)
    searched(of, solver, options=MethodOptions(restarts=1))
    assert len(solver.asked) >= 2
    formulation = formulated(of)
    for model, options in solver.asked:
        x = options.start
        assert x is not None
        activity = model.A @ x
        assert (model.lower <= x).all()
        assert (x <= model.upper).all()
        assert (model.row_lower - 1e-9 <= activity).all()
        assert (activity <= model.row_upper + 1e-9).all()
        assert options.threads == 1
    free = [int((model.lower < model.upper).sum()) for model, _ in solver.asked]
    whole = sum(int((variable.lower < variable.upper).sum()) for variable in formulation.program.variables)
    assert max(free) < whole
    first, second = (solver.asked[k][0] for k in (0, 1))
    assert ((first.lower < first.upper) != (second.lower < second.upper)).any()


def test_a_solver_that_lies_does_no_harm() -> None:
    def lie(x: np.ndarray, model) -> np.ndarray:
        return np.where(model.integrality == 1, 1 - np.rint(np.clip(x, 0, 1)), x)

    of = checkers(2, 2)
    outcome, _ = searched(of, FakeSolver(lie, claim=0.0))
    assert outcome.network is not None
    assert outcome.stages[0].status != "infeasible"


class Failing:
    """A solver that never has a point: it crashes, or is stopped at once, or calls everything infeasible."""

    name = "failing"
    features = frozenset({"milp"})

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.calls = 0

    def version(self) -> str:
        return "0"

    def check_options(self, options: object) -> list[tuple[str, str]]:
        return []

    def solve(self, model, options: SolveOptions, on_incumbent=None, on_progress=None) -> Solution:
        self.calls += 1
        return Solution(self.stop, None, None, None, 0, 0.0, "it does not work" if self.stop is Stop.FAILED else "")


@pytest.mark.parametrize("stop", [Stop.FAILED, Stop.TIME_LIMIT, Stop.NODE_LIMIT, Stop.INFEASIBLE])
def test_a_sub_mip_without_a_point_is_passed_over(stop: Stop) -> None:
    solver = Failing(stop)
    outcome, _ = searched(checkers(2, 2), solver, options=MethodOptions(restarts=3))
    assert outcome.stages[0].status == "feasible", "a sub-MIP proves nothing"
    assert outcome.stages[0].value == 2, "the constant network"
    assert solver.calls == 6, "two blocks each"


def test_a_solver_that_comes_back_with_less_does_no_harm() -> None:
    """It gives the worst point of each sub-MIP."""

    class Worst(Failing):
        def solve(self, model, options: SolveOptions, on_incumbent=None, on_progress=None) -> Solution:
            self.calls += 1
            found = HighsSolver(isolated=False).solve(replace(model, c=-model.c), replace(options, start=None))
            return replace(found, objective=None, bound=None)

    solver = Worst(Stop.OPTIMAL)
    outcome, told = searched(checkers(3, 2), solver)
    assert solver.calls >= 2
    assert (outcome.stages[0].value, len(told.networks)) == (4, 1)


def test_no_network_at_all_is_no_proof() -> None:
    of = checkers(2, 2, constraints=[bound(Errors(), "<=", 0)])
    flat = replace(of, layers=(replace(of.layers[0], domain=finite(0)), of.layers[1]))
    outcome, _ = searched(flat, Failing(Stop.NODE_LIMIT))
    assert outcome.status(1) == "no_solution"
    assert outcome.stages[0].message == ""
    outcome, _ = searched(flat, Failing(Stop.FAILED))
    assert "it does not work" in outcome.message


def test_a_run_that_is_to_stop_keeps_what_it_has() -> None:
    solver = Observed()
    outcome, _ = searched(checkers(3, 3), solver, should_stop=lambda: len(solver.asked) >= 1)
    assert outcome.stages[0].status == "interrupted"
    assert outcome.network is not None
    assert len(solver.asked) == 1


def test_a_time_limit_that_is_over_keeps_the_first_network() -> None:
    outcome, _ = searched(checkers(3, 3), limits=Limits(time_limit=1e-9))
    assert (outcome.status(1), outcome.stages[0].value) == ("feasible", 4)


def test_time_is_shared() -> None:
    solver = Observed()
    searched(checkers(3, 2), solver, Limits(time_limit=60, node_limit=1, threads=1))
    assert all(options.time_limit is not None and options.time_limit <= 6 for _, options in solver.asked)
    alone = Observed()
    one = problem([[0], [1], [2], [3]], [0, 1, 0, 1], [layer("o", 1, 1, TERNARY, AUTO)])
    searched(one, alone, Limits(time_limit=60, threads=1), MethodOptions())
    assert len(alone.asked) == 1, "one block is the whole program, wherever a search begins"
    assert alone.asked[0][1].time_limit is not None
    assert alone.asked[0][1].time_limit > 50


def test_a_gap_is_enough() -> None:
    solver = Observed()
    outcome, _ = searched(checkers(2, 2), solver, replace(WORK, gap=1.0))
    assert solver.asked == [], "the constant network's 2 errors are within 100 % of 0"
    assert (outcome.status(1), outcome.stages[0].value) == ("feasible", 2)


@dataclass
class Scripted:
    """An improver whose sub-MIPs come to what a script says: b, better; s, settled; each with the block that was asked for."""

    script: str
    asked: list[str] = field(default_factory=list)
    is_over: bool = False

    def improve(self, block: str, share: float | None, seed: int) -> Found:
        self.asked.append(block)
        step = self.script.split()[len(self.asked) - 1]
        return Found("b" in step, "s" in step)


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        ("s s", "12"),  # nothing at all
        ("bs s", "12"),  # the first was solved to its end, and the second changed nothing
        ("b s s", "121"),  # the first was cut short: it may have more to bring
        ("bs bs s", "121"),
        ("- b - -", "1212"),
        ("b b s s", "1212"),
    ],
)
def test_a_search_ends_when_no_block_can_bring_anything(script: str, asked: str) -> None:
    improver = Scripted(script)
    _go_round(improver, ["1", "2"], None, Restart(0, None))  # type: ignore[arg-type, list-item]
    assert "".join(improver.asked) == asked


def test_rounds_bound_the_sweeps() -> None:
    solver = Observed()
    searched(checkers(3, 3), solver, options=MethodOptions(restarts=1, rounds=1))
    assert len(solver.asked) <= 2


# --- seeds, executors, journals -----------------------------------------------------------------------------------------


class Backwards:
    """An executor of another order, in which a task and what it shares are what pickling makes of them."""

    workers = 3

    def run(self, function, shared, tasks: Sequence[Any], on_result=ignore, should_stop=never) -> list[Any]:
        import pickle

        found: list[Any] = [None] * len(tasks)
        for place in reversed(range(len(tasks))):
            if should_stop():
                break
            result = pickle.loads(pickle.dumps(function))(*pickle.loads(pickle.dumps((shared, tasks[place]))))
            found[place] = pickle.loads(pickle.dumps(result))
            on_result(place, found[place])
        return found

    def warm_up(self, function: Callable[[], object]) -> Callable[[], bool]:
        return always

    def close(self) -> None:
        """Nothing to let go of."""


def parameters(network: Network | None) -> list[Any]:
    assert network is not None
    return [(layer.weights.tolist(), layer.bias.tolist()) for layer in network.layers]


@pytest.mark.parametrize("size", [2, 3])
def test_the_same_seed_gives_the_same_network_whoever_works(size: int) -> None:
    of = checkers(size, 2)
    options = MethodOptions(restarts=4)
    serial, _ = searched(of, options=options)
    again, _ = searched(of, options=options)
    elsewhere, _ = searched(of, options=options, executor=Backwards())
    assert parameters(serial.network) == parameters(again.network) == parameters(elsewhere.network)


def test_networks_of_the_stochastic_search_are_begun_with() -> None:
    """They are good already: the first sub-MIP starts from one that is better than the constant network."""
    solver = Observed()
    _, told = searched(checkers(4, 2), solver, options=MethodOptions(restarts=3), searches=True)
    model, options = solver.asked[0]
    assert options.start is not None
    assert model.c @ options.start < told.networks[0][2]


def test_the_earliest_of_equally_good_restarts_counts() -> None:
    """Whichever came first in time."""
    of = checkers(3, 2)
    formulation = formulated(of)
    drawn = [random_network(formulation, np.random.default_rng(seed)) for seed in range(300)]
    counts = Counter(objective_of(network, formulation) for network in drawn)
    value = min(value for value, count in counts.items() if count > 1 and value is not None)
    assert value < 4, "better than the constant network"
    equal = [with_margins(network, formulation) for network in drawn if objective_of(network, formulation) == value][:2]
    assert parameters(equal[0]) != parameters(equal[1])

    class Given(Backwards):
        def run(self, function, shared, tasks: Sequence[Any], on_result=ignore, should_stop=never) -> list[Any]:
            for place in (1, 0):
                on_result(place, Descent(equal[place], value, 0, True))
            return []

    outcome, told = searched(of, executor=Given())
    assert parameters(told.networks[-1][1]) == parameters(equal[1])
    assert parameters(outcome.network) == parameters(equal[0])


class Kept(Journal):
    """A journal in memory."""

    def __init__(self) -> None:
        self.payloads: dict[str, Any] = {}

    def record(self, key: str, payload: Any) -> None:
        self.payloads[key] = payload

    def recorded(self, key: str) -> Any | None:
        return self.payloads.get(key)


def test_what_a_journal_holds_is_not_done_again() -> None:
    of, options, journal, solver = checkers(3, 2), MethodOptions(restarts=3), Kept(), Observed()
    whole, _ = searched(of, solver, options=options, journal=journal)
    assert {f"goal/0/descent/{number}" for number in range(3)} <= set(journal.payloads)
    resumed, idle = Kept(), Observed()
    resumed.payloads = {key: value for key, value in journal.payloads.items() if "descent" in key}
    again, _ = searched(of, idle, options=options, journal=resumed)
    assert idle.asked == []
    assert parameters(again.network) == parameters(whole.network)
    del resumed.payloads["goal/0/descent/1"]
    third, _ = searched(of, idle, options=options, journal=resumed)
    assert 0 < len(idle.asked) < len(solver.asked)
    assert parameters(third.network) == parameters(whole.network)


def test_a_restart_that_was_cut_short_is_not_recorded() -> None:
    journal, solver = Kept(), Observed()
    searched(checkers(3, 3), solver, journal=journal, should_stop=lambda: len(solver.asked) >= 1)
    assert journal.payloads == {}


# --- from a file --------------------------------------------------------------------------------------------------------


def test_a_file_that_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,y\n0,0,n\n0,1,p\n1,0,p\n1,1,n\n")
    spec = tmp_path / "xor.bdnn"
    spec.write_text(
        'data { from "points.csv" target "y" }\n'
        "network { layer hidden: 2 step units weights in {-1, 0, 1} layer output: 1 step unit weights in {-1, 0, 1} }\n"
        "minimize errors\n"
        "train local_search { restarts 10 rounds 5 node_limit 100 }\n"
    )
    result = bdnnc.compile(spec).train(time_limit=60)
    assert (result.status, result.network.training.method, result.loss) == ("optimal", "local_search", 0)


def test_infeasible_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,y\n0,0,n\n0,1,p\n1,0,p\n1,1,n\n")
    text = (
        'data { from "points.csv" target "y" }\n'
        "network { layer output: 1 step unit weights in {-1, 0, 1} }\n"
        "minimize l1(output.weights)\nsubject to { errors <= 0 }\ntrain local_search\n"
    )
    spec = tmp_path / "xor.bdnn"
    spec.write_text(text)
    with pytest.raises(WorkFailed) as caught:
        bdnnc.compile(spec).train()
    assert caught.value.diagnostics[0].code == "E520"
