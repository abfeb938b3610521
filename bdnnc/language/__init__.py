"""From text to meaning: grammar, syntax tree, checker. What comes out is a `DataSpec` and a `ModelSpec`.

Here live the reading of the grammar, the parser, the tree and the checks that need no data. Nothing here opens a data file or
knows a solver. The names below are loaded when they are first used, so that rooms that need only `spec` don't pay for the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bdnnc.language.checker import check_data, check_file, check_goal, check_model
    from bdnnc.language.findings import merged
    from bdnnc.language.pairs import check_pairs, is_ensemble, too_many_pairs
    from bdnnc.language.parser import parse, read_source
    from bdnnc.language.traversal import tree_text

__all__ = [
    "check_data",
    "check_file",
    "check_goal",
    "check_model",
    "check_pairs",
    "is_ensemble",
    "merged",
    "parse",
    "read_source",
    "too_many_pairs",
    "tree_text",
]

_HOMES = {
    "check_data": "checker",
    "check_file": "checker",
    "check_goal": "checker",
    "check_model": "checker",
    "check_pairs": "pairs",
    "is_ensemble": "pairs",
    "merged": "findings",
    "parse": "parser",
    "read_source": "parser",
    "too_many_pairs": "pairs",
    "tree_text": "traversal",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
