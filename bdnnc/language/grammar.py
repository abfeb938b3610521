# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The grammar file and its LALR tables.

lark needs most of a second to build the tables, so they are kept beside this module as data, together with the digest of the
grammar that they were built from. A grammar that was edited since is built anew in memory, so the tables can't be stale.
``python -m bdnnc.language.grammar`` writes them again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

STARTS = ("file", "value", "swept", "clauses")
"""What can be parsed: a whole file, and on the command line the value of a parameter, the values of one to be swept, and the
clauses of a `robust` block."""

TABLES_NAME = "tables.json"
KEYWORD = re.compile(r"([a-z_]+)\(\?!\[A-Za-z0-9_\]\)")


@dataclass(frozen=True, slots=True)
class Rule:
    """A production: ``name`` is its alias or else its origin, ``size`` the number of symbols on its right."""

    origin: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Tables:
    """LALR tables. ``states[s][symbol]`` is t > 0 for "shift or go to state t" and -(r + 1) for "reduce by rule r"."""

    digest: str
    states: tuple[dict[str, int], ...]
    rules: tuple[Rule, ...]
    starts: dict[str, tuple[int, int]]
    """Start symbol -> (first state, accepting state)."""
    keywords: dict[str, str]
    """Word -> terminal."""
    terminals: tuple[tuple[str, str], ...]
    """The other terminals and their regular expressions, in the order to try them."""
    ignored: frozenset[str]


def grammar_text() -> str:
    """The text of ``bdnn.lark``, from the checkout or from the installed package."""
    checkout = Path(__file__).resolve().parents[2] / "grammar" / "bdnn.lark"
    found: Path | Traversable = checkout if checkout.is_file() else files("bdnnc") / "grammar" / "bdnn.lark"
    return found.read_text(encoding="utf-8")


def build_lark(text: str, strict: bool = False) -> Lark:
    """lark's own reading of the grammar. ``strict`` refuses conflicts and colliding terminals (needs interegular)."""
    from lark import Lark

    return Lark(text, start=list(STARTS), parser="lalr", lexer="basic", strict=strict, maybe_placeholders=False)


def build_tables(text: str) -> dict[str, Any]:
    """The tables of the grammar as plain JSON data."""
    lark = build_lark(text)
    configurations = {start: lark.parse_interactive(start=start).parser_state.parse_conf for start in STARTS}
    actions = configurations[STARTS[0]].parse_table.states
    number_of_state = _numbered([configurations[start].start_state for start in STARTS], actions)
    number_of_rule: dict[Any, int] = {}
    states: list[dict[str, int]] = []
    for state in number_of_state:
        row: dict[str, int] = {}
        for symbol, (action, target) in sorted(actions[state].items()):
            shifts = str(action) == "Shift"
            row[symbol] = number_of_state[target] if shifts else -1 - number_of_rule.setdefault(target, len(number_of_rule))
        states.append(row)
    rules = [[rule.origin.name, rule.alias or rule.origin.name, len(rule.expansion)] for rule in number_of_rule]
    ordered = sorted(lark.terminals, key=lambda terminal: (-terminal.priority, -len(terminal.pattern.value), terminal.name))
    words = {t.name: KEYWORD.fullmatch(t.pattern.value) for t in ordered if t.priority > 0}
    return {
        "digest": _digest(text),
        "states": states,
        "rules": rules,
        "starts": {
            start: [number_of_state[conf.start_state], number_of_state[conf.end_state]]
            for start, conf in configurations.items()
        },
        "keywords": {match[1]: name for name, match in sorted(words.items()) if match},
        "terminals": [[t.name, t.pattern.to_regexp()] for t in ordered if t.priority == 0],
        "ignored": sorted(lark.ignore_tokens),
    }


def _numbered(starts: list[Any], actions: Mapping[Any, Any]) -> dict[Any, int]:
    """lark's states, whose numbers differ from run to run, numbered by the way they are reached: the same in every run.

    State 0 is the first start, which nothing leads to, so that t > 0 always means a state.
    """
    numbers = {start: place for place, start in enumerate(starts)}
    pending = list(starts)
    for state in pending:  # grows while it is walked
        for _, (action, target) in sorted(actions[state].items()):
            if str(action) == "Shift" and target not in numbers:
                numbers[target] = len(numbers)
                pending.append(target)
    return numbers


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables of this grammar: the stored ones if they belong to it, else newly built."""
    text = grammar_text()
    stored = files("bdnnc.language") / TABLES_NAME
    data: dict[str, Any] = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else {}
    if data.get("digest") != _digest(text):
        data = build_tables(text)
    return Tables(
        digest=data["digest"],
        states=tuple(data["states"]),
        rules=tuple(Rule(*rule) for rule in data["rules"]),
        starts={name: (first, last) for name, (first, last) in data["starts"].items()},
        keywords=data["keywords"],
        terminals=tuple((name, regexp) for name, regexp in data["terminals"]),
        ignored=frozenset(data["ignored"]),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def _write_tables() -> None:
    data = build_tables(grammar_text())
    path = Path(__file__).with_name(TABLES_NAME)
    path.write_text(json.dumps(data, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write_tables()
