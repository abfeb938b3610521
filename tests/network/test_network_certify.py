"""A right model is certified; every figure that is changed is found, by name."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bdnnc.diagnostics import Source, Span, WorkFailed
from bdnnc.language.spec import ArrayFile, Bias, FiniteSet, Interval, LayerSpec
from bdnnc.network.assemble import Run, assemble
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
    ("training.status", "optimal", "training.bound"),
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
    assert place.get(last, "absent") != value
    place[last] = value
    return model_of_text(json.dumps(document, default=float), "model.json")


def test_a_right_model_is_certified(case: Any) -> None:
    report = certify(case.model, case.dataset, case.goals)
    assert report.ok
    assert report.diagnostic() is None
    report.require()
    assert len(report.checks) > 35
    assert report.text().startswith("ok     certificate.sha256.spec ")
    assert report.table()["ok"] is True


def test_the_certified_model_is_still_right_after_a_round_trip(case: Any) -> None:
    assert certify(model_of_text(model_text(case.model), "model.json"), case.dataset, case.goals).ok


@pytest.mark.parametrize(("path", "value", "name"), TAMPERED, ids=[f"{path}={value}" for path, value, _ in TAMPERED])
def test_a_changed_figure_is_found_by_name(case: Any, path: str, value: Any, name: str) -> None:
    report = certify(tampered(case, path, value), case.dataset, case.goals)
    assert not report.ok
    assert report.difference is report.checks[-1]
    assert report.checks[-1].name == name
    with pytest.raises(WorkFailed, match=f"E560: `{name}".replace("[", r"\[").replace("]", r"\]")):
        report.require()
    assert report.text().rstrip().rsplit("\n", 1)[-1].startswith("WRONG  ")


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
    "certificate.claims.tolerances.feasibility": "what the solver was told",
    "certificate.claims.cases": "how the proof was split",
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
    report = certify(tampered(case, "training.loss", 3), case.dataset, case.goals)
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
    report = certify(dataclasses.replace(case.model, network=changed), case.dataset, case.goals)
    assert report.checks[-1].name == "certificate.recomputable.margins.hidden"


def test_other_data_and_another_spec_are_found(case: Any) -> None:
    origin = dataclasses.replace(case.dataset.origin, sha256=OTHER_HASH)
    report = certify(case.model, dataclasses.replace(case.dataset, origin=origin), case.goals)
    assert report.checks[-1].name == "certificate.sha256.data"
    report = certify(case.model, case.dataset, case.goals, spec="minimize zero_one")
    assert report.checks[-1].name == "certificate.sha256.spec"
    assert certify(case.model, case.dataset, case.goals, spec=case.model.spec).ok


def test_inputs_of_another_number_end_the_report_before_they_are_used(case: Any) -> None:
    fewer = dataclasses.replace(case.dataset, inputs=case.dataset.inputs[:2])
    assert certify(case.model, fewer, case.goals).checks[-1].name == "inputs"


def test_domain_checks_are_part_of_the_report(case: Any) -> None:
    def ternary(network: Network) -> Iterator[Check]:
        wrong = np.argwhere(~np.isin(network.layers[0].weights, [-1, 0, 1]))
        for unit, source in wrong.tolist():
            yield Check(
                f"layers[0].weights[{unit}][{source}]", str(network.layers[0].weights[unit, source]), "in {-1, 0, 1}", False
            )

    report = certify(case.model, case.dataset, case.goals, [ternary])
    found = report.diagnostic()
    assert found is not None
    assert found.message == "`layers[0].weights[1][0]` is 1/10 in the model file, but recomputed it is in {-1, 0, 1}"


def declaration(name: str, units: int, unit: str, weights: Any, bias: Bias) -> LayerSpec:
    return LayerSpec(name, units, unit, weights, bias, SPAN, SPAN, SPAN, SPAN)  # type: ignore[arg-type]


WIDE = Interval(Fraction(-2), Fraction(2))
TERNARY = FiniteSet((Fraction(-1), Fraction(0), Fraction(1)))
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
        (1, {"unit": "step"}, "layers[1].unit", "step"),
        (1, {"name": "last"}, "layers", '["hidden", "last"]'),
    ],
)
def test_a_network_outside_the_declared_class_is_found(
    case: Any, place: int, change: dict[str, Any], name: str, recomputed: str
) -> None:
    layers = list(RIGHT)
    layers[place] = dataclasses.replace(layers[place], **change)
    report = certify(case.model, case.dataset, case.goals, [declared_checks(layers)])
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
    run = Run("exact", "optimal", bound=objective + 2, model_objective=objective + 2)
    model = assemble(case.network, case.dataset, case.goals, run, "spec")
    assert model.training.bound == objective
    assert model.training.gap == 0
    assert model.training.model_objective == objective + 2
    assert model.training.solver is None
    assert certify(model, case.dataset, case.goals).ok
    equal = assemble(case.network, case.dataset, case.goals, dataclasses.replace(run, model_objective=objective), "spec")
    assert equal.training.model_objective is None


def test_without_a_bound_there_is_no_gap(case: Any) -> None:
    model = assemble(case.network, case.dataset, case.goals, Run("local_search", "feasible", bound=None), "spec")
    assert model.training.bound is None
    assert model.training.gap is None
    assert certify(model_of_text(model_text(model), "m"), case.dataset, case.goals).ok
