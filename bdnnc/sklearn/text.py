"""The spec that the parameters of an estimator stand for, as a text to be read, kept and changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.exact import decimal_text

METHOD = "search"
"""The strategy of an estimator that names none."""

WORK = {
    "exact": ("node_limit", 200),
    "local_search": ("rounds", 10),
    "search": ("moves", 100_000),
    "split": ("rounds", 10),
}
"""Method -> the option that limits its work, and the limit of an estimator that names none."""

TIME_LIMIT = 300.0
"""Seconds; far away, so that work ends a fit and two fits agree."""


@dataclass(frozen=True, slots=True)
class Output:
    """The last layer: how many units as a text (`1`, `classes`), of what kind, with which clauses."""

    units: str
    unit: str
    weights: str
    bias: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a spec is to say; texts as in the language, checked only when the spec is compiled."""

    hidden_units: tuple[int, ...]
    unit: str
    weights: str
    bias: str | None
    output: Output
    scale: str
    loss: str
    subject_to: tuple[str, ...]
    robust: str | None
    method: str
    work_limit: int | None
    time_limit: float | None
    seed: int
    is_ensemble: bool
    start: str | None


def spec_text(wanted: Wanted) -> str:
    """The spec, in the layout of the language's own examples. Its data block names a file that is replaced by arrays."""
    return "\n".join(
        [
            'data {\n  from   "data.csv"\n  target "y"',
            f"  scale  {wanted.scale}\n}}\n",
            f"network{' one_vs_one' if wanted.is_ensemble else ''} {{",
            *_layers(wanted),
            "}\n",
            f"minimize {wanted.loss}\n",
            *_block("subject to", wanted.subject_to),
            *(() if wanted.robust is None else (f"robust {wanted.robust}\n",)),
            *_block(f"train {wanted.method}", tuple(_limits(wanted))),
        ]
    )


def _layers(wanted: Wanted) -> Iterator[str]:
    several = len(wanted.hidden_units) > 1
    for place, units in enumerate(wanted.hidden_units):
        name = f"hidden{place + 1}" if several else "hidden"
        yield from _layer(name, Output(str(units), wanted.unit, wanted.weights, wanted.bias))
    yield from _layer("output", wanted.output)


def _layer(name: str, layer: Output) -> Iterator[str]:
    yield f"  layer {name}: {layer.units} {layer.unit} {'unit' if layer.units == '1' else 'units'}"
    yield f"    weights in {layer.weights}"
    if layer.bias is not None:
        is_word = re.match(r"(auto|none|shared)\b", layer.bias)
        yield f"    bias {layer.bias}" if is_word else f"    bias in {layer.bias}"


def _block(head: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield "\n".join([f"{head} {{", *(f"  {line}" for line in lines), "}\n"])


def _limits(wanted: Wanted) -> Iterator[str]:
    option, usual = WORK.get(wanted.method, ("node_limit", None))
    work = usual if wanted.work_limit is None else wanted.work_limit
    if work is not None:
        yield f"{option} {work}"
    limit = TIME_LIMIT if wanted.time_limit is None else wanted.time_limit
    yield f"time_limit {decimal_text(Fraction(repr(float(limit))))}"
    yield f"seed {wanted.seed}"
    if wanted.start is not None:
        yield f"start {wanted.start}"
