# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The options that HiGHS takes, as HiGHS itself lists them, and the check of a user's options against that list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from math import inf, isfinite
from pathlib import Path
from tempfile import TemporaryDirectory

from bdnnc.solve.highs_quiet import QuietHighs

OptionValue = str | float | int | bool

# Options that bdnnc sets from its own: passing them by name would contradict what is reported, or solve another problem.
MANAGED: dict[str, str] = {
    "time_limit": "it is set by `time_limit`",
    "threads": "it is set by `threads`",
    "random_seed": "it is set by `seed`",
    "mip_max_nodes": "it is set by `node_limit`",
    "mip_rel_gap": "it is set by `gap`",
    "mip_abs_gap": "it is set by `gap`",
    "primal_feasibility_tolerance": "the margins were chosen for the tolerance that bdnnc sets",
    "mip_feasibility_tolerance": "the margins were chosen for the tolerance that bdnnc sets",
    "read_solution_file": "it is set by `start`",
}

TRUE_WORDS = frozenset({"true", "on", "yes", "1"})
FALSE_WORDS = frozenset({"false", "off", "no", "0"})

_ENTRY = re.compile(
    r"^# (?P<about>.*)\n# \[type: (?P<kind>\w+), advanced: \w+(?:, range: [\[{](?P<low>[^,]+), (?P<high>[^\]}]+)[\]}])?,"
    r" default: .*\]\n(?P<name>\w+) =",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class HighsOption:
    """One option: ``kind`` is ``bool``, ``integer``, ``double`` or ``string``; the range is inclusive (numbers only)."""

    name: str
    kind: str
    low: float
    high: float
    choices: tuple[str, ...]


@lru_cache(maxsize=1)
def highs_options() -> dict[str, HighsOption]:
    """Every documented option of the installed HiGHS by name.

    HiGHS has no call for ranges, but it writes them into its options file.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "options.txt"
        QuietHighs().writeOptions(str(path))
        text = path.read_text(encoding="utf-8")
    found = (_option(entry) for entry in _ENTRY.finditer(text))
    return {option.name: option for option in found}


def _option(entry: re.Match[str]) -> HighsOption:
    is_number = entry["kind"] in ("integer", "double") and entry["low"] is not None
    low, high = (float(entry["low"]), float(entry["high"])) if is_number else (-inf, inf)
    choices = tuple(re.findall(r'"(\w+)"', entry["about"])) if entry["kind"] == "string" else ()
    return HighsOption(entry["name"], entry["kind"], low, high, choices)


def check_highs_options(options: Mapping[str, object]) -> list[tuple[str, str]]:
    """The options that HiGHS does not take as given: ``(name, reason)`` each, in the order given; empty if all is well."""
    return [(name, reason) for name, value in options.items() if (reason := _complaint(name, value)) is not None]


def _complaint(name: str, value: object) -> str | None:
    known = highs_options()
    if name in MANAGED:
        return f"`{name}` can't be passed by name: {MANAGED[name]}"
    if name not in known:
        near = get_close_matches(name, known, n=3)
        hint = f"; near names: {', '.join(f'`{other}`' for other in near)}" if near else ""
        return f"`{name}` is not an option that HiGHS documents{hint}"
    option = known[name]
    converted = converted_value(option, value)
    if converted is None:
        return f"`{name}` takes {_wanted(option)}, not `{value}`"
    if isinstance(converted, str):
        if option.choices and converted not in option.choices:
            return f"`{name}` takes {_wanted(option)}, not `{value}`"
    elif not option.low <= converted <= option.high:
        return f"`{name}` takes a value from {option.low:g} to {option.high:g}, not `{value}`"
    return None


def _wanted(option: HighsOption) -> str:
    if option.choices:
        return "one of " + ", ".join(f"`{choice}`" for choice in option.choices)
    return {"bool": "`true` or `false`", "integer": "a whole number", "double": "a number", "string": "a text"}[option.kind]


def converted_value(option: HighsOption, value: object) -> OptionValue | None:
    """The value in the option's own type (a command line gives texts, a file gives numbers), or None where it has none."""
    if option.kind == "string":
        return value if isinstance(value, str) else None
    if option.kind == "bool":
        word = str(int(value)) if isinstance(value, float) and value in (0.0, 1.0) else str(value).lower()
        return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if option.kind == "double":
        return None if number != number else number
    return int(number) if isfinite(number) and number.is_integer() else None
