"""Which words need an entry: all that the grammar and the tables of the checker hold."""

from __future__ import annotations

import re
from itertools import chain
from typing import get_args

from bdnnc.language import data_checks, train_checks, tree, words
from bdnnc.language.grammar import build_lark, grammar_text

PUNCTUATION = {"NAME", "NUMBER", "STRING", "EQUAL", "COLON", "COMMA", "DOT", "LPAR", "RPAR", "LBRACE", "RBRACE", "LSQB", "RSQB"}
"""Terminals that only hold others together."""

MANDATORY = {
    "data data": ("data {", "E120"),
    "network network": ("network {", "E120"),
    "layer layer": ("layer output", "E310"),
    "goal minimize": ("minimize", "E120"),
}
"""What no file can do without: the word, as it opens its statement, and the error that its absence is."""

SYNONYMS = {"layer unit": "layer units"}
"""Words that mean the same."""

SPELT = {"RANGE": "..", "PLUS": "+", "MINUS": "-", "STAR": "*", "SLASH": "/"}


def of_grammar() -> set[str]:
    """``rule word`` for each keyword and operator in each rule."""
    found: set[str] = set()
    for rule in build_lark(grammar_text()).rules:
        name = re.sub(r"^__(\w+)_(star|plus)_\d+$", r"\1", rule.alias or rule.origin.name).lstrip("_")
        for symbol in rule.expansion:
            if not symbol.is_term or symbol.name in PUNCTUATION:
                continue
            if symbol.name == "COMPARISON":
                found |= {f"{name} {comparison}" for comparison in ("<=", ">=", "==")}
            else:
                found.add(f"{name} {SPELT.get(symbol.name, symbol.name.lower())}")
    return found


def of_checker() -> set[str]:
    """The names that the checker knows and the grammar does not."""
    found = {f"quantity {word}" for word in (*words.MODEL_WORDS, *words.COUNTS) if word not in ("weights", "bias")}
    found |= {f"set {kind.__name__}" for kind in get_args(tree.SetNode)}
    found |= {f"function {word}" for word in words.FUNCTIONS}
    found |= {f"scale {kind}" for kind in data_checks.SCALES}
    found |= {f"source {suffix}" for suffix in data_checks.SUFFIXES}
    found |= {f"perturbation {kind}" for kind in words.PERTURBATION_SETS}
    found |= {f"library {name}" for name in data_checks.LIBRARIES}
    found |= {f"method {name}" for name in train_checks.OWN}
    found |= {f"option {name}" for name in (*train_checks.COMMON, *chain.from_iterable(train_checks.OWN.values()))}
    return found


def required() -> set[str]:
    return of_grammar() | of_checker()
