"""What the solving process and its child say to each other: frames of one kind byte, a length and a payload.

``JOB``       parent to child: options as JSON, then the arrays
``STOP``      parent to child: come to an end
``OFFER``     parent to child: x, a feasible point that somebody else has found
``PROGRESS``  child to parent: seconds, incumbent, bound, nodes (NaN: not known)
``INCUMBENT`` child to parent: objective, then x
``RESULT``    child to parent: stop, bound, nodes, message as JSON, then x
``REFUSED``   child to parent: why the solver refuses the job
"""

from __future__ import annotations

import json
import struct
import time
from dataclasses import replace
from math import isnan, nan
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.outcome import Outcome
from bdnnc.solve.protocol import Floats, Progress, SolveOptions, Stop

JOB, STOP, OFFER, PROGRESS, INCUMBENT, RESULT, REFUSED = b"J", b"S", b"O", b"P", b"I", b"R", b"E"

_HEADER = struct.Struct("<cQ")
_MOMENT = struct.Struct("<4d")
_NUMBER = struct.Struct("<d")


def write_frame(stream: IO[bytes], kind: bytes, *parts: bytes | NDArray[Any]) -> None:
    """One frame; arrays are written from their memory. Flushes. Raises OSError where the other side is gone."""
    views = [memoryview(part) if isinstance(part, bytes) else part.data.cast("B") for part in parts if len(part)]
    stream.write(_HEADER.pack(kind, sum(view.nbytes for view in views)))
    for view in views:
        stream.write(view)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[bytes, bytes] | None:
    """The next frame as (kind, payload), or None where the stream ends, also in the midst of a frame."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, size = _HEADER.unpack(header)
    payload = stream.read(size)
    return (kind, payload) if len(payload) == size else None


def write_job(stream: IO[bytes], arrays: MatrixArrays, options: SolveOptions) -> None:
    """The model and the options in one frame."""
    named = arrays.named_arrays()
    if options.start is not None:
        named.append(("start", np.ascontiguousarray(options.start, dtype=np.float64)))
    head = {
        "options": _scalars(options),
        "sent": time.time(),  # unlike the monotonic clock the same in both processes, everywhere
        "step": arrays.objective_step,
        "offset": arrays.objective_offset,
        "arrays": [(name, value.dtype.str, len(value)) for name, value in named],
    }
    text = json.dumps(head).encode()
    write_frame(stream, JOB, _NUMBER.pack(len(text)), text, *(value for _, value in named))


def _scalars(options: SolveOptions) -> dict[str, Any]:
    names = (name for name in SolveOptions.__dataclass_fields__ if name not in ("start", "extra", "offers"))
    return {name: getattr(options, name) for name in names} | {"extra": dict(options.extra)}


def read_job(payload: bytes) -> tuple[MatrixArrays, SolveOptions]:
    """The inverse of ``write_job``; the arrays look into the payload. The time limit is what is left of it by now."""
    (size,) = _NUMBER.unpack_from(payload)
    at = _NUMBER.size + int(size)
    head = json.loads(payload[_NUMBER.size : at])
    found: dict[str, NDArray[Any]] = {}
    for name, kind, length in head["arrays"]:
        found[name] = np.frombuffer(payload, dtype=kind, count=length, offset=at)
        at += found[name].nbytes
    start = found.pop("start", None)
    arrays = MatrixArrays(**found, objective_step=head["step"], objective_offset=head["offset"])
    options = SolveOptions(**head["options"], start=start)
    if options.time_limit is not None:
        waited = max(0.0, time.time() - head["sent"])
        options = replace(options, time_limit=max(0.0, options.time_limit - waited))
    return arrays, options


def write_result(stream: IO[bytes], outcome: Outcome) -> None:
    """The outcome as one frame."""
    head = {"stop": outcome.stop.value, "bound": outcome.bound, "nodes": outcome.nodes, "message": outcome.message}
    text = json.dumps(head | {"has_x": outcome.x is not None}).encode()
    x = (outcome.x,) if outcome.x is not None else ()
    write_frame(stream, RESULT, _NUMBER.pack(len(text)), text, *x)


def read_result(payload: bytes) -> Outcome:
    """The inverse of ``write_result``."""
    (size,) = _NUMBER.unpack_from(payload)
    at = _NUMBER.size + int(size)
    head = json.loads(payload[_NUMBER.size : at])
    x = np.frombuffer(payload[at:], dtype=np.float64) if head["has_x"] else None
    return Outcome(Stop(head["stop"]), x, head["bound"], head["nodes"], head["message"])


def pack_progress(moment: Progress) -> bytes:
    incumbent, bound = (nan if value is None else value for value in (moment.incumbent, moment.bound))
    return _MOMENT.pack(moment.seconds, incumbent, bound, moment.nodes)


def unpack_progress(payload: bytes) -> Progress:
    seconds, incumbent, bound, nodes = _MOMENT.unpack(payload)
    return Progress(seconds, None if isnan(incumbent) else incumbent, None if isnan(bound) else bound, int(nodes))


def pack_number(value: float) -> bytes:
    return _NUMBER.pack(value)


def unpack_incumbent(payload: bytes) -> tuple[Floats, float]:
    (objective,) = _NUMBER.unpack_from(payload)
    return np.frombuffer(payload[_NUMBER.size :], dtype=np.float64), objective
