"""train with ``--events``, ``--resume`` and ``--jobs``: killed again and again, interrupted, on a full disk."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

from bdnnc.cli.main import main
from bdnnc.network.saving import load
from tests.cli.conftest import Runner, command, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def begun(spec: Path, *flags: str) -> subprocess.Popen[str]:
    """A training in a process of its own, once it has written its beginning."""
    events = spec.parent / "hard.events.jsonl"
    size = events.stat().st_size if events.exists() else 0
    running = subprocess.Popen(
        command(["train", spec.name, "-o", "hard.json", "--time-limit", "100", "--resume", *flags]),
        cwd=spec.parent, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not (events.exists() and events.stat().st_size > size) and running.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    return running


def gone(group: int) -> bool:
    """Whether no process of the group is left after some seconds."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def best(folder: Path) -> Fraction | None:
    path = folder / "hard.json"
    return load(path).training.objective if path.exists() else None


def test_killed_at_any_moment(hard: Path) -> None:
    """Three runs, each killed while it works: what is on disk certifies and never gets worse, and the last goes on from it."""
    moments = random.Random(5)
    known: Fraction | None = None
    for _ in range(3):
        running = begun(hard)
        time.sleep(moments.uniform(0, 1.2))
        running.kill()
        running.communicate()
        found = best(hard.parent)
        assert known is None or (found is not None and found <= known)
        known = found
    running = begun(hard, "--time-limit", "2")
    _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert "resuming from `hard.events.jsonl`: no goal is done, and there is a network to start from\n" in said
    found = best(hard.parent)
    assert found is not None
    assert known is not None
    assert found <= known
    assert main(["certify", str(hard.parent / "hard.json"), "--quiet"]) == 0
    lines = (hard.parent / "hard.events.jsonl").read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    told = [json.loads(line) for line in lines]
    assert [event["resumed"] for event in told if event["event"] == "begin"] == [False, True, True, True]
    assert told[-1]["event"] == "end"


def test_ctrl_c_of_a_terminal_with_several_jobs(hard: Path) -> None:
    """All processes of the terminal get it: the network is kept, and nobody complains."""
    pytest.importorskip("joblib")
    hard.write_text(hard.read_text(encoding="utf-8") + "train search { restarts 1000 }\n", encoding="utf-8")
    arguments = ["train", hard.name, "-o", "hard.json", "--time-limit", "100", "--jobs", "2", "--events", "hard.jsonl"]
    running = subprocess.Popen(
        command(arguments), cwd=hard.parent, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        events = hard.parent / "hard.jsonl"
        while not (events.exists() and '"key"' in events.read_text(encoding="utf-8")) and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == 130
    assert "├── interrupted" in out
    assert "interrupted: the best network so far is saved as hard.json" in err
    assert "Traceback" not in err
    assert gone(running.pid)
    assert json.loads(events.read_text(encoding="utf-8").split("\n")[-2])["status"] == "interrupted"


def test_a_disk_without_room_for_events(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def full(handle: int, content: bytes) -> int:
        if b'"event"' in bytes(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, content)

    monkeypatch.setattr(os, "write", full)
    done = run("train", "toy.bdnn", "-o", "toy.json", "--events", "toy.jsonl")
    assert done.code == 0
    [told] = [line for line in done.err.splitlines() if "W662" in line]
    assert told == (
        "warning[W662]: cannot write `toy.jsonl`: no space left on device; going on without the events that have no room"
    )
    assert load(tmp_path / "toy.json").training.status == "optimal"
    assert (tmp_path / "toy.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--events", "-"], "E644"),
        (["--resume"], "E655"),
        (["--events", "toy.json", "-o", "toy.json"], "E647"),
        (["--events", "toy.bdnn"], "E652"),
        (["--events", "toy.bdnn", "--resume"], "E653"),
        (["--events", "none/toy.jsonl"], "E661"),
        (["--jobs", "0"], "E632"),
        (["--time-limit", "nan"], "E632"),
        (["--method", "foo"], "E630"),
        (["--option", "no_such_option=1"], "E633"),
        (["--jobs", "2", "--cluster", "tcp://127.0.0.1:1"], "E648"),
        (["--cluster", "127.0.0.1:1"], "E656"),
        (["--pool", "3", "--method", "exact"], "E631"),
        (["--pool", "0", "--method", "search"], "E632"),
    ],
)
def test_wrong_flags(run: Runner, tmp_path: Path, flags: list[str], code: str) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    done = run("train", "toy.bdnn", *flags)
    assert (done.code, done.out) == (2, "")
    assert f"error[{code}]" in done.err
    if code not in ("E652", "E653", "E661"):  # what can be told without the data is told before they are read
        assert "note: `toy.csv`" not in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_same_command_again_and_again(run: Runner, tmp_path: Path) -> None:
    """With `--resume` from the first time on; the second time there is nothing left to do."""
    again = ("train", "toy.bdnn", "-o", "toy.json", "--resume")
    first, second = run(*again), run(*again)
    assert "no events in `toy.events.jsonl`: the run begins anew" in first.err
    assert "resuming from `toy.events.jsonl`: 1 goal is done" in second.err
    assert (first.code, second.code) == (0, 0)
    refused = run(*again, "-D", "width=1")
    assert refused.code == 2
    assert "error[E654]: the spec, with the params used, of `toy.events.jsonl` had the SHA-256 " in refused.err
