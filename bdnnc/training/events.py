"""An events file that earlier runs have written: one JSON object a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.network.exact_json import Object, note_place, read

FORMAT = "bdnnc-events"
VERSION = 1

FIRST = b'{"event": "begin", '
"""How every events file begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """``begin``: the first event of the latest run. ``records``: the payloads by their keys. ``networks``: of the events
    of that name about the whole run the last one of each search for a goal, in which it is the best. ``size``: bytes of the
    file up to the end of its last whole line."""

    begin: Mapping[str, Any]
    records: Mapping[str, Any]
    networks: tuple[Mapping[str, Any], ...]
    size: int


def read_events(path: Path) -> Events | None:
    """What stands in the file; None where it is not there or has no whole line.

    A last line without its end was cut off by the end of the run that wrote it, and does not count. Raises UserError E653 where
    the file cannot be read, is no events file, or has a broken line.
    """
    if not path.is_file():
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(Diagnostic("E653", f"cannot read `{path}`: {reason}")) from error
    if not (content.startswith(FIRST) or FIRST.startswith(content)):
        raise UserError(_foreign(path))
    size = content.rfind(b"\n") + 1
    begin: Mapping[str, Any] | None = None
    networks: dict[int, Mapping[str, Any]] = {}
    searches = 0
    records: dict[str, Any] = {}
    for number, line in enumerate(content[:size].split(b"\n")[:-1], start=1):
        event = _event(line, number, path)
        name = event["event"]
        note_place(event, f"line {number} of {path}")
        if name == "begin":
            begin = _checked_begin(event, path)
            searches += 1
        elif begin is None:
            raise UserError(_foreign(path))
        elif name == "record":
            key, payload = _record(event, number, path)
            records[key] = payload
        elif name == "stage" and "part" not in event:
            searches += 1
        elif name == "network" and "part" not in event:
            networks[searches] = event
    return None if begin is None else Events(begin, records, tuple(networks.values()), size)


def _event(line: bytes, number: int, path: Path) -> Object:
    try:
        found = read(line.decode("utf-8"), str(path))
    except (UnicodeDecodeError, UserError) as error:
        raise UserError(_foreign(path) if number == 1 else _broken(path, number, "is not JSON")) from error
    if not isinstance(found, Object) or found.twice is not None or not isinstance(found.get("event"), str):
        raise UserError(_foreign(path) if number == 1 else _broken(path, number, "is no event"))
    return found


def _checked_begin(event: Object, path: Path) -> Object:
    if event.get("format") != FORMAT:
        raise UserError(_foreign(path))
    if event.get("version") != VERSION:
        message = f"`{path}` has version {event.get('version')}, not {VERSION}, which this bdnnc reads"
        raise UserError(Diagnostic("E653", message, help="resume with the bdnnc that wrote it"))
    return event


def _record(event: Object, number: int, path: Path) -> tuple[str, Any]:
    """The key and the payload."""
    if not isinstance(event.get("key"), str) or "payload" not in event:
        raise UserError(_broken(path, number, "is a record without its key or payload"))
    return cast("str", event["key"]), event["payload"]


def _foreign(path: Path) -> Diagnostic:
    return Diagnostic("E653", f"`{path}` is no events file of bdnnc", help="name another file with `--events`")


def _broken(path: Path, number: int, what: str) -> Diagnostic:
    help = "remove that line to resume without what it said, or begin anew with another file"
    return Diagnostic("E653", f"line {number} of `{path}` {what}", help=help)
