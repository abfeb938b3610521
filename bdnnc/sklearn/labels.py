"""The classes of an estimator as labels of a spec, and back."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.numbers import read_number
from bdnnc.data.table import is_missing
from bdnnc.exact import decimal_text


def class_texts(classes: NDArray[Any]) -> tuple[str, ...]:
    """What the network calls each of ``classes`` (distinct, sorted): its text, numbers as their shortest decimal.

    So constraints can speak of `errors of "malignant"`. Where the language could not tell two of the texts apart (`"1"` and
    `"1.0"`), or would take one for a missing value (`"NA"`), the classes are called by their place: 0, 1, ..
    """
    written = [str(label) for label in classes.tolist()]
    values = [value for value in map(read_number, written) if isinstance(value, Fraction)]
    names = [decimal_text(value) for value in values] if len(values) == len(written) else written
    if len(set(names)) < len(names) or any(is_missing(text) or "\0" in text for text in names):
        return tuple(str(place) for place in range(len(names)))
    return tuple(names)


def places_of(labels: NDArray[Any], names: tuple[str, ...]) -> NDArray[np.int64]:
    """The place in ``names`` of each of ``labels`` (rows,), each of which is one of them."""
    known = np.array(names, dtype=object)
    order = np.argsort(known)
    return order[np.searchsorted(known[order], labels)].astype(np.int64)
