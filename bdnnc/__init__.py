"""bdnnc: a compiler from `.bdnn` files to mixed-integer programs that train binarized neural networks.

``compile`` a file, ``train`` it, ``load`` what was saved. Names are imported when they are first used, so that
``import bdnnc`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bdnnc.api import Compiled, Result, TrainedNetwork, compile, load, train
    from bdnnc.diagnostics import BdnncError, InternalError, UserError, WorkFailed

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("Compiled", "Result", "TrainedNetwork", "compile", "load", "train"), "bdnnc.api"),
    **dict.fromkeys(("BdnncError", "InternalError", "UserError", "WorkFailed"), "bdnnc.diagnostics"),
}

__all__ = [
    "BdnncError",
    "Compiled",
    "InternalError",
    "Result",
    "TrainedNetwork",
    "UserError",
    "WorkFailed",
    "compile",
    "load",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module `bdnnc` has no attribute `{name}`")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
