"""Progress lines: what they say, when they are printed, and where."""

from __future__ import annotations

from io import StringIO

import pytest

from bdnnc.report import progress
from bdnnc.report.progress import LiveReporter, PlainReporter, SilentReporter, gap, make_reporter, progress_line
from bdnnc.solve.protocol import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("objective", "bound", "expected"), [(10, 5, 0.5), (0, 0, 0), (0.5, 0, 0.5), (0, -2, 2), (-4, -8, 1), (2, 3, 0.5)]
)
def test_gap(objective: float, bound: float, expected: float) -> None:
    assert gap(objective, bound) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("moment", "line"),
    [
        (Progress(31.24, 14.0, 12.5, 1204), "incumbent 14  bound 12.5  gap 10.7 %  nodes 1,204  31.2 s"),
        (Progress(0.0, None, None, 0), "incumbent -  bound -  gap -  nodes 0  0.0 s"),
        (Progress(1.0, None, 0.0, 0), "incumbent -  bound 0  gap -  nodes 0  1.0 s"),
    ],
)
def test_the_line(moment: Progress, line: str) -> None:
    assert progress_line(moment) == line


def test_plain_prints_improvements_and_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    stream = StringIO()
    with PlainReporter(stream) as reporter:
        for incumbent in (None, 9.0, 9.0, 7.0, 7.0):
            reporter.update(Progress(0.5, incumbent, 1.0, 0))
        assert [line.split("  ")[0] for line in stream.getvalue().splitlines()] == ["incumbent 9", "incumbent 7"]
        now[0] += progress.PLAIN_EVERY
        reporter.update(Progress(5.5, 7.0, 1.0, 0))
        reporter.update(Progress(5.6, 7.0, 1.0, 0))
    assert len(stream.getvalue().splitlines()) == 3


def test_live_shows_the_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with make_reporter("auto", stream) as reporter:
        reporter.update(Progress(2.0, 14.0, 12.0, 5))
        reporter.say("[a line] that stays")
    assert "incumbent 14" in stream.getvalue()
    assert "[a line] that stays" in stream.getvalue()
    reporter.close()


def test_the_mode_and_the_stream_choose_the_reporter(capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(make_reporter("auto", Terminal()), LiveReporter)
    assert isinstance(make_reporter("auto", StringIO()), PlainReporter)
    assert isinstance(make_reporter("plain", Terminal()), PlainReporter)
    assert isinstance(make_reporter("none", Terminal()), SilentReporter)
    make_reporter("plain").say("to standard error")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "to standard error\n")


def test_none_shows_nothing() -> None:
    stream = Terminal()
    with make_reporter("none", stream) as reporter:
        reporter.update(Progress(1.0, 1.0, 1.0, 1))
        reporter.say("nothing")
    assert stream.getvalue() == ""
