"""`network one_vs_one`: what a file means for each pair of classes, and what is wrong with it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bdnnc.diagnostics import Diagnostic, Source, UserError
from bdnnc.language.quantities import Errors, Loss
from bdnnc.language.spec import ModelSpec
from bdnnc.pipeline import Pipeline

POINTS = "x,z,y\n0,0,a\n1,0,a\n2,1,a\n3,1,b\n4,0,b\n5,1,c\n6,0,c\n7,1,c\n8,1,c\n"
NETWORK = "layer output: 1 step unit weights in {-3..3} bias in {-9..9}"


def pipeline(
    folder: Path, goals: str = "minimize errors", network: str = NETWORK, more: str = "", points: str = POINTS
) -> Pipeline:
    (folder / "points.csv").write_text(points)
    text = f'data {{ from "points.csv" target "y" }}\nnetwork one_vs_one {{ {network} }}\n{goals}\n{more}\n'
    path = folder / "spec.bdnn"
    path.write_text(text)
    return Pipeline(Source("spec.bdnn", text), folder)


def of_pairs(whole: Pipeline) -> list[tuple[tuple[str, ...], ModelSpec]]:
    return [(pair.dataset.classes, pair.model_spec) for pair in whole.pairs()]


def wrong(whole: Pipeline) -> list[Diagnostic]:
    with pytest.raises(UserError) as caught:
        whole.dataset  # noqa: B018
    return [found for found in caught.value.diagnostics if found.is_error]


def test_each_pair_has_the_points_of_its_classes(tmp_path: Path) -> None:
    whole = pipeline(tmp_path)
    assert whole.pair_places == ((0, 1), (0, 2), (1, 2))
    pairs = list(whole.pairs())
    assert [pair.dataset.classes for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [pair.dataset.train.rows.tolist() for pair in pairs] == [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 5, 6, 7, 8],
        [3, 4, 5, 6, 7, 8],
    ]
    assert [pair.dataset.train.y.tolist() for pair in pairs][1] == [0, 0, 0, 1, 1, 1, 1]
    assert [pair.problem.samples for pair in pairs] == [5, 7, 6]
    assert {pair.dataset.inputs for pair in pairs} == {whole.dataset.inputs}
    assert [pair.name for pair in pairs] == ["spec_0_1", "spec_0_2", "spec_1_2"]
    assert not any(pair.is_ensemble for pair in pairs)


def test_samples_and_classes_are_those_of_the_pair(tmp_path: Path) -> None:
    network = "layer hidden: samples step units\n layer output: classes - 1 sign unit"
    found = of_pairs(pipeline(tmp_path, network=network))
    assert [(model.layers[0].units, model.layers[1].units) for _, model in found] == [(5, 1), (7, 1), (6, 1)]


def test_constant_columns_are_those_of_all_points(tmp_path: Path) -> None:
    """z is constant for b and c, and of use for other pairs: it stays an input of all."""
    whole = pipeline(tmp_path, points="x,z,w,y\n0,0,1,a\n1,1,1,a\n2,0,1,b\n3,0,1,c\n")
    assert [pair.dataset.dead.tolist() for pair in whole.pairs()] == [[False, False, True]] * 3
    assert [pair.problem.layers[0].free.tolist() for pair in whole.pairs()] == [[[True, True, False]]] * 3


def test_a_class_is_spoken_of_in_its_pairs(tmp_path: Path) -> None:
    subject = (
        'subject to { errors of "b" <= 1  errors of "c" + 2 * errors of "a" <= 3  errors of "b" >= 0 }  # bdnnc: allow W304'
    )
    whole = pipeline(tmp_path, 'minimize errors then minimize 2 * errors of "c"', more=subject)
    found = dict(of_pairs(whole))
    assert [[constraint.text for constraint in model.constraints] for model in found.values()] == [
        ['errors of "b" <= 1', 'errors of "c" + 2 * errors of "a" <= 3', 'errors of "b" >= 0'],
        ['errors of "c" + 2 * errors of "a" <= 3'],
        ['errors of "b" <= 1', 'errors of "c" + 2 * errors of "a" <= 3', 'errors of "b" >= 0'],
    ]
    assert [[term.quantity for term in model.constraints[0].terms] for model in found.values()] == [
        [Errors(1)],
        [Errors(1), Errors(0)],
        [Errors(0)],
    ]
    assert [[term.quantity for term in model.goals[1].terms] for model in found.values()] == [[], [Errors(1)], [Errors(1)]]


def test_weights_of_classes(tmp_path: Path) -> None:
    whole = pipeline(tmp_path, "minimize hamming weighted [1, 4, 2]")
    weights = [model.goals[0].terms[0].quantity for _, model in of_pairs(whole)]
    assert [loss.weights for loss in weights if isinstance(loss, Loss)] == [(1, 4), (1, 2), (4, 2)]
    balanced = pipeline(tmp_path, "minimize hamming weighted balanced")
    losses = [pair.problem.goals[0].terms[0].quantity for pair in balanced.pairs()]
    halves = [(5, 3, 2), (7, 3, 4), (6, 2, 4)]
    assert [loss.weights for loss in losses if isinstance(loss, Loss)] == [
        (Fraction(n, 2 * first), Fraction(n, 2 * second)) for n, first, second in halves
    ]


def test_monotone_for_a_class(tmp_path: Path) -> None:
    whole = pipeline(tmp_path, more='subject to { monotone increasing in "x" for class "c" }')
    assert [[m.increasing for m in model.monotone] for _, model in of_pairs(whole)] == [[], [True], [True]]
    whole = pipeline(tmp_path, more='subject to { monotone increasing in "x" for class "b" }')
    assert [[m.increasing for m in model.monotone] for _, model in of_pairs(whole)] == [[True], [], [False]]


def test_two_classes_are_one_pair(tmp_path: Path) -> None:
    whole = pipeline(tmp_path, points="x,y\n0,a\n1,b\n")
    assert whole.pair_places == ((0, 1),)


def test_a_set_without_points_of_a_pair_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("x,z,y\n1,1,c\n")
    whole = pipeline(tmp_path)
    text = whole.source.text.replace('target "y"', 'target "y" hold test from "test.csv"')
    pairs = list(Pipeline(Source("spec.bdnn", text), tmp_path).pairs())
    assert [None if pair.dataset.test is None else pair.dataset.test.y.tolist() for pair in pairs] == [None, [1], [1]]


# --- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", ["3 step units", "classes sign units", "samples linear units weights in [-1, 1]"])
def test_the_networks_end_with_one_unit(units: str, tmp_path: Path) -> None:
    (found,) = wrong(pipeline(tmp_path, "minimize zero_one", f"layer output: {units}"))
    assert found.code == "E203"
    assert found.help is not None
    assert f"write `1 {units.split()[1]} unit`" in found.help


def test_regression_has_no_pairs(tmp_path: Path) -> None:
    network = "layer output: 1 linear unit weights in [-1, 1]"
    whole = pipeline(tmp_path, "minimize absolute", network, points="x,y\n0,1\n1,2\n")
    (found,) = wrong(whole)
    assert found.code == "E320"
    assert found.primary is not None
    assert found.primary.span.start == whole.source.text.index("one_vs_one")


def test_one_class_has_no_pairs(tmp_path: Path) -> None:
    assert [found.code for found in wrong(pipeline(tmp_path, points="x,y\n0,a\n1,a\n"))] == ["E222"]


def test_two_classes_without_points(tmp_path: Path) -> None:
    whole = pipeline(tmp_path)
    text = whole.source.text.replace('target "y"', 'target "y" take 1')
    (found,) = wrong(Pipeline(Source("spec.bdnn", text), tmp_path))
    assert found.code == "E230"
    assert "so that nothing tells them apart" in found.message


def test_numbers_taken_for_classes(tmp_path: Path) -> None:
    points = "x,y\n" + "".join(f"{row},{row}.5\n" for row in range(101))
    whole = pipeline(tmp_path, points=points)
    (found,) = wrong(whole)
    assert (found.code, found.message[:29]) == ("E314", "101 classes have 5,050 pairs,")
    assert found.primary is not None
    assert found.primary.span.start == whole.source.text.index("one_vs_one")


def test_an_unknown_class_is_told_once_with_all_that_are_known(tmp_path: Path) -> None:
    (found,) = wrong(pipeline(tmp_path, more='subject to { errors of "d" <= 1 }'))
    assert (found.code, found.help) == ("E346", "classes: `a`, `b`, `c`")


def test_weights_are_one_a_class_of_the_data(tmp_path: Path) -> None:
    (found,) = wrong(pipeline(tmp_path, "minimize hamming weighted [1, 4]"))
    assert (found.code, found.message) == ("E321", "2 weights for 3 classes")


def test_what_is_wrong_for_some_pairs_names_them(tmp_path: Path) -> None:
    points = POINTS + "0,0,b\n5,1,a\n"
    (found,) = wrong(pipeline(tmp_path, more="subject to { errors <= 0 }", points=points))
    assert found.code == "E351"
    assert found.notes[-1] == "in the network of `a` and `b`; of `a` and `c`"


def test_a_warning_is_one_of_all_pairs(tmp_path: Path) -> None:
    some = pipeline(tmp_path, more="subject to { errors <= 6 }")  # always holds for 5 and 6 points, not for 7
    assert some.dataset.classes
    assert some.warnings == []
    every = pipeline(tmp_path, more="subject to { errors <= 7 }")
    assert every.dataset.classes
    assert [found.code for found in every.warnings] == ["W304"]


def test_powers_are_the_same_for_all(tmp_path: Path) -> None:
    assert [f.code for f in wrong(pipeline(tmp_path, network=f"{NETWORK} powers samples - 4"))] == ["E342"]
    whole = pipeline(tmp_path, network=f"{NETWORK} powers classes")
    assert [given.name for given in whole.dataset.inputs] == ["x", "z", "x^2", "z^2"]
    assert np.array_equal(next(whole.pairs()).dataset.patterns.numerators[:3, 2], [0, 1, 4])


def test_what_depends_on_the_points_of_a_pair_names_its_classes(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", weights=np.ones((2, 2)))
    whole = pipeline(tmp_path, network='layer output: 1 step unit weights fixed "w.npz"')
    with pytest.raises(UserError) as caught:
        next(whole.pairs()).problem  # noqa: B018
    assert caught.value.diagnostics[0].notes[-1] == "in the network of `a` and `b`"
