"""What crosses to the child process comes out as it went in."""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO

import numpy as np
import pytest

from bdnnc.solve import frames
from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.outcome import Outcome
from bdnnc.solve.protocol import Progress, SolveOptions, Stop

from .models import model_of, random_model


def _payload(stream: BytesIO, kind: bytes) -> bytes:
    stream.seek(0)
    frame = frames.read_frame(stream)
    assert frame is not None
    assert frame[0] == kind
    return frame[1]


@pytest.mark.parametrize("start", [None, np.array([1.0, np.nan, 0.1, -0.0, 2.0, 1 / 3])])
def test_a_job(start: np.ndarray[tuple[int], np.dtype[np.float64]] | None) -> None:
    arrays = MatrixArrays.of(random_model(3))
    options = SolveOptions(gap=0.1, node_limit=7, threads=2, seed=5, feasibility_tolerance=1e-10, start=start, extra={"a": 1.5})
    stream = BytesIO()
    frames.write_job(stream, arrays, options)
    arrays_back, options_back = frames.read_job(_payload(stream, frames.JOB))
    for field in fields(MatrixArrays):
        sent, got = getattr(arrays, field.name), getattr(arrays_back, field.name)
        np.testing.assert_array_equal(sent, got)
        assert np.asarray(sent).dtype == np.asarray(got).dtype
    for field in fields(SolveOptions):
        np.testing.assert_equal(getattr(options_back, field.name), getattr(options, field.name))


def test_a_job_without_rows() -> None:
    arrays = MatrixArrays.of(model_of(np.zeros((0, 2)), [], [], [1, 1], [0, 0], [1, 1], [1, 0]))
    stream = BytesIO()
    frames.write_job(stream, arrays, SolveOptions())
    back, _ = frames.read_job(_payload(stream, frames.JOB))
    assert (back.rows, back.columns, back.nonzeros) == (0, 2, 0)


def test_the_limit_of_a_job_is_what_is_left() -> None:
    stream = BytesIO()
    frames.write_job(stream, MatrixArrays.of(random_model(0)), SolveOptions(time_limit=100.0))
    _, options = frames.read_job(_payload(stream, frames.JOB))
    assert options.time_limit is not None
    assert 0 < options.time_limit <= 100


@pytest.mark.parametrize("moment", [Progress(1.5, 3.0, 2.0, 17), Progress(0.0, None, None, 0), Progress(9.0, None, -1.5, 1)])
def test_progress(moment: Progress) -> None:
    assert frames.unpack_progress(frames.pack_progress(moment)) == moment


@pytest.mark.parametrize("x", [None, np.array([0.1, -2.0]), np.array([])])
def test_a_result(x: np.ndarray[tuple[int], np.dtype[np.float64]] | None) -> None:
    outcome = Outcome(Stop.TIME_LIMIT, x, 0.1, 12, "a message: ünïcode")
    stream = BytesIO()
    frames.write_result(stream, outcome)
    back = frames.read_result(_payload(stream, frames.RESULT))
    assert (back.stop, back.bound, back.nodes, back.message) == (outcome.stop, outcome.bound, outcome.nodes, outcome.message)
    assert (back.x is None) == (x is None)
    if x is not None and back.x is not None:
        assert back.x.tolist() == x.tolist()


def test_a_stream_that_breaks_off_is_its_end() -> None:
    stream = BytesIO()
    frames.write_frame(stream, frames.INCUMBENT, frames.pack_number(1.0), np.array([1.0, 2.0]))
    whole = stream.getvalue()
    assert frames.read_frame(BytesIO(whole)) == (frames.INCUMBENT, whole[9:])
    for length in range(len(whole)):
        assert frames.read_frame(BytesIO(whole[:length])) is None
