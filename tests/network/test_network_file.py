"""MODEL.json: what is written reads back equal, and what is not a model is refused with its place."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import re
import stat
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdnnc.diagnostics import InternalError, UserError
from bdnnc.network import exact_json
from bdnnc.network.document import Model
from bdnnc.network.evaluate import active_units
from bdnnc.network.network import Layer
from bdnnc.network.reading import model_of_text
from bdnnc.network.saving import load, replace_file, save
from bdnnc.network.writing import model_text

EXPECTED = Path(__file__).with_name("expected_model.json")
EXPECTED_REGRESSION = Path(__file__).with_name("expected_regression.json")


def assert_equal(one: Any, other: Any, place: str = "model") -> None:
    """Equality through dataclasses, mappings and arrays, which dataclasses alone do not give."""
    assert type(one) is type(other) or isinstance(one, int | Fraction), place
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_equal(getattr(one, field.name), getattr(other, field.name), f"{place}.{field.name}")
    elif isinstance(one, np.ndarray):
        assert one.shape == other.shape, place
        assert (one == other).all(), place
    elif isinstance(one, tuple):
        assert len(one) == len(other), place
        for position, pair in enumerate(zip(one, other, strict=True)):
            assert_equal(*pair, f"{place}[{position}]")
    else:
        assert one == other, place


def test_a_model_reads_back_equal(case: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    save(case.model, path)
    found = load(path)
    assert_equal(case.model, found)
    assert model_text(found) == path.read_text(encoding="utf-8")
    for X in (case.dataset.train.X, case.dataset.test.X):
        for one, other in zip(active_units(case.network, X), active_units(found.network, X), strict=True):
            assert (one == other).all()


def test_a_model_of_regression_reads_back_equal(regression: Any) -> None:
    text = model_text(regression.model)
    assert_equal(regression.model, model_of_text(text, "model.json"))
    document = json.loads(text, parse_float=Decimal)
    assert document["classes"] is None
    assert document["inputs"][1:4] == [
        {"name": "sex=2", "column": 1, "equals": "2"},
        {"name": "age>30", "column": 2, "above": 30, "signed": False},
        {"name": "bmi^2", "column": 0, "scale": {"shift": 20, "factor": Decimal("0.1")}, "power": 2},
    ]
    assert [layer["unit"] for layer in document["layers"]] == ["step", "linear"]
    assert document["layers"][0]["height"] == Decimal("1.5")
    assert document["training"]["errors"] is None
    assert document["sets"]["train"].keys() == {"samples", "errors", "accuracy", "absolute"}
    assert document["sets"]["train"]["accuracy"] is None
    assert document["certificate"]["recomputable"]["margins"].keys() == {"hidden"}
    first, *others = document["training"]["goals"]
    assert first.keys() == {"sense", "text", "value", "bound", "within", "reached"}
    assert {key for goal in others for key in goal} == {"sense", "text", "value", "bound"}


def test_the_text_is_as_expected(case: Any, bless_model: bool) -> None:
    text = model_text(case.model)
    if bless_model:
        EXPECTED.write_text(text, encoding="utf-8")
    assert text == EXPECTED.read_text(encoding="utf-8")


def test_the_text_of_regression_is_as_expected(regression: Any, bless_model: bool) -> None:
    text = model_text(regression.model)
    if bless_model:
        EXPECTED_REGRESSION.write_text(text, encoding="utf-8")
    assert text == EXPECTED_REGRESSION.read_text(encoding="utf-8")


def test_another_reader_finds_the_same_numbers(case: Any) -> None:
    document = json.loads(model_text(case.model), parse_float=Decimal)
    for layer, entry in zip(case.network.layers, document["layers"], strict=True):
        assert [[Fraction(w) for w in row] for row in entry["weights"]] == layer.weights.tolist()
        assert [Fraction(b) for b in entry["bias"]] == layer.bias.tolist()
    assert list(document) == [
        *("format", "version", "inputs", "target", "dialect", "source", "layers", "classes"),
        *("training", "sets", "certificate", "spec"),
    ]


NUMBER = st.one_of(
    st.fractions(),
    st.decimals(-(10**9), 10**9, places=20).map(Fraction),
    st.integers(-(10**400), 10**400).map(Fraction),
    st.sampled_from([Fraction(1, 2**1074), Fraction(7, 10**500), Fraction(1, 3**500)]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBER, st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
    max_leaves=12,
)


def numbers_resolved(value: Any) -> Any:
    """Ratio strings as fractions, everywhere."""
    if isinstance(value, str):
        found = exact_json.ratio(value)
        return value if found is None else found
    if isinstance(value, list):
        return [numbers_resolved(item) for item in value]
    return {key: numbers_resolved(item) for key, item in value.items()} if isinstance(value, dict) else value


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_json_with_exact_numbers_reads_back_equal(value: Any) -> None:
    text = exact_json.write(value)
    assert numbers_resolved(exact_json.read(text, "x")) == numbers_resolved(value)
    assert exact_json.write(exact_json.read(text, "x")) == text


@pytest.mark.parametrize(
    "value", [Fraction(2) ** 20_000, Fraction(-1, 3**20_000), Fraction(1, 2**20_000)], ids=["big", "ratio", "small"]
)
def test_numbers_of_thousands_of_digits_read_back_equal(value: Fraction) -> None:
    text = exact_json.write([value])
    assert numbers_resolved(exact_json.read(text, "x")) == [value]
    assert exact_json.plain_text(value) in text


def test_floats_are_never_written() -> None:
    with pytest.raises(InternalError):
        exact_json.write({"weight": 0.1})


# --- what is refused ------------------------------------------------------------------------------------------------


def code_and_message(text: str) -> tuple[str, str]:
    with pytest.raises(UserError) as raised:
        model_of_text(text, "model.json")
    (found,) = raised.value.diagnostics
    return found.code, found.message


def put(path: str, value: Any) -> Callable[[Any], None]:
    """A change that sets the place ``a.0.b``."""

    def change(document: Any) -> None:
        *way, last = path.split(".")
        for step in way:
            document = document[int(step) if isinstance(document, list) else step]
        document[int(last) if isinstance(document, list) else last] = value

    return change


def drop(path: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        *way, last = path.split(".")
        for step in way:
            document = document[int(step) if isinstance(document, list) else step]
        del document[int(last) if isinstance(document, list) else last]

    return change


NO_RATIO = 'is a string, but not a fraction "p/q" of integers with q > 0'

BAD: list[tuple[Callable[[Any], None], str, str]] = [
    (put("format", "onnx"), "E558", "the document has no `format` of `bdnnc-network`: it is no network of bdnnc"),
    (drop("format"), "E558", "the document has no `format` of `bdnnc-network`: it is no network of bdnnc"),
    (put("version", 2), "E558", "`version` is not 1, the version that this bdnnc reads"),
    (drop("version"), "E558", "`version` is not 1, the version that this bdnnc reads"),
    (put("version", "one"), "E554", '`version` is a string, but not a fraction "p/q" of integers with q > 0'),
    (put("members", []), "E552", "`inputs` is not a known key"),
    (put("classes", None), "E556", "`layers` ends with 1 sign units, but a network without classes has one linear unit"),
    (put("layers.0.unit", "linear"), "E556", "`layers[0].unit` is `linear`, which only the last may be"),
    (put("inputs.0.equals", "2"), "E552", "`inputs[0].scale` is not a known key"),
    (put("inputs.0.power", 0), "E555", "`inputs[0].power` must be an integer of at least 1 and at most 100"),
    (put("inputs.0.power", 10**9), "E555", "`inputs[0].power` must be an integer of at least 1 and at most 100"),
    (put("inputs.0.scale.round", 10**9), "E555", "`inputs[0].scale.round` must be an integer of at least 0 and at most 100"),
    (put("inputs.0.power", None), "E554", "`inputs[0].power` must be a number, not null"),
    (put("training.errors", None), "E554", "`training.errors` must be a number, not null"),
    (put("sets.train.absolute", 1), "E552", "`sets.train.absolute` is not a known key"),
    (put("training.goals.0.within", 1), "E553", "`training.goals[0].reached` is missing"),
    (put("training.goals.0.reached", 1), "E553", "`training.goals[0].within` is missing"),
    (
        put("certificate.recomputable.constraints", 0),
        "E555",
        "`certificate.recomputable.constraints` must be an integer of at least 1",
    ),
    (put("extra", 1), "E552", "`extra` is not a known key"),
    (put("layers.0.wieghts", 1), "E552", "`layers[0].wieghts` is not a known key"),
    (put("training.goals.0.weight", 1), "E552", "`training.goals[0].weight` is not a known key"),
    (put("certificate.claims.proof", 1), "E552", "`certificate.claims.proof` is not a known key"),
    (put("certificate.recomputable.margins.third", 1), "E552", "`certificate.recomputable.margins.third` is not a known key"),
    (drop("certificate.recomputable.margins.hidden"), "E553", "`certificate.recomputable.margins.hidden` is missing"),
    (drop("layers.1.bias"), "E553", "`layers[1].bias` is missing"),
    (drop("spec"), "E553", "`spec` is missing"),
    (drop("inputs.0.scale"), "E553", "`inputs[0].scale` is missing"),
    (drop("inputs.0.scale.shift"), "E553", "`inputs[0].scale.shift` is missing"),
    (drop("inputs.2.signed"), "E553", "`inputs[2].signed` is missing"),
    (put("layers", {}), "E554", "`layers` must be a list, not an object"),
    (put("layers.0", 3), "E554", "`layers[0]` must be an object, not a number"),
    (put("layers.0.name", 3), "E554", "`layers[0].name` must be a string, not a number"),
    (put("layers.0.weights.1.2", None), "E554", "`layers[0].weights[1][2]` must be a number, not null"),
    (put("layers.0.weights.1.2", True), "E554", "`layers[0].weights[1][2]` must be a number, not true"),
    (put("layers.0.weights.1.2", [1]), "E554", "`layers[0].weights[1][2]` must be a number, not a list"),
    (put("layers.0.bias.0", "1/0"), "E554", f"`layers[0].bias[0]` {NO_RATIO}"),
    (put("layers.0.bias.0", "0.5"), "E554", f"`layers[0].bias[0]` {NO_RATIO}"),
    (
        put("layers.0.bias.0", "\uff11/2"),
        "E554",
        f"`layers[0].bias[0]` {NO_RATIO}",
    ),
    (put("dialect.header", "no"), "E554", "`dialect.header` must be true or false, not a string"),
    (put("spec", "\ud800"), "E554", "`spec` holds half a surrogate pair, which is no text"),
    (put("training.class", []), "E554", "`training.class` must be an object, not a list"),
    (put("training.options.time_limit", []), "E554", "`training.options.time_limit` must be a number, not a list"),
    (put("layers.1.weights.0.0", float("nan")), "E555", "`layers[1].weights[0][0]` is `NaN`, which is not finite"),
    (put("training.bound", float("-inf")), "E555", "`training.bound` is `-Infinity`, which is not finite"),
    (put("training.errors", -1), "E555", "`training.errors` must be an integer of at least 0"),
    (put("training.seed", "1/2"), "E555", "`training.seed` must be an integer of at least 0"),
    (put("layers.0.margin", -1), "E555", "`layers[0].margin` must not be below 0"),
    (put("layers.0.height", 0), "E555", "`layers[0].height` must be above 0"),
    (put("layers.1.height", 2), "E555", "`layers[1].height` must be 1: sign units have no height"),
    (put("sets.train.errors", 21), "E555", "`sets.train.errors` is above the 20 samples"),
    (put("sets.test.accuracy", 2), "E555", "`sets.test.accuracy` must lie between 0 and 1"),
    (put("inputs.0.column", -1), "E555", "`inputs[0].column` must be an integer of at least 0"),
    (put("inputs", []), "E556", "`inputs` is empty, but a network has inputs"),
    (put("layers", []), "E556", "`layers` is empty, but a network has layers"),
    (put("layers.0.weights", []), "E556", "`layers[0].weights` is empty, but a layer has units"),
    (put("classes", ["a"]), "E556", "`classes` must list at least two different classes, or be null for regression"),
    (put("classes", ["a", "a"]), "E556", "`classes` must list at least two different classes, or be null for regression"),
    (put("classes", ["a", "b", "c"]), "E556", "`layers` ends with 1 units, which does not fit 3 classes"),
    (put("layers.0.weights.1", [1, 2]), "E556", "`layers[0].weights[1]` has 2 entries, not 3: one for each input of the layer"),
    (put("layers.1.weights.0", [1]), "E556", "`layers[1].weights[0]` has 1 entries, not 2: one for each input of the layer"),
    (put("layers.0.bias", [1]), "E556", "`layers[0].bias` has 1 entries, not 2: one for each unit, as `weights` has them"),
    (put("layers.0.absent.0", [1]), "E556", "`layers[0].absent[0]` has 1 entries, not 2: one for each unit and input"),
    (put("layers.0.absent.0", [2, 0]), "E556", "`layers[0].absent[0]` lies outside 2 units and 3 inputs"),
    (put("layers.0.absent.0", [0, 0]), "E556", "`layers[0].absent[0]` is absent, but its weight is not 0"),
    (put("layers.0.absent", [[1, 2], [1, 2]]), "E556", "`layers[0].absent[1]` is listed before"),
    (put("layers.1.name", "hidden"), "E556", "`layers[1].name` is the name of an earlier layer"),
    (put("layers.0.unit", "stepp"), "E557", "`layers[0].unit` is `stepp`, not one of `step`, `sign`, `linear`"),
    (put("source.sha256", "12"), "E557", "`source.sha256` is not a SHA-256 in hex, 64 digits of 0-9 and a-f"),
    (put("training.goals.0.sense", "max"), "E557", "`training.goals[0].sense` is `max`, not one of `minimize`, `maximize`"),
]


@pytest.mark.parametrize(("change", "code", "message"), BAD, ids=[entry[2][:60] for entry in BAD])
def test_a_wrong_document_is_refused_with_its_place(case: Any, change: Callable[[Any], None], code: str, message: str) -> None:
    text = model_text(case.model)
    document = json.loads(text, parse_float=Decimal, parse_int=int)
    change(document)
    assert code_and_message(json.dumps(document, default=lambda number: float(number))) == (code, message)


REGRESSION_BAD: list[tuple[Callable[[Any], None], str, str]] = [
    (put("training.errors", 3), "E554", "`training.errors` must be null: a network without classes makes no errors"),
    (
        put("training.nominal_errors", 3),
        "E554",
        "`training.nominal_errors` must be null: a network without classes makes no errors",
    ),
    (put("sets.train.errors", 0), "E554", "`sets.train.errors` must be null: a network without classes makes no errors"),
    (put("sets.train.accuracy", 1), "E554", "`sets.train.accuracy` must be null: a network without classes makes no errors"),
    (put("sets.train.absolute", -1), "E555", "`sets.train.absolute` must not be below 0"),
    (drop("sets.validation.absolute"), "E553", "`sets.validation.absolute` is missing"),
    (put("layers.1.height", 2), "E555", "`layers[1].height` must be 1: linear units have no height"),
    (put("classes", ["a", "b", "c"]), "E556", "`layers` ends with 1 units, which does not fit 3 classes"),
    (put("inputs.1.equals", 2), "E554", "`inputs[1].equals` must be a string, not a number"),
    (put("inputs.1.signed", True), "E552", "`inputs[1].signed` is not a known key"),
    (put("inputs.2.power", "1/2"), "E555", "`inputs[2].power` must be an integer of at least 1 and at most 100"),
    (put("training.goals.0.within", 0), "E555", "`training.goals[0].within` must be above 0"),
    (put("certificate.recomputable.margins.output", 1), "E552", "`certificate.recomputable.margins.output` is not a known key"),
]


@pytest.mark.parametrize(("change", "code", "message"), REGRESSION_BAD, ids=[entry[2][:60] for entry in REGRESSION_BAD])
def test_a_wrong_document_of_regression_is_refused(
    regression: Any, change: Callable[[Any], None], code: str, message: str
) -> None:
    document = json.loads(model_text(regression.model), parse_float=Decimal, parse_int=int)
    change(document)
    assert code_and_message(json.dumps(document, default=lambda number: float(number))) == (code, message)


@pytest.mark.parametrize(
    ("number", "shown", "why"),
    [
        ("1e99999999999", "1e99999999999", "has an exponent beyond 4,000"),
        ("-1e-99999999", "-1e-99999999", "has an exponent beyond 4,000"),
        ("1e" + "9" * 40, "1e" + "9" * 35 + "...", "is out of range"),
        ("9" * 100_001, "9" * 37 + "...", "has more than 100,000 digits"),
    ],
)
def test_numbers_that_would_fill_the_memory(case: Any, number: str, shown: str, why: str) -> None:
    text = re.sub(r'"cuts": 1', f'"cuts": {number}', model_text(case.model))
    assert code_and_message(text) == ("E555", f"`training.cuts` is `{shown}`, which {why}")


@pytest.mark.parametrize(
    ("old", "place"),
    [
        ('"seed": 7', "training.seed"),
        ('"unit": "step"', "layers[0].unit"),
        ('"version": 1', "version"),
        ('"time_limit": 60', "training.options.time_limit"),
    ],
)
def test_doubled_keys(case: Any, old: str, place: str) -> None:
    text = model_text(case.model).replace(old, f"{old}, {old}", 1)
    assert code_and_message(text) == ("E551", f"`{place}` stands twice")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`model.json` is empty, not a model file"),
        (" \n", "`model.json` is empty, not a model file"),
        ("hello", "`model.json` is not JSON"),
        ('{"format": "bdnnc-network",', "`model.json` ends in the middle: it was cut off"),
        ('{"format": "bdnnc-net', "`model.json` ends in the middle: it was cut off"),
        ('{"format": \x00}', "`model.json` is not JSON"),
        ("{} {}", "`model.json` is not JSON"),
        ("\ufeff{}", "`model.json` is not JSON"),
        ("[" * 200_000, "`model.json` is nested too deep to be a model file"),
        ('{"a":' * 200_000, "`model.json` is nested too deep to be a model file"),
    ],
)
def test_text_that_is_no_json(text: str, message: str) -> None:
    assert code_and_message(text) == ("E550", message)


@pytest.mark.parametrize("text", ["[]", "3", "null", '"text"', "NaN", "true"])
def test_json_that_is_no_object(text: str) -> None:
    code, message = code_and_message(text)
    assert code == "E554"
    assert message.startswith("the document must be an object, not ")


def test_every_truncation_is_refused(case: Any) -> None:
    text = model_text(case.model).rstrip()
    for length in range(0, len(text), 7):
        assert code_and_message(text[:length])[0] == "E550"


CODES = {f"E55{last}" for last in range(10)}


def model_or_code(text: str) -> tuple[Model | None, str]:
    try:
        return model_of_text(text, "model.json"), ""
    except UserError as error:
        return None, error.diagnostics[0].code


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_mutation_of_a_model_escapes_as_another_exception(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([EXPECTED, EXPECTED_REGRESSION])).read_text(encoding="utf-8")
    at = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 12))
    put_in = data.draw(st.text(alphabet='{}[]",:-+.eE/0123456789nulltrfas \\ü\x00', max_size=8))
    model, code = model_or_code(text[:at] + put_in + text[at + length :])
    assert (model is None) == (code in CODES)
    if model is not None:
        assert_equal(model, model_of_text(model_text(model), "again"))


# --- disks ----------------------------------------------------------------------------------------------------------


def error_of(action: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(UserError) as raised:
        action()
    return raised.value.diagnostics[0].code, raised.value.diagnostics[0].message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert error_of(lambda: load(tmp_path / "none.json"))[1].endswith("none.json`: no such file or directory")
    assert error_of(lambda: load(tmp_path))[0] == "E660"
    assert error_of(lambda: load("a\0b"))[0] == "E660"
    (tmp_path / "latin.json").write_bytes(b'{"spec": "\xe4"}')
    code, message = error_of(lambda: load(tmp_path / "latin.json"))
    assert code == "E550"
    assert "is not UTF-8 at byte 10" in message


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    case: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "model.json"
    path.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    code, message = error_of(lambda: save(case.model, path))
    assert (code, message) == ("E661", f"cannot write `{path}`: no space left on device")
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["model.json"]


def test_places_that_cannot_be_written(case: Any, tmp_path: Path) -> None:
    assert error_of(lambda: save(case.model, tmp_path / "none" / "model.json"))[0] == "E661"
    (tmp_path / "folder").mkdir()
    assert error_of(lambda: save(case.model, tmp_path / "folder"))[0] == "E661"
    assert error_of(lambda: save(case.model, "a\0b"))[0] == "E661"
    assert os.listdir(tmp_path) == ["folder"]


def test_replacing_keeps_mode_and_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o640
    replace_file(Path(os.devnull), b"gone")
    assert not Path(os.devnull).is_file()


def test_weights_without_a_finite_decimal_are_ratios(case: Any) -> None:
    layer: Layer = case.network.layers[0]
    assert layer.weights[1, 1] == Fraction(-1, 3)
    assert '[[1, 0, -1], [0.1, "-1/3", 0]]' in model_text(case.model)
