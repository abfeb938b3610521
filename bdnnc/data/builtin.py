# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""The data sets that scikit-learn brings along."""

from __future__ import annotations

import hashlib
from difflib import get_close_matches
from typing import Any

import numpy as np

from bdnnc.data.blame import failure
from bdnnc.data.table import Cells, Table, texts
from bdnnc.language.spec import BuiltinSource

CLASSIFICATION = ("iris", "breast_cancer", "wine", "digits")
REGRESSION = ("diabetes",)


def read_builtin(source: BuiltinSource, regression: bool | None = None) -> Table:
    """``sklearn("iris")`` and its kin as a table whose last column, ``target``, holds class names in the set's own order, or
    the numbers to be met in ``sklearn("diabetes")``. ``regression``: which of the two is needed, None if either will do.

    Raises UserError: E224 (unknown library or set), E225 (a set with the other kind of target), E622 (scikit-learn is not
    installed).
    """
    known = (*CLASSIFICATION, *REGRESSION)
    if source.library != "sklearn":
        raise failure(
            "E224", f"no data sets come from `{source.library}`", source.span, help='write `sklearn("iris")`, or a file'
        )
    if source.name not in known:
        near = get_close_matches(source.name, known, 1)
        offer = f"did you mean `{near[0]}`? " if near else ""
        help = f"{offer}known sets: {', '.join(CLASSIFICATION)}"
        raise failure("E224", f"`sklearn` has no data set `{source.name}`", source.name_span, help=help)
    numbers = source.name in REGRESSION
    if numbers and regression is False:
        message = f"the target of `{source.name}` is a number, not a class"
        help = f"sets with classes: {', '.join(CLASSIFICATION)}; or use the loss `absolute`"
        raise failure("E225", message, source.name_span, help=help)
    if not numbers and regression is True:
        message = f"the target of `{source.name}` is a class, but the loss `absolute` needs numbers"
        help = f"sets with numbers: {', '.join(REGRESSION)}; or use a loss of classes such as `zero_one`"
        raise failure("E225", message, source.name_span, help=help)
    try:
        from sklearn import datasets
    except ImportError as absent:
        message = f'`sklearn("{source.name}")` needs scikit-learn, which is not installed'
        raise failure("E622", message, source.span, help='pip install "bdnnc[sklearn]"') from absent
    return _table(source, getattr(datasets, f"load_{source.name}")())


def _table(source: BuiltinSource, bunch: Any) -> Table:
    X, y = np.asarray(bunch.data), np.asarray(bunch.target)
    classes = tuple(str(name) for name in bunch.target_names) if "target_names" in bunch else None
    features = tuple(str(name) for name in bunch.feature_names)
    columns: list[Cells] = [X[:, j] for j in range(X.shape[1])]
    columns.append(y if classes is None else [classes[code] for code in y.tolist()])
    names = (*features, "target")
    lines = [",".join(names), *(",".join(row) for row in zip(*map(texts, columns), strict=True))]
    digest = hashlib.sha256(("\n".join(lines) + "\n").encode()).hexdigest()
    name = f'sklearn("{source.name}")'
    return Table(name, names, True, tuple(columns), len(y), digest, target=len(features), classes=classes)
