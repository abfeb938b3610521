"""From layers, goals and constraints with masks, arrays, dead inputs and class weights to the problem that they state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.data.dataset import Dataset
from bdnnc.data.load import load
from bdnnc.data.powers import with_powers
from bdnnc.diagnostics import InternalError, Source, Span, UserError
from bdnnc.ir.domains import BitsDomain, LatticeDomain, RealDomain, ScaledDomain
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import (
    Constraint,
    Errors,
    FanIn,
    FeaturesUsed,
    Goal,
    Loss,
    Monotone,
    Norm,
    Parameters,
    Quantity,
    Term,
    UnitsUsed,
)
from bdnnc.language.spec import (
    ArrayFile,
    Bias,
    Bits,
    DataSpec,
    Domain,
    FileSource,
    FiniteSet,
    Interval,
    LayerSpec,
    Located,
    ModelSpec,
    ScaledSet,
)
from bdnnc.posing import pose

WORDS = Source("spec.bdnn", "data hidden output weights mask bias start goal constraint monotone")
POINTS = "a,b,same,y\n1,2,7,n\n3,0,7,y\n1,1,7,y\n1,1,7,n\n0,2,7,n\n"
UNUSED = FiniteSet((Fraction(-1), Fraction(1)))
ERRORS = Errors()


def span(word: str) -> Span:
    start = WORDS.text.index(word)
    return Span(WORDS, start, start + len(word))


def finite(*values: int | str) -> FiniteSet:
    return FiniteSet(tuple(Fraction(value) for value in values))


def interval(low: str, high: str) -> Interval:
    return Interval(Fraction(low), Fraction(high))


def scaled(*values: int, by: tuple[int, int]) -> ScaledSet:
    return ScaledSet(finite(*values), Fraction(by[0]), Fraction(by[1]))


class Case:
    """A network of two hidden units on three inputs, `same` constant, and files beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, name: str, word: str, content: bytes | str | dict[str, Any] | None = None) -> ArrayFile:
        path = self.folder / name
        if isinstance(content, dict):
            np.savez(path, **content)
        elif content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return ArrayFile(path, name, span(word))

    def mask(self, text: str | None) -> ArrayFile:
        return self.file("mask.csv", "mask", text)

    def model(self, weights: Domain | ArrayFile, *quantities: Quantity, **rest: Any) -> ModelSpec:
        """Hidden weights as given, the quantities each in a constraint."""
        hidden = LayerSpec("hidden", 2, "step", weights, Bias(), *map(span, ("hidden", "hidden", "hidden", "weights")))
        output = LayerSpec("output", 1, "step", UNUSED, Bias(), *map(span, ("output", "output", "output", "weights")))
        goals = rest.pop("goals", (goal(Loss("hamming")),))
        constraints = tuple(constraint(quantity) for quantity in quantities)
        monotone = rest.pop("monotone", ())
        return ModelSpec((replace(hidden, **rest), output), goals, None, {}, constraints, monotone)

    def problem(self, model: ModelSpec, text: str = POINTS, **data: Any) -> Problem:
        return pose(model, with_powers(self.dataset(text, **data), model.layers[0].powers))

    def dataset(self, text: str = POINTS, **data: Any) -> Dataset:
        path = self.folder / "points.csv"
        path.write_text(text)
        return load(DataSpec(FileSource(path, "points.csv", span("data")), span("data"), Located("y", span("data")), **data))

    def hidden(self, weights: Domain | ArrayFile, *quantities: Quantity, **rest: Any) -> Any:
        return self.problem(self.model(weights, *quantities, **rest)).layers[0]


def goal(quantity: Quantity, coefficient: int = 1) -> Goal:
    return Goal("minimize", (Term(Fraction(coefficient), quantity, span("goal")),), Fraction(0), "a goal", span("goal"))


def constraint(quantity: Quantity) -> Constraint:
    return Constraint((Term(Fraction(1), quantity),), "<=", Fraction(5), 1, "a constraint", span("constraint"))


def weight(unit: int, j: int, layer: int = 0) -> Parameters:
    return Parameters(layer, "weights", (unit,), (j,))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def failing(step: Callable[[], Any]) -> tuple[str, str, str]:
    with pytest.raises(UserError) as caught:
        step()
    [found] = caught.value.diagnostics
    assert found.primary is not None
    assert found.help
    at = found.primary.span
    return found.code, at.source.text[at.start : at.end], found.message


# --- dead inputs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (finite(-1, 0, 1), 0),
        (finite(-1, 1), 1),
        (finite(-3, -2), -2),
        (interval("-1", "1"), 0),
        (interval("0.5", "1"), Fraction(1, 2)),
        (Bits(2), 1),
        (scaled(-1, 0, 1, by=(1, 2)), 0),
    ],
)
def test_dead_inputs_get_the_smallest_member(case: Case, weights: Domain, expected: Fraction) -> None:
    hidden = case.hidden(weights)
    np.testing.assert_array_equal(hidden.free, [[True, True, False]] * 2)
    assert [hidden.constant[unit, 2] for unit in range(2)] == [expected, expected]
    assert not hidden.absent.any()


def test_dead_inputs_stay_free_where_a_scale_has_no_zero(case: Case) -> None:
    assert case.hidden(scaled(-1, 1, by=(1, 2))).free.all()
    assert not case.hidden(scaled(0, by=(1, 2))).free.any()


def test_dead_inputs_stay_free_where_a_statement_names_them(case: Case) -> None:
    weights = finite(-1, 1)
    assert case.hidden(weights, weight(1, 2)).free.all()
    assert case.hidden(weights, goals=(goal(weight(0, 2)),)).free.all()
    assert case.hidden(weights, monotone=(Monotone(True, (2,), None, "m"),)).free.all()
    for other in (weight(0, 1), weight(0, 0, layer=1), Parameters(0, "bias", (0,))):
        assert not case.hidden(weights, other).free[:, 2].any()


# --- connections ----------------------------------------------------------------------------------------------------


def test_a_mask_makes_connections_absent_and_nothing_optional(case: Case) -> None:
    hidden = case.hidden(finite(-1, 1), mask=case.mask("1,0,1\n0,1,0\n"))
    np.testing.assert_array_equal(hidden.absent, [[False, True, False], [True, False, True]])
    np.testing.assert_array_equal(hidden.free, [[True, False, False], [False, True, False]])
    # a dead input keeps its weight, an absent one has none
    np.testing.assert_array_equal(hidden.constant, [[0, 0, 1], [0, 0, 0]])
    assert not hidden.sparse


@pytest.mark.parametrize(
    ("quantity", "sparse"),
    [
        (FanIn(0), [True, False]),
        (FanIn(1), [False, True]),
        (Norm("l0", "weights", (0,)), [True, False]),
        (Norm("l0", "weights", (0, 1)), [True, True]),
        (Norm("l0", "bias", (0,)), [False, False]),
        (Norm("l1", "weights", (0, 1)), [False, False]),
        (UnitsUsed(0), [False, True]),
        (FeaturesUsed(), [True, False]),
        (ERRORS, [False, False]),
        (weight(0, 0), [False, False]),
    ],
)
def test_which_layers_are_sparse(case: Case, quantity: Quantity, sparse: list[bool]) -> None:
    by_constraint = case.problem(case.model(finite(-1, 1), quantity))
    by_goal = case.problem(case.model(finite(-1, 1), goals=(goal(Loss("hamming")), goal(quantity))))
    for problem in (by_constraint, by_goal):
        assert [layer.sparse for layer in problem.layers] == sparse


def test_what_is_constant_in_a_sparse_layer(case: Case) -> None:
    dead = [[False, False, True]] * 2
    for weights in (finite(-1, 1), finite(3), interval("1", "2"), scaled(1, by=(1, 2))):
        hidden = case.hidden(weights, FanIn(0))  # weight 0 is there for dead inputs, and the single member is a choice
        np.testing.assert_array_equal(hidden.free, ~np.array(dead))
        np.testing.assert_array_equal(hidden.absent, dead)
        assert (hidden.constant == 0).all()
    nothing = case.hidden(finite(0), FanIn(0))
    assert nothing.absent.all()
    assert not nothing.free.any()
    named = case.hidden(finite(-1, 1), FanIn(0), weight(0, 2))
    assert named.free.all()


def test_a_single_member_is_constant_otherwise(case: Case) -> None:
    for weights in (finite(3), interval("3", "3"), scaled(1, by=(3, 3))):
        hidden = case.hidden(weights)
        assert not hidden.free.any()
        assert (hidden.constant == 3).all()
        assert not hidden.absent.any()


# --- arrays ---------------------------------------------------------------------------------------------------------


def fixed(case: Case, **arrays: Any) -> ArrayFile:
    return case.file("w.npz", "weights", arrays)


def test_fixed_weights_are_the_decimals_of_the_file(case: Case) -> None:
    for kind in (np.float64, np.float32):
        hidden = case.hidden(fixed(case, weights=np.array([[0.1, -2.0, 3.5], [0.0, 1.0, 0.0]], dtype=kind)))
        assert not hidden.free.any()
        assert not hidden.absent.any()
        assert hidden.constant[0].tolist() == [Fraction(1, 10), -2, Fraction(7, 2)]


def test_fixed_weights_that_are_zero_are_absent_in_a_sparse_layer(case: Case) -> None:
    file = fixed(case, weights=np.array([[1, 0, 0], [0, 5, 6]]))
    hidden = case.hidden(file, FanIn(0), mask=case.mask("1,1,0\n1,1,1\n"))
    np.testing.assert_array_equal(hidden.constant, [[1, 0, 0], [0, 5, 6]])
    np.testing.assert_array_equal(hidden.absent, [[False, True, True], [True, False, False]])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("1,0\n0,1\n", "E316"),
        ("1,0,1\n", "E316"),
        ("1,0,1\n0,2,1\n", "E317"),
        ("1,0,1\n0,x,1\n", "E317"),
        ("", "E316"),
        ("\udcff".encode("utf-8", "surrogatepass"), "E315"),
        (None, "E315"),
    ],
)
def test_masks_that_do_not_fit(case: Case, content: Any, code: str) -> None:
    assert failing(lambda: case.hidden(finite(-1, 1), mask=case.mask(content)))[:2] == (code, "mask")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,0\n0,1\n", "the mask is 2 x 2, the layer needs 2 x 3"),
        ("1,0,1\n", "the mask is 1 x 3, the layer needs 2 x 3"),
        ("1,0,1\n\n0,1\n", "line 3 of the mask has 2 entries, others have 3, the layer needs 2 x 3"),
        ("1,0\n0\n", "line 2 of the mask has 1 entry, others have 2, the layer needs 2 x 3"),
        ("", "the mask is empty, the layer needs 2 x 3"),
        ("1,0,1\n\n0,2,1\n", "line 3 of the mask holds `2`, only 0 and 1 are allowed"),
        (None, "there is no mask `mask.csv`"),
        (b"\xff", "the mask `mask.csv` is not a CSV of 0 and 1"),
    ],
)
def test_what_is_said_of_masks(case: Case, content: Any, message: str) -> None:
    assert failing(lambda: case.hidden(finite(-1, 1), mask=case.mask(content)))[2] == message


def test_an_archive_or_a_folder_is_no_mask(case: Case) -> None:
    fixed(case, weights=np.ones((2, 3)))
    found = failing(lambda: case.hidden(finite(-1, 1), mask=case.file("w.npz", "mask")))
    assert (found[0], found[2]) == ("E315", "the mask `w.npz` is not a CSV of 0 and 1")
    (case.folder / "folder").mkdir()
    for word in ("mask", "start"):
        found = failing(lambda word=word: case.hidden(finite(-1, 1), **{word: case.file("folder", word)}))
        assert (found[0], found[2][-11:]) == ("E315", "is a folder")


@pytest.mark.parametrize(
    ("value", "kind"), [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite"), (1e300, "out of range")]
)
def test_the_first_value_that_is_no_number_is_named(case: Case, value: float, kind: str) -> None:
    weights = np.ones((2, 3))
    weights[1, :2] = value
    message = failing(lambda: case.hidden(fixed(case, weights=weights)))[2]
    assert message == f"the fixed weights hold a value that is {kind}, the first at [1, 0]"
    assert "[1]" in failing(lambda: biased(case, bias=np.array([0.0, value])))[2]


def test_a_mask_leaves_no_fixed_weight_out(case: Case) -> None:
    file = fixed(case, weights=np.array([[1, 2.5, 3], [0, 5, 6]]))
    code, word, message = failing(lambda: case.hidden(file, mask=case.mask("1,0,0\n0,1,1\n")))
    assert (code, word) == ("E318", "weights")
    assert message == (
        "the fixed weight of unit 0, input `b` is 2.5 in `w.npz`, and the mask `mask.csv` leaves it out (and 1 more)"
    )
    assert case.hidden(file, mask=case.mask("1,1,1\n0,1,1\n")).absent.tolist() == [[False] * 3, [True, False, False]]


BAD_WEIGHTS: list[tuple[dict[str, Any], str]] = [
    ({"weights": np.zeros((2, 2))}, "E316"),
    ({"weights": np.zeros(3)}, "E316"),
    ({"weights": np.array(3.0)}, "E316"),
    ({"w": np.zeros((2, 3))}, "E315"),
    ({"weights": np.full((2, 3), np.nan)}, "E317"),
    ({"weights": np.full((2, 3), np.inf)}, "E317"),
    ({"weights": np.full((2, 3), 1e300)}, "E317"),
    ({"weights": np.full((2, 3), "1")}, "E317"),
    ({"weights": np.full((2, 3), None)}, "E315"),
]


@pytest.mark.parametrize(("arrays", "code"), BAD_WEIGHTS)
def test_weights_that_do_not_fit(case: Case, arrays: dict[str, Any], code: str) -> None:
    assert failing(lambda: case.hidden(fixed(case, **arrays)))[:2] == (code, "weights")
    start = case.file("s.npz", "start", arrays)
    assert failing(lambda: case.hidden(finite(-1, 1), start=start))[:2] == (code, "start")


def test_files_that_are_no_archive(case: Case) -> None:
    assert failing(lambda: case.hidden(case.file("w.npz", "weights", b"\x00not a zip")))[0] == "E315"
    np.save(case.folder / "single.npz.npy", np.zeros((2, 3)))
    assert failing(lambda: case.hidden(case.file("single.npz.npy", "weights")))[0] == "E315"
    assert failing(lambda: case.hidden(case.file("other.npz", "weights")))[0] == "E315"


def biased(case: Case, **arrays: Any) -> Problem:
    return case.problem(case.model(finite(-1, 1), bias=Bias("fixed", file=case.file("b.npz", "bias", arrays))))


def test_fixed_biases(case: Case) -> None:
    rule = biased(case, bias=np.array([0.1, -2])).layers[0].bias
    assert (rule.kind, rule.domain, rule.values) == ("fixed", None, (Fraction(1, 10), Fraction(-2)))


@pytest.mark.parametrize(
    ("arrays", "code"),
    [
        ({"bias": np.zeros(3)}, "E316"),
        ({"bias": np.zeros((2, 1))}, "E316"),
        ({"weights": np.zeros(2)}, "E315"),
        ({"bias": np.array([0.0, np.nan])}, "E317"),
        ({"bias": np.array(["0", "1"])}, "E317"),
    ],
)
def test_fixed_biases_that_do_not_fit(case: Case, arrays: dict[str, Any], code: str) -> None:
    assert failing(lambda: biased(case, **arrays))[:2] == (code, "bias")


def test_domains_of_biases(case: Case) -> None:
    kinds = {
        "auto": (None, None),
        "none": (None, None),
        "in": (interval("-1", "2"), RealDomain(Fraction(-1), Fraction(2))),
        "shared": (Bits(2), BitsDomain(2)),
    }
    for kind, (declared, expected) in kinds.items():
        rule = case.hidden(finite(-1, 1), bias=Bias(kind, declared)).bias  # type: ignore[arg-type]
        assert (rule.kind, rule.domain, rule.values) == (kind, expected, ())


# --- weights to start from ------------------------------------------------------------------------------------------


def started(case: Case, weights: Domain, start: list[list[float]], *quantities: Quantity, **rest: Any) -> Any:
    return case.hidden(weights, *quantities, start=case.file("s.npz", "start", {"weights": np.array(start)}), **rest).start


def test_start_weights(case: Case) -> None:
    found = started(case, interval("-1", "1"), [[0.1, -0.25, 1], [0, 1, -1]])
    # the weights of the dead input are the problem's
    assert found.tolist() == [[Fraction(1, 10), Fraction(-1, 4), 0], [0, 1, 0]]
    assert case.hidden(finite(-1, 1)).start is None


def test_start_weights_are_zero_where_there_is_no_connection(case: Case) -> None:
    mask = case.mask("1,0,1\n0,1,1\n")
    assert started(case, finite(-1, 1), [[1, 0, 1], [0, -1, 1]], mask=mask).tolist() == [[1, 0, 1], [0, -1, 1]]
    assert started(case, finite(-1, 1), [[1, 0, 0], [0, -1, 0]], FanIn(0)).tolist() == [[1, 0, 0], [0, -1, 0]]
    code, _, message = failing(lambda: started(case, finite(-1, 1), [[1, 1, 1], [0, -1, 1]], mask=mask))
    assert (code, message) == ("E318", "the start weight of unit 0, input `b` is 1, and the mask leaves it out")


def test_start_weights_that_are_no_members(case: Case) -> None:
    code, word, message = failing(lambda: started(case, finite(-1, 1), [[1, 1, 1], [-1, 0, 0.5]]))
    assert (code, word) == ("E318", "start")
    assert message == "the start weight of unit 1, input `b` is 0, not in `{-1..1 step 2}` (and 1 more)"


def test_start_weights_of_a_unit_share_their_scale(case: Case) -> None:
    weights = scaled(-1, 2, by=(1, 3))
    assert started(case, weights, [[2, -1, 2], [6, -3, -3]])[1].tolist() == [6, -3, -3]
    assert started(case, weights, [[2, 0, 2], [0, -3, -3]], FanIn(0))[1].tolist() == [0, -3, 0]
    message = failing(lambda: started(case, weights, [[2, -1, 2], [2, -2, -2]]))[2]
    assert message == "the start weights of unit 1 are not `scaled {-1, 2} by [1, 3]` with one scale"


def test_products_of_floats_count_as_scaled_weights(case: Case) -> None:
    assert 3 * 0.1 != 0.3
    found = started(case, ScaledSet(finite(1, 3), Fraction(1, 100), Fraction(1)), [[0.1, 3 * 0.1, 0.1], [0.5, 0.5, 0.5]])
    scale = Fraction(repr(3 * 0.1)) / 3
    assert found.tolist() == [[scale, 3 * scale, scale], [Fraction(1, 2)] * 3]


@given(
    st.lists(st.sampled_from([-2, 0, 1]), min_size=3, max_size=3),
    st.fractions(1, 4, max_denominator=4),
    st.integers(0, 2),
    st.sampled_from([Fraction(0), Fraction(1, 8)]),
)
def test_a_unit_has_a_scale_iff_it_is_made_with_one(
    tmp_path_factory: pytest.TempPathFactory, members: list[int], scale: Fraction, place: int, off: Fraction
) -> None:
    case = Case(tmp_path_factory.mktemp("start"))
    row = [member * scale for member in members]
    row[place] += off

    def one_scale() -> bool:
        scales = [value / member for value in row for member in (-2, 1) if value] or [Fraction(1)]
        return any(1 <= s <= 4 and all(value / s in (-2, 0, 1) for value in row) for s in scales)

    def step() -> Any:
        return started(case, scaled(-2, 0, 1, by=(1, 4)), [[float(value) for value in row], [0, 0, 0]])

    if one_scale():
        assert np.abs((step()[0, :2] - np.array(row[:2])).astype(float)).max() < 1e-8
    else:
        assert failing(step)[0] == "E318"


# --- goals, statements, targets -------------------------------------------------------------------------------------


def class_weights(case: Case, loss: Loss) -> Any:
    [stated] = case.problem(case.model(finite(-1, 1), goals=(goal(loss),))).goals
    quantity = stated.terms[0].quantity
    assert isinstance(quantity, Loss)
    return quantity.weights


def test_class_weights(case: Case) -> None:
    assert class_weights(case, Loss("hamming")) == (1, 1)
    assert class_weights(case, Loss("zero_one", weights=(Fraction(1), Fraction(1, 4)))) == (1, Fraction(1, 4))
    assert class_weights(case, Loss("hinge", Fraction(1), "balanced")) == (Fraction(5, 6), Fraction(5, 4))  # 3 n, 2 y


def test_statements_stand_in_the_order_of_their_kinds(case: Case) -> None:
    goals = (goal(Loss("hamming")), goal(ERRORS))
    monotone = (Monotone(False, (0,), None, "monotone decreasing", span("monotone")),)
    problem = case.problem(case.model(finite(-1, 1), FanIn(0), ERRORS, goals=goals, monotone=monotone))
    titles = ["layer hidden", "layer output", "minimize a goal", "minimize a goal", "a constraint", "a constraint"]
    assert [statement.title for statement in problem.statements] == [*titles, "monotone decreasing"]
    assert problem.goal_statements == (2, 3)
    assert problem.constraint_statements == (4, 5)
    assert problem.monotone_statements == (6,)
    assert [layer.statement for layer in problem.layers] == [0, 1]
    words = ["hidden", "output", "goal", "goal", "constraint", "constraint", "monotone"]
    assert [statement.span for statement in problem.statements] == [span(word) for word in words]
    assert (problem.constraints, problem.monotone) == (tuple(map(constraint, (FanIn(0), ERRORS))), monotone)
    assert problem.goals[1] == goals[1]


def test_equal_points_are_one_pattern_with_counts(case: Case) -> None:
    stated = case.problem(case.model(finite(-1, 1)))
    assert stated.patterns.shape == (4, 3)
    assert stated.counts.tolist() == [[1, 0], [0, 1], [1, 1], [1, 0]]
    assert (stated.samples, stated.is_regression) == (5, False)
    assert stated.columns == (0, 1, 2)


def test_targets_are_pairs_of_pattern_and_number(case: Case) -> None:
    text = "a,b,y\n1,2,0.5\n3,0,7\n1,2,-1\n1,2,0.50\n3,0,7\n4,4,0.5\n"
    stated = case.problem(case.model(finite(-1, 1), goals=(goal(Loss("absolute")),)), text, regression=True)
    assert stated.is_regression
    assert stated.targets is not None
    assert stated.targets.pattern.tolist() == [0, 0, 1, 2]
    assert stated.targets.value.tolist() == [-1, Fraction(1, 2), 7, Fraction(1, 2)]
    assert stated.targets.count.tolist() == [1, 2, 2, 1]
    assert (stated.classes, stated.counts.tolist(), stated.samples) == ((), [[3], [2], [1]], 6)
    quantity = stated.goals[0].terms[0].quantity
    assert isinstance(quantity, Loss)
    assert quantity.weights == ()


def test_powers_are_inputs_of_the_problem(case: Case) -> None:
    model = case.model(finite(-1, 1), weight(0, 5), powers=2)
    problem = case.problem(model)
    assert problem.inputs == ("a", "b", "same", "a^2", "b^2", "same^2")
    assert problem.columns == (0, 1, 2, 0, 1, 2)
    assert problem.layers[0].free.tolist() == [[True, True, False, True, True, True]] * 2
    with pytest.raises(InternalError):
        pose(model, case.dataset())


def test_heights_margins_and_domains_are_handed_on(case: Case) -> None:
    hidden = case.hidden(finite(-1, 1), height=Fraction(3), margin=Located("exact", span("hidden")))
    assert (hidden.height, hidden.margin, hidden.margin_span) == (3, "exact", span("hidden"))
    assert hidden.domain == LatticeDomain(Fraction(-1), Fraction(2), 1)
    assert case.hidden(scaled(1, by=(1, 2))).domain == ScaledDomain((Fraction(1),), Fraction(1), Fraction(2))


def test_errors_of_all_layers_are_found_together(case: Case) -> None:
    model = case.model(finite(-1, 1), mask=case.mask("1\n"))
    output = replace(model.layers[1], start=case.file("s.npz", "start", {"weights": np.array([[1, 3]])}))
    with pytest.raises(UserError) as caught:
        case.problem(replace(model, layers=(model.layers[0], output)))
    assert [found.code for found in caught.value.diagnostics] == ["E316", "E318"]
    assert "input `hidden 1` is 3" in caught.value.diagnostics[1].message
