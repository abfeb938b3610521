"""A right model is certified; every figure that is changed is found, by name."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bdnnc.diagnostics import InternalError, Source, Span, WorkFailed
from bdnnc.language.quantities import Goal, Margin, Term
from bdnnc.language.spec import ArrayFile, Bias, Bits, FiniteSet, Interval, LayerSpec, ScaledSet
from bdnnc.network.assemble import Run, Stage, assemble
from bdnnc.network.certify import certify
from bdnnc.network.check import Check
from bdnnc.network.declared import declared_checks, domain_text
from bdnnc.network.evaluate import smallest_margins
from bdnnc.network.network import Network
from bdnnc.network.reading import model_of_text
from bdnnc.network.writing import model_text

SPAN = Span(Source("x.bdnn", "x"), 0, 1)
OTHER_HASH = "0" * 64

TAMPERED: list[tuple[str, Any, str]] = [
    ("training.loss", 3, "training.loss"),
    ("training.objective", 100, "training.gap"),
    ("training.errors", 8, "training.errors"),
    ("training.nominal_errors", 8, "training.nominal_errors"),
    ("training.samples", 21, "training.samples"),
    ("training.bound", 2, "training.gap"),
    ("training.bound", 22, "training.bound"),
    ("training.bound", None, "training.gap"),
    ("training.gap", 0, "training.gap"),
    ("training.gap", None, "training.gap"),
    ("training.status", "optimal", "training.status"),
    ("training.status", "infeasible", "training.status"),
    ("training.status", "no_solution", "training.status"),
    ("training.seed", 8, "certificate.claims.seed"),
    ("training.solver", "highs 1.17.0", "certificate.claims.solver"),
    ("training.options.time_limit", 61, "certificate.claims.options"),
    ("training.class.hidden", 1, "certificate.claims.class"),
    ("training.model_objective", 1, "training.model_objective"),
    ("training.goals.0.value", 3, "training.goals[0].value"),
    ("training.goals.0.bound", 1, "training.goals[0].bound"),
    ("training.goals.0.text", "zero_one", "training.goals"),
    ("training.goals", [], "training.goals"),
    ("training.goals.0.sense", "maximize", "training.bound"),
    ("certificate.recomputable.loss", 3, "certificate.recomputable.loss"),
    ("certificate.recomputable.objective", 3, "certificate.recomputable.objective"),
    ("certificate.recomputable.errors", 3, "certificate.recomputable.errors"),
    ("certificate.recomputable.margins.hidden", 3, "certificate.recomputable.margins.hidden"),
    ("certificate.recomputable.margins.output", "1/3", "certificate.recomputable.margins.output"),
    ("certificate.claims.bound", 3, "certificate.claims.bound"),
    ("certificate.claims.gap", 3, "certificate.claims.gap"),
    ("certificate.claims.class.output", "chosen", "certificate.claims.class"),
    ("certificate.claims.solver", "scip", "certificate.claims.solver"),
    ("certificate.claims.version", "1.15.0", "certificate.claims.solver"),
    ("certificate.claims.options.presolve", "off", "certificate.claims.options"),
    ("certificate.claims.seed", 3, "certificate.claims.seed"),
    ("certificate.claims.tolerances.feasibility", 0, "certificate.claims.tolerances.feasibility"),
    ("certificate.claims.tolerances.feasibility", True, "certificate.claims.tolerances.feasibility"),
    ("certificate.claims.tolerances.feasibility", "tight", "certificate.claims.tolerances.feasibility"),
    ("certificate.claims.tolerances.width", 1, "certificate.claims.tolerances.width"),
    ("certificate.claims.cases", 0, "certificate.claims.cases"),
    ("certificate.recomputable.constraints", 1, "certificate.recomputable.constraints"),
    ("certificate.sha256.spec", OTHER_HASH, "certificate.sha256.spec"),
    ("certificate.sha256.data", OTHER_HASH, "source.sha256"),
    ("source.sha256", OTHER_HASH, "source.sha256"),
    ("spec", "minimize hamming", "certificate.sha256.spec"),
    ("sets.train.samples", 21, "sets.train.samples"),
    ("sets.train.errors", 8, "sets.train.errors"),
    ("sets.train.accuracy", 1, "sets.train.accuracy"),
    ("sets.test.samples", 10, "sets.test.samples"),
    ("sets.test.errors", 0, "sets.test.errors"),
    ("sets.test.accuracy", "5/9", "sets.test.accuracy"),
    ("sets.test", None, "sets.test"),
    ("sets.validation", {"samples": 1, "errors": 0, "accuracy": 1}, "sets.validation"),
    ("target.column", 3, "target.column"),
    ("target.name", "label", "target.name"),
    ("dialect.delimiter", ",", "dialect.delimiter"),
    ("dialect.header", True, "dialect.header"),
    ("classes", ["yes", "no"], "classes"),
    ("inputs.0.scale.shift", 31, "inputs[0]"),
    ("inputs.0.scale.round", 3, "inputs[0]"),
    ("inputs.1.column", 1, "inputs[1]"),
    ("inputs.2.signed", False, "inputs[2]"),
]


def tampered(case: Any, path: str, value: Any) -> Any:
    document = json.loads(model_text(case.model), parse_float=Decimal)
    *way, last = path.split(".")
    place = document
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    key = int(last) if isinstance(place, list) else last
    assert isinstance(place, list) or place.get(last, "absent") != value
    place[key] = value
    return model_of_text(json.dumps(document, default=float), "model.json")


def test_a_right_model_is_certified(case: Any) -> None:
    report = certify(case.model, case.dataset, case.problem)
    assert report.ok
    assert report.diagnostic() is None
    report.require()
    assert len(report.checks) > 35
    assert report.text().startswith("ok     certificate.sha256.spec ")
    assert report.table()["ok"] is True


def test_the_certified_model_is_still_right_after_a_round_trip(case: Any) -> None:
    assert certify(model_of_text(model_text(case.model), "model.json"), case.dataset, case.problem).ok


@pytest.mark.parametrize(("path", "value", "name"), TAMPERED, ids=[f"{path}={value}" for path, value, _ in TAMPERED])
def test_a_changed_figure_is_found_by_name(case: Any, path: str, value: Any, name: str) -> None:
    report = certify(tampered(case, path, value), case.dataset, case.problem)
    assert not report.ok
    assert report.difference is report.checks[-1]
    assert report.checks[-1].name == name
    with pytest.raises(WorkFailed, match=f"E560: `{name}".replace("[", r"\[").replace("]", r"\]")):
        report.require()
    assert report.text().rstrip().rsplit("\n", 1)[-1].startswith("WRONG  ")


REGRESSION_TAMPERED: list[tuple[str, Any, str]] = [
    ("training.loss", 3, "training.loss"),
    ("training.goals.0.value", 3, "training.goals[0].value"),
    ("training.goals.0.within", 3, "training.goals"),
    ("training.goals.0.reached", 1000, "training.status"),
    ("training.goals.0.reached", None, "training.status"),
    ("training.goals.1.value", 4, "training.goals[1].bound"),
    ("training.goals.1.value", 6, "training.status"),
    ("training.goals.1.bound", 6, "training.goals[1].bound"),
    ("training.goals.1.bound", None, "training.status"),
    ("training.goals.2.value", -1, "training.status"),
    ("training.goals.2.bound", -1, "training.goals[2].bound"),
    ("training.goals.2.sense", "minimize", "training.goals"),
    ("training.goals.2.text", "l1(weights)", "training.goals"),
    ("certificate.recomputable.constraints", 2, "certificate.recomputable.constraints"),
    ("sets.train.absolute", 3, "sets.train.absolute"),
    ("sets.validation.absolute", 3, "sets.validation.absolute"),
    ("sets.validation.samples", 6, "sets.validation.samples"),
    ("inputs.1.equals", "3", "inputs[1]"),
    ("inputs.3.power", 3, "inputs[3]"),
    ("layers.0.weights.0.0", 9, "training.goals[2].value"),
]


@pytest.mark.parametrize(
    ("path", "value", "name"), REGRESSION_TAMPERED, ids=[f"{path}={value}" for path, value, _ in REGRESSION_TAMPERED]
)
def test_a_changed_figure_of_regression_is_found_by_name(regression: Any, path: str, value: Any, name: str) -> None:
    report = certify(tampered(regression, path, value), regression.dataset, regression.problem)
    assert report.checks[-1].name == name
    assert not report.ok


def test_a_right_model_of_regression_is_certified(regression: Any) -> None:
    report = certify(model_of_text(model_text(regression.model), "model.json"), regression.dataset, regression.problem)
    assert report.ok
    assert Check("l0(hidden.weights) <= 5", "5", "to be at most 5", True) in report.checks
    assert Check("hidden.weights[*, 1] <= 0", "0 in row 0", "to be at most 0", True) in report.checks
    kept = "to have no positive product of weights along any path"
    assert Check('monotone decreasing in "sex"', "kept by every path", kept, True) in report.checks


def with_weight(case: Any, place: int, unit: int, source: int, value: object) -> Any:
    weights = case.network.layers[place].weights.copy()
    weights[unit, source] = Fraction(str(value))
    layers = list(case.network.layers)
    layers[place] = dataclasses.replace(layers[place], weights=weights)
    return dataclasses.replace(case.network, layers=tuple(layers))


@pytest.mark.parametrize(
    ("place", "unit", "source", "value", "text"),
    [
        (0, 1, 1, "0.5", "hidden.weights[*, 1] <= 0"),
        (1, 0, 1, "-0.1", 'monotone decreasing in "sex"'),
    ],
)
def test_a_network_that_breaks_a_constraint_is_neither_reported_nor_certified(
    regression: Any, place: int, unit: int, source: int, value: str, text: str
) -> None:
    network = with_weight(regression, place, unit, source, value)
    run = Run("exact", "feasible")
    with pytest.raises(InternalError, match=re.escape(f"breaks `{text}`")):
        assemble(network, regression.dataset, regression.problem, run, "spec")
    free = dataclasses.replace(regression.problem, constraints=(), monotone=())
    model = assemble(network, regression.dataset, free, run, "spec")
    report = certify(model, regression.dataset, regression.problem)
    assert report.checks[-1].name == text


def test_a_maximized_goal_is_bounded_from_above(case: Any) -> None:
    margin = Goal("maximize", (Term(Fraction(1), Margin(0)),), Fraction(0), "margin(hidden)")
    problem = dataclasses.replace(case.problem, goals=(margin,))
    value = smallest_margins(case.network, case.dataset.train.X)[0]
    assert value is not None
    for stage, bound in ((Stage(value, Fraction(2)), Fraction(2)), (Stage(value, Fraction(0)), value)):
        status = "optimal" if bound == value else "feasible"
        run = Run("exact", status, (stage,), model_objective=stage.bound if bound == value else None)  # type: ignore[arg-type]
        model = assemble(case.network, case.dataset, problem, run, "spec")
        training = model.training
        assert (training.objective, training.bound, training.gap) == (value, bound, bound - value)
        assert training.loss == 0
        assert training.model_objective == (0 if bound == value else None)
        assert certify(model, case.dataset, problem).ok
    low = dataclasses.replace(training, bound=Fraction(0), status="feasible")
    assert certify(dataclasses.replace(model, training=low), case.dataset, problem).checks[-1].name == "training.bound"


def test_goals_whose_search_did_not_begin_have_no_bound(regression: Any) -> None:
    run = Run("exact", "interrupted", (Stage(Fraction(40), Fraction(3)),))
    model = assemble(regression.network, regression.dataset, regression.problem, run, "spec")
    assert [goal.bound for goal in model.training.goals] == [3, None, None]
    assert [goal.reached for goal in model.training.goals] == [40, None, None]
    too_many = dataclasses.replace(run, goals=run.goals * 4)
    with pytest.raises(InternalError, match="4 stages for 3 goals"):
        assemble(regression.network, regression.dataset, regression.problem, too_many, "spec")


def test_a_bound_is_never_worse_than_what_was_reached(regression: Any) -> None:
    value = regression.model.training.objective
    assert regression.model.training.loss == value
    run = Run("exact", "feasible", (Stage(value - 1, value - Fraction(1, 2)),))
    model = assemble(regression.network, regression.dataset, regression.problem, run, "spec")
    assert model.training.goals[0].bound == model.training.bound == value - 1


def test_another_shape_ends_the_report_before_it_is_measured(case: Any) -> None:
    layers = (dataclasses.replace(case.problem.layers[0], units=3), case.problem.layers[1])
    report = certify(case.model, case.dataset, dataclasses.replace(case.problem, layers=layers))
    assert report.checks[-1].name == "layers"


def test_later_goals_may_give_up_no_more_than_was_allowed(regression: Any) -> None:
    value = regression.model.training.objective
    for reached, ok in ((value - 2, True), (value - 2 - Fraction(1, 100), False)):
        run = Run("exact", "feasible", (Stage(reached, None),))
        model = assemble(regression.network, regression.dataset, regression.problem, run, "spec")
        report = certify(model, regression.dataset, regression.problem)
        assert report.ok == ok
        assert ok or report.checks[-1].recomputed.startswith("within 2 of ")


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from leaves(entry, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and path.startswith(("training.goals", "inputs")):
        for place, entry in enumerate(value):
            yield from leaves(entry, f"{path}.{place}")
    else:
        yield path


BELIEVED = {
    "training.method": "which strategy found it",
    "training.cuts": "how often acceptance cut",
    "source.path": "where the file was; its hash is checked",
}


def test_every_figure_of_the_file_has_been_changed_or_is_believed(case: Any) -> None:
    changed = {path for path, _, _ in TAMPERED}
    document = json.loads(model_text(case.model))
    for path in leaves(document):
        covered = any(path == other or path.startswith(f"{other}.") for other in changed) or path in BELIEVED
        kind = path.split(".")[0] in ("format", "version", "layers", "inputs")  # the reader's, and the network itself
        siblings = path.startswith(
            ("training.options.", "training.class.", "certificate.claims.options.", "certificate.claims.class.")
        )
        assert covered or kind or siblings, path


def test_the_message_names_both_values(case: Any) -> None:
    report = certify(tampered(case, "training.loss", 3), case.dataset, case.problem)
    found = report.diagnostic()
    assert found is not None
    assert found.message == "`training.loss` is 3 in the model file, but recomputed it is 115/6"


def test_a_weight_changed_by_the_last_digit_is_found(case: Any) -> None:
    hidden = case.network.layers[0]
    weights = hidden.weights.copy()
    # the sample and unit nearest to 0 decide the margin, so a change there shows
    weights[0, 0] += Fraction(1, 10**17)
    weights[1, 0] += Fraction(1, 10**17)
    changed = dataclasses.replace(case.network, layers=(dataclasses.replace(hidden, weights=weights), case.network.layers[1]))
    assert smallest_margins(changed, case.dataset.train.X) != smallest_margins(case.network, case.dataset.train.X)
    report = certify(dataclasses.replace(case.model, network=changed), case.dataset, case.problem)
    assert report.checks[-1].name == "certificate.recomputable.margins.hidden"


def test_other_data_and_another_spec_are_found(case: Any) -> None:
    origin = dataclasses.replace(case.dataset.origin, sha256=OTHER_HASH)
    report = certify(case.model, dataclasses.replace(case.dataset, origin=origin), case.problem)
    assert report.checks[-1].name == "certificate.sha256.data"
    report = certify(case.model, case.dataset, case.problem, spec="minimize zero_one")
    assert report.checks[-1].name == "certificate.sha256.spec"
    assert certify(case.model, case.dataset, case.problem, spec=case.model.spec).ok


def test_inputs_of_another_number_end_the_report_before_they_are_used(case: Any) -> None:
    fewer = dataclasses.replace(case.dataset, inputs=case.dataset.inputs[:2])
    assert certify(case.model, fewer, case.problem).checks[-1].name == "inputs"


def test_domain_checks_are_part_of_the_report(case: Any) -> None:
    def ternary(network: Network) -> Iterator[Check]:
        wrong = np.argwhere(~np.isin(network.layers[0].weights, [-1, 0, 1]))
        for unit, source in wrong.tolist():
            yield Check(
                f"layers[0].weights[{unit}][{source}]", str(network.layers[0].weights[unit, source]), "in {-1, 0, 1}", False
            )

    report = certify(case.model, case.dataset, case.problem, [ternary])
    found = report.diagnostic()
    assert found is not None
    assert found.message == "`layers[0].weights[1][0]` is 1/10 in the model file, but recomputed it is in {-1, 0, 1}"


def declaration(name: str, units: int, unit: str, weights: Any, bias: Bias) -> LayerSpec:
    return LayerSpec(name, units, unit, weights, bias, SPAN, SPAN, SPAN, SPAN)  # type: ignore[arg-type]


WIDE = Interval(Fraction(-2), Fraction(2))
TERNARY = FiniteSet((Fraction(-1), Fraction(0), Fraction(1)))
ONE = Fraction(1)
SCALED = ScaledSet(FiniteSet((Fraction(-3), Fraction(-1), Fraction(1))), Fraction(1, 10), Fraction(10))
RIGHT = [
    declaration("hidden", 2, "step", Interval(Fraction(-1), Fraction(1)), Bias("auto")),
    declaration("output", 1, "sign", TERNARY, Bias("shared", WIDE)),
]


def test_a_network_of_the_declared_class_passes(case: Any) -> None:
    checks = list(declared_checks(RIGHT)(case.network))
    assert all(check.ok for check in checks)
    assert Check("layers[0].weights", "5 numbers", "all in [-1, 1]", True) in checks  # the absent connection is exempt
    assert Check("layers[1].weights", "2 numbers", "all in {-1, 0, 1}", True) in checks


@pytest.mark.parametrize(
    ("place", "change", "name", "recomputed"),
    [
        (0, {"weights": TERNARY}, "layers[0].weights[1][0]", "to be in {-1, 0, 1}"),
        (0, {"weights": Interval(Fraction(-1), Fraction("0.999"))}, "layers[0].weights[0][0]", "to be in [-1, 0.999]"),
        (0, {"bias": Bias("none")}, "layers[0].bias[0]", "to be in {0}"),
        (0, {"bias": Bias("in", Interval(Fraction(-1), Fraction(0)))}, "layers[0].bias[1]", "to be in [-1, 0]"),
        (0, {"bias": Bias("shared", WIDE)}, "layers[0].bias", "one that all units share"),
        (0, {"units": 3}, "layers[0].bias", "3 units"),
        (0, {"height": Fraction(2)}, "layers[0].height", "2"),
        (1, {"weights": Bits(2), "bias": Bias("in", Bits(1))}, "layers[1].bias[0]", "to be in bits(1)"),
        (0, {"weights": Bits(1)}, "layers[0].weights[0][1]", "to be in bits(1)"),
        (0, {"weights": SCALED}, "layers[0].weights[0][1]", "to be in scaled {-3, -1, 1} by [0.1, 10]"),
        (0, {"weights": ScaledSet(TERNARY, ONE, ONE * 2)}, "layers[0].weights[1][0]", "to be in scaled {-1, 0, 1} by [1, 2]"),
        (1, {"unit": "step"}, "layers[1].unit", "step"),
        (1, {"name": "last"}, "layers", '["hidden", "last"]'),
    ],
)
def test_a_network_outside_the_declared_class_is_found(
    case: Any, place: int, change: dict[str, Any], name: str, recomputed: str
) -> None:
    layers = list(RIGHT)
    layers[place] = dataclasses.replace(layers[place], **change)
    report = certify(case.model, case.dataset, case.problem, [declared_checks(layers)])
    assert (report.checks[-1].name, report.checks[-1].recomputed) == (name, recomputed)
    assert not report.ok


def test_fixed_weights_are_left_to_whoever_reads_their_file(case: Any) -> None:
    fixed = declaration("hidden", 2, "step", ArrayFile(Path("w.npz"), "w.npz", SPAN), Bias("auto"))
    names = [check.name for check in declared_checks([fixed, RIGHT[1]])(case.network)]
    assert "layers[0].weights" not in names
    assert "layers[1].weights" in names


def test_long_sets_are_cut_in_messages() -> None:
    assert domain_text(FiniteSet(tuple(map(Fraction, range(40))))).endswith("10, 11, ...}")


def test_a_network_better_than_the_model_has_its_bound_cut(case: Any) -> None:
    objective = case.model.training.objective
    run = Run("exact", "optimal", (Stage(objective + 2, objective + 2),), model_objective=objective + 2)
    model = assemble(case.network, case.dataset, case.problem, run, "spec")
    assert model.training.bound == objective
    assert model.training.gap == 0
    assert model.training.model_objective == objective + 2
    assert model.training.solver is None
    assert certify(model, case.dataset, case.problem).ok
    equal = assemble(case.network, case.dataset, case.problem, dataclasses.replace(run, model_objective=objective), "spec")
    assert equal.training.model_objective is None


def test_without_a_bound_there_is_no_gap(case: Any) -> None:
    model = assemble(case.network, case.dataset, case.problem, Run("local_search", "feasible"), "spec")
    assert model.training.bound is None
    assert model.training.gap is None
    assert certify(model_of_text(model_text(model), "m"), case.dataset, case.problem).ok
