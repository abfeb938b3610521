"""No construct is lowered to nothing: each word of the language changes an optimum, to the value that enumeration gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import bdnnc
from bdnnc.diagnostics import UserError, WorkFailed
from tests.constructs import of_data, of_goals, of_losses, of_network, of_robust, of_training, required
from tests.constructs.construct import PERCEPTRON, Construct, spec
from tests.oracle.brute import optima

TABLE = [*of_data.ENTRIES, *of_network.ENTRIES, *of_losses.ENTRIES, *of_goals.ENTRIES, *of_robust.ENTRIES, *of_training.ENTRIES]
ENTRY = pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.name)
WITH_OPTIMA = pytest.mark.parametrize("entry", [entry for entry in TABLE if entry.shows is None], ids=lambda entry: entry.name)


def code(work: Any) -> str:
    with pytest.raises(UserError) as caught:
        work()
    return caught.value.diagnostics[0].code


def enumerated(compiled: bdnnc.Compiled) -> list[float] | None:
    found = optima(compiled.problem)
    return None if found is None else [float(value) for value in found]


def expected(values: Any) -> Any:
    return None if values is None else pytest.approx([float(value) for value in values], abs=1e-6)


def plain(text: str, folder: Path) -> bdnnc.Compiled:
    return Construct("", (), text, "", "", None, None).compiled(text, folder)


def trained(compiled: bdnnc.Compiled) -> list[float] | None:
    """What each goal reached; None where there is no network."""
    try:
        result = compiled.train(time_limit=60, threads=1)
    except WorkFailed:
        return None
    assert result.status == "optimal"
    goals = result.network.training.goals
    return [float(goal.value if goal.reached is None else goal.reached) for goal in goals]


def test_every_word_has_an_entry() -> None:
    covered = {word for entry in TABLE for word in entry.covers}
    excused = required.MANDATORY.keys() | required.SYNONYMS.keys() | set(required.SYNONYMS.values())
    assert sorted(required.required() - covered - excused) == []
    assert sorted((covered | excused) - required.required()) == []


def test_names_are_distinct() -> None:
    assert len({entry.name for entry in TABLE}) == len(TABLE)


@WITH_OPTIMA
def test_enumeration_gives_the_values(entry: Construct, tmp_path: Path) -> None:
    found = enumerated(entry.compiled(entry.spec, tmp_path))
    assert found == expected(entry.gives)
    if isinstance(entry.then, str):
        assert code(lambda: entry.compiled(entry.changed, tmp_path).milp) == entry.then
    else:
        found = enumerated(entry.compiled(entry.changed, tmp_path))
        assert found == expected(entry.then)


@WITH_OPTIMA
def test_training_finds_the_values(entry: Construct, tmp_path: Path) -> None:
    found = trained(entry.compiled(entry.spec, tmp_path))
    assert found == expected(entry.gives)
    if not isinstance(entry.then, str):
        found = trained(entry.compiled(entry.changed, tmp_path))
        assert found == expected(entry.then)


@pytest.mark.parametrize("entry", [entry for entry in TABLE if entry.shows is not None], ids=lambda entry: entry.name)
def test_what_is_no_optimum_shows_elsewhere(entry: Construct, tmp_path: Path) -> None:
    assert entry.shows is not None
    assert entry.shows(entry.compiled(entry.spec, tmp_path)) == entry.gives
    assert entry.shows(entry.compiled(entry.changed, tmp_path)) == entry.then


@pytest.mark.parametrize("word", required.MANDATORY)
def test_what_no_file_can_do_without(word: str, tmp_path: Path) -> None:
    start, wanted = required.MANDATORY[word]
    text = spec(PERCEPTRON)
    where = text.index(start)
    end = text.index("\n", where) if "{" not in start else text.index("\n}", where) + 2
    assert code(lambda: plain(text[:where] + text[end:], tmp_path)) == wanted


@pytest.mark.parametrize("word", required.SYNONYMS)
def test_synonyms(word: str, tmp_path: Path) -> None:
    entry = next(entry for entry in TABLE if entry.name == "a second layer")
    word, other = (f" {text.split()[1]} " for text in (word, required.SYNONYMS[word]))
    assert word in entry.spec
    for text in (entry.spec, entry.spec.replace(word, other)):
        found = enumerated(entry.compiled(text, tmp_path))
        assert found == expected(entry.gives)
