"""The journal in a file: lines that are whole, whatever happens, and payloads that come back exactly."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.data.inputs import Input, Scaled
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.network.network import Layer, Network
from bdnnc.training.events import FORMAT, VERSION, read_events
from bdnnc.training.journal import Journal
from bdnnc.training.journal_file import JournalFile
from bdnnc.training.outcome import StageOutcome
from bdnnc.training.payloads import network_of_payload, network_payload, stage_of_payload, stage_payload
from tests.cli.conftest import environment

BEGIN = {"format": FORMAT, "version": VERSION}
INPUTS = tuple(Input(name, column, Scaled(Fraction(0), Fraction(1), None)) for column, name in enumerate("ab"))


def network() -> Network:
    """With a weight that has no decimal, and a connection that is absent."""
    weights = np.array([[Fraction(1, 3), Fraction(0)]], dtype=object)
    bias = np.array([Fraction("-0.25")], dtype=object)
    return Network(INPUTS, (Layer("out", "step", weights, bias, np.array([[False, True]]), Fraction("1e-30")),), ("no", "yes"))


def journal(path: Path, told: list[Diagnostic] | None = None) -> JournalFile:
    """A new one that has told its beginning."""
    found = JournalFile(path, (told if told is not None else []).append)
    found.tell("begin", **BEGIN)
    return found


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_a_journal_that_keeps_nothing() -> None:
    base = Journal()
    base.tell("progress", seconds=1)
    base.record("a", 1)
    assert base.recorded("a") is None


def test_events_are_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with journal(path) as found:
        found.tell("note", text="ein\nZeilenumbruch \u2028 und ä")
        assert [event["event"] for event in lines(path)] == ["begin", "note"]
        assert lines(path)[1]["text"] == "ein\nZeilenumbruch \u2028 und ä"


def test_numbers_are_exact_and_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    payload = {
        "int": 2**80,
        "third": Fraction(1, 3),
        "tenth": Fraction(1, 10),
        "float": 0.1,
        "nothing": float("inf"),
        "array": np.array([[1, 2], [3, 4]]),
        "numpy": np.float64(2.5),
        "deep": ({"a": None}, [True, "x"]),
    }
    with journal(path) as found:
        found.record("goal/0", payload)
        assert found.recorded("goal/0") is None  # only what an earlier run has done
    events = read_events(path)
    assert events is not None
    with JournalFile(path, print, events.records, events.size) as later:
        back = later.recorded("goal/0")
    expected = {"int": 2**80, "third": "1/3", "tenth": Fraction(1, 10), "float": Fraction(1, 10), "nothing": None}
    expected |= {"array": [[1, 2], [3, 4]], "numpy": Fraction(5, 2), "deep": [{"a": None}, [True, "x"]]}
    assert back == expected
    assert type(back["int"]) is int
    assert back["array"] == [[1, 2], [3, 4]]
    assert type(back["array"][0][0]) is int


texts = st.text(st.characters(exclude_categories=["Cs"]))
payloads = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=5).map(Fraction)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner),
    max_leaves=12,
)


@given(payload=payloads)
def test_payloads_come_back(payload: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("journal") / "a.jsonl"
    with journal(path) as found:
        found.record("key", payload)
    events = read_events(path)
    assert events is not None
    with JournalFile(path, print, events.records, events.size) as later:
        assert later.recorded("key") == payload


def test_a_network_and_an_outcome_come_back() -> None:
    first = network()
    again = network_of_payload(network_payload(first), INPUTS, first.classes)
    [layer], [same] = first.layers, again.layers
    assert (again.inputs, again.classes) == (first.inputs, first.classes)
    assert (layer.name, layer.unit, layer.margin, layer.height) == (same.name, same.unit, same.margin, same.height)
    for name in ("weights", "bias", "absent"):
        assert (getattr(layer, name) == getattr(same, name)).all()
    outcome = StageOutcome("feasible", first, Fraction(7, 3), Fraction(2), 3, 4, 1e-7, "why", Fraction(1, 7), "refused")
    back = stage_of_payload(stage_payload(outcome), INPUTS, first.classes)
    assert stage_payload(back) == stage_payload(outcome)
    none = StageOutcome("infeasible", None, None, Fraction(2), 0, 0, 1e-6)
    assert stage_of_payload(stage_payload(none), INPUTS, first.classes).network is None


def test_a_payload_that_is_no_network() -> None:
    for wrong in ({}, {"layers": []}, {"layers": [{}]}, None, 3):
        with pytest.raises(UserError, match="E55"):
            network_of_payload(wrong, INPUTS, ("no", "yes"))
    with pytest.raises(UserError, match="E556"):
        network_of_payload(network_payload(network()), INPUTS[:1], ("no", "yes"))


def test_a_part_of_a_run(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with journal(path) as found:
        part = found.under("pair/0_1").under("goal/0")
        part.record("restart/3", [1])
        part.tell("network", value=3)
    events = read_events(path)
    assert events is not None
    assert events.records == {"pair/0_1/goal/0/restart/3": [1]}
    assert events.networks == ()
    assert lines(path)[-1]["part"] == "pair/0_1/goal/0"
    with JournalFile(path, print, events.records, events.size) as later:
        assert later.under("pair/0_1").recorded("goal/0/restart/3") == [1]


def test_progress_is_thinned(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with journal(path) as found:
        for nodes in range(1000):
            found.tell("progress", nodes=nodes)
    assert lines(path)[1]["nodes"] == 0
    assert len(lines(path)) < 500


@pytest.mark.parametrize("size", [1, 7, 20, 40])
def test_a_last_line_that_was_cut_off(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.jsonl"
    with journal(path) as found:
        found.record("a", 1)
        found.record("b", 2)
    whole = path.read_bytes()
    path.write_bytes(whole[:-size])
    events = read_events(path)
    assert events is not None
    assert events.records == {"a": 1}
    with JournalFile(path, print, events.records, events.size) as later:
        later.record("c", 3)
    again = read_events(path)
    assert again is not None
    assert again.records == {"a": 1, "c": 3}


def test_only_half_a_first_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for text in (b"", b'{"ev', b'{"event": "begin", "seconds": 0, "for'):
        path.write_bytes(text)
        assert read_events(path) is None
    assert read_events(tmp_path / "not there.jsonl") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "is no events file of bdnnc"),
        ("hello\n", "is no events file of bdnnc"),
        ('{"format": "bdnnc-network"}\n', "is no events file of bdnnc"),
        ('{"event": "begin", "format": "another"}\n', "is no events file of bdnnc"),
        ('{"event": "begin", "format": "bdnnc-events", "version": 2}\n', "has version 2, not 1, which this bdnnc reads"),
        ("GOOD\nnot json\nGOOD\n", "line 2 of `.*` is not JSON"),
        ("GOOD\n\nGOOD\n", "line 2 of `.*` is not JSON"),
        ("GOOD\n\xff\n", "line 2 of `.*` is not JSON"),
        ('GOOD\n{"event": "note", "event": "note"}\n', "line 2 of `.*` is no event"),
        ('GOOD\n["event"]\n', "line 2 of `.*` is no event"),
        ('GOOD\nGOOD\n{"event": "record", "key": "a"}\n', "line 3 of `.*` is a record without its key or payload"),
        ('GOOD\n{"event": "record", "payload": 1}\n', "line 2 of `.*` is a record without its key or payload"),
    ],
)
def test_a_broken_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.jsonl"
    good = '{"event": "begin", "format": "bdnnc-events", "version": 1}'
    path.write_bytes(text.replace("GOOD", good).encode("latin-1"))
    with pytest.raises(UserError, match=said) as error:
        read_events(path)
    assert error.value.diagnostics[0].code == "E653"


def test_a_full_disk_is_told_once_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, told = tmp_path / "a.jsonl", list[Diagnostic]()
    write, room = os.write, [True]

    def half(handle: int, content: bytes) -> int:
        """Without room, half of a line is written before the error comes."""
        if room[0]:
            return write(handle, content)
        if len(content) > 20:
            return write(handle, bytes(content[:20]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", half)
    with journal(path, told) as found:
        found.record("a", 1)
        room[0] = False
        found.record("b", 2)
        found.tell("note", text="lost as well")
        room[0] = True
        found.record("c", 3)
    events = read_events(path)
    assert events is not None
    assert events.records == {"a": 1, "c": 3}
    [trouble] = told
    assert trouble.code == "W662"
    assert trouble.message == f"cannot write `{path}`: no space left on device; going on without the events that have no room"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_device_that_is_full() -> None:
    told: list[Diagnostic] = []
    with journal(Path("/dev/full"), told) as found:
        found.record("a", 1)
    assert [trouble.code for trouble in told] == ["W662"]


def test_a_pipe_whose_reader_is_gone(tmp_path: Path) -> None:
    path, told = tmp_path / "pipe", list[Diagnostic]()
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with journal(path, told) as found:
        os.close(reader)
        found.record("a", 1)
        found.record("b", 1)
    assert [trouble.code for trouble in told] == ["W662"]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"E661: cannot write `.*`: no such file or directory"):
        journal(tmp_path / "none" / "a.jsonl")
    with pytest.raises(UserError, match=r"E661: cannot write `.*`: is a directory"):
        journal(tmp_path)
    with pytest.raises(UserError, match="E661"):
        journal(Path("a\0b"))


@pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")
def test_two_runs_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    program = (
        "import sys; from pathlib import Path; from bdnnc.training.journal_file import JournalFile\n"
        "JournalFile(Path(sys.argv[1]), print).tell('begin'); print(flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    other.stdout.readline()
    with pytest.raises(UserError, match=r"E657: `.*` is being written by another run"):
        journal(path)
    assert path.read_bytes()
    other.kill()
    other.communicate()
    journal(path).close()


def test_how_a_run_ended(tmp_path: Path) -> None:
    for error, event in (
        (UserError(Diagnostic("E123", "why")), {"event": "error", "code": "E123", "message": "why"}),
        (KeyboardInterrupt(), {"event": "interrupted"}),
        (ZeroDivisionError("by 0"), {"event": "error", "code": "E900", "message": "ZeroDivisionError: by 0"}),
    ):
        path = tmp_path / "a.jsonl"
        with pytest.raises(type(error)), journal(path):
            raise error
        last = lines(path)[-1]
        del last["seconds"]
        assert last == event
