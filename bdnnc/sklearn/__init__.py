"""The estimators that people who know scikit-learn expect; `bdnnc.BDNNClassifier` and `bdnnc.BDNNRegressor` come from here.

An estimator writes a spec from its parameters, or takes one, and has it compiled and trained like any other. What is here
turns parameters, arrays and labels into what the compiler takes, and back; nothing here decides how a network is found.
Importing this room needs scikit-learn: without it, a MissingExtra (E622) says what to install.
"""

from bdnnc.diagnostics import Diagnostic
from bdnnc.sklearn.errors import InvalidInput, MissingExtra

try:
    from bdnnc.sklearn.classifier import BDNNClassifier
    from bdnnc.sklearn.regressor import BDNNRegressor
except ModuleNotFoundError as absent:
    if (absent.name or "").split(".")[0] != "sklearn":
        raise
    message = "the estimators of bdnnc need scikit-learn, which is not installed"
    raise MissingExtra(Diagnostic("E622", message, help='pip install "bdnnc[sklearn]"')) from absent

__all__ = ["BDNNClassifier", "BDNNRegressor", "InvalidInput"]
