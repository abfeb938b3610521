"""Labels as class indices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import counted, error, failure, listed
from bdnnc.data.numbers import read_number
from bdnnc.diagnostics import Diagnostic, Span, UserError
from bdnnc.exact import decimal_text
from bdnnc.language.spec import Located

LABELS_SHOWN = 12


def canonical_text(text: str) -> str:
    """The text, or the shortest decimal of the number that it is: ``1.0`` is ``1``."""
    value = read_number(text)
    return decimal_text(value) if isinstance(value, Fraction) else text


def class_names(labels: Sequence[str]) -> tuple[str, ...]:
    """The distinct labels in class order: by value if every one is a number (``1.0`` is ``1``), else by code point."""
    distinct = sorted(set(labels))
    values = [read_number(label) for label in distinct]
    numbers = {value for value in values if isinstance(value, Fraction)}
    if len(values) == sum(isinstance(value, Fraction) for value in values):
        return tuple(decimal_text(value) for value in sorted(numbers))
    return tuple(distinct)


def coded(labels: Sequence[str], classes: Sequence[str]) -> NDArray[np.int64]:
    """The class index of each label, shape (rows,), -1 where it is none of the classes: the label itself, else the number that
    it is, else what it is without blanks around it."""
    index = {label: code for code, label in enumerate(classes)}
    known = {label: (label, canonical_text(label), label.strip()) for label in set(labels)}
    codes = {label: next((index[text] for text in ways if text in index), -1) for label, ways in known.items()}
    return np.fromiter((codes[label] for label in labels), dtype=np.int64, count=len(labels))


def find_label(wanted: str | Fraction, classes: Sequence[str]) -> int | None:
    """The class of a label as a spec writes it: a text, or a number, which matches whatever reads as that number."""
    if wanted in classes:
        return list(classes).index(str(wanted))
    value = wanted if isinstance(wanted, Fraction) else read_number(wanted)
    if not isinstance(value, Fraction):
        return None
    return next((code for code, label in enumerate(classes) if read_number(label) == value), None)


def kept_classes(
    keep: Located[tuple[Located[str | Fraction], ...]] | None, classes: tuple[str, ...], where: Span
) -> tuple[str, ...]:
    """The classes that stay, in class order. ``where`` is blamed if the data itself has a single one.

    Raises UserError with all of E221 (no such label), or E222 (fewer than two classes).
    """
    if keep is None:
        chosen = classes
    else:
        codes = {_kept(label, classes) for label in keep.value}
        unknown = [code for code in codes if isinstance(code, Diagnostic)]
        if unknown:
            raise UserError(sorted(unknown, key=lambda d: d.primary.span.start if d.primary else 0))
        chosen = tuple(label for code, label in enumerate(classes) if code in codes)
    if len(chosen) < 2:
        left = f": {listed(chosen)}" if chosen else ""
        note = f"classes of the data: {listed(classes, LABELS_SHOWN)}"
        message = f"a classifier needs at least 2 classes, here {'is' if len(chosen) == 1 else 'are'} {len(chosen)}{left}"
        help = "keep two classes or more" if keep else "choose another `target`, or add points of another class"
        raise failure("E222", message, keep.span if keep else where, notes=[note], help=help)
    return chosen


def refuse_unknown(
    labels: Sequence[str], codes: NDArray[np.int64], classes: Sequence[str], name: str, span: Span | None
) -> None:
    """Raises UserError E221 if a code is -1."""
    unknown = sorted({labels[row] for row in np.flatnonzero(codes < 0).tolist()})
    if unknown:
        count = int((codes < 0).sum())
        have = "has a label that is" if count == 1 else "have labels that are"
        message = f"{counted(count, 'row')} of `{name}` {have} none of the classes: {listed(unknown)}"
        note = f"classes: {listed(classes, LABELS_SHOWN)}"
        raise failure("E221", message, span, notes=[note], help="mend these labels, or remove the rows")


def _kept(label: Located[str | Fraction], classes: Sequence[str]) -> int | Diagnostic:
    code = find_label(label.value, classes)
    if code is not None:
        return code
    shown = label.value if isinstance(label.value, str) else decimal_text(label.value)
    help = f"labels: {listed(classes, LABELS_SHOWN)}"
    return error("E221", f"no row has the label `{shown}`", label.span, help=help)
