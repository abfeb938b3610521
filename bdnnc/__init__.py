"""bdnnc: a compiler from `.bdnn` files to mixed-integer programs that train binarized neural networks.

``compile`` a file, ``train`` it, ``load`` what was saved, ``verify`` it; `BDNNClassifier` and `BDNNRegressor` are scikit-learn
estimators. Names are imported when they are first used, so that ``import bdnnc`` costs nothing, and works without
scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bdnnc import datasets as datasets
    from bdnnc.api import Compiled, Result, TrainedNetwork, compile, load, train
    from bdnnc.diagnostics import BdnncError, InternalError, UserError, WorkFailed
    from bdnnc.sklearn import BDNNClassifier as BDNNClassifier
    from bdnnc.sklearn import BDNNRegressor as BDNNRegressor
    from bdnnc.sweeping.library import sweep
    from bdnnc.sweeping.result import SweepResult
    from bdnnc.verifying.library import verify
    from bdnnc.verifying.result import VerifyResult

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("Compiled", "Result", "TrainedNetwork", "compile", "load", "train"), "bdnnc.api"),
    **dict.fromkeys(("BdnncError", "InternalError", "UserError", "WorkFailed"), "bdnnc.diagnostics"),
    **dict.fromkeys(("BDNNClassifier", "BDNNRegressor"), "bdnnc.sklearn"),
    "SweepResult": "bdnnc.sweeping.result",
    "VerifyResult": "bdnnc.verifying.result",
    "sweep": "bdnnc.sweeping.library",
    "verify": "bdnnc.verifying.library",
}
_MODULES = ("datasets",)

# The estimators are not in it: `from bdnnc import *` works without scikit-learn, too.
__all__ = [
    "BdnncError",
    "Compiled",
    "InternalError",
    "Result",
    "SweepResult",
    "TrainedNetwork",
    "UserError",
    "VerifyResult",
    "WorkFailed",
    "compile",
    "datasets",
    "load",
    "sweep",
    "train",
    "verify",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"bdnnc.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module `bdnnc` has no attribute `{name}`")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *_HOMES})
