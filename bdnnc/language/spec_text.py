"""A checked file as text: every constant a number, every default written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from bdnnc.exact import decimal_text
from bdnnc.language.spec import (
    ArrayFile,
    Bias,
    Bits,
    DataSpec,
    Domain,
    Encode,
    FileSource,
    FiniteSet,
    Hold,
    Interval,
    LayerSpec,
    Located,
    ModelSpec,
    Pick,
    Scale,
    ScaledSet,
    TrainSpec,
)
from bdnnc.language.statement_text import constraint_text, goal_text, monotone_text


def spec_text(data: DataSpec, model: ModelSpec) -> str:
    """The params with their values, then the blocks in the order data, network, goals, constraints, train."""
    lines = [f"param {name} = {_value(value)}" for name, value in sorted(model.params.items())]
    lines += ["data", *(f"  {line}" for line in _data(data)), "network", *(f"  {_layer(layer)}" for layer in model.layers)]
    names = [layer.name for layer in model.layers]
    lines += [f"{'then ' if place else ''}{goal_text(goal, names)}" for place, goal in enumerate(model.goals)]
    statements = [constraint_text(constraint, names) for constraint in model.constraints]
    statements += map(monotone_text, model.monotone)
    lines += ["subject to", *(f"  {line}" for line in statements)] if statements else []
    lines += _train(model.train)
    return "\n".join(lines) + "\n"


def _data(data: DataSpec) -> Iterator[str]:
    source = data.source
    if isinstance(source, FileSource):
        delimiter = "" if source.delimiter is None else f" delimiter {_quoted(source.delimiter.value)}"
        header = "" if source.header is None else f" header {'yes' if source.header.value else 'no'}"
        yield f"from {_quoted(source.text)}{delimiter}{header}"
    else:
        yield f"from {source.library}({_quoted(source.name)})"
    if data.target is not None:
        yield f"target {_column(data.target)}"
    if data.regression:
        yield "target values are numbers"
    yield f"features {'all' if data.features is None else ', '.join(map(_column, data.features))}"
    yield from map(_encode, data.encodes)
    yield f"scale {_scale(data.scale)}"
    if data.keep is not None:
        yield f"keep classes [{', '.join(_value(item.value) for item in data.keep.value)}]"
    for hold in data.holds:
        yield f"hold {hold.kind} {_rows(hold)}"
    yield f"take {'all' if data.take is None else _pick(data.take)}"
    yield f"missing {data.missing}"


def _rows(hold: Hold) -> str:
    return f"from {_quoted(hold.rows.text)}" if isinstance(hold.rows, FileSource) else _pick(hold.rows)


def _pick(pick: Pick) -> str:
    count = "all" if pick.count is None else str(pick.count.value)
    return f"{count}{' stratified' if pick.stratified else ''} seed {pick.seed}"


def _scale(scale: Scale) -> str:
    a, b = decimal_text(scale.a), decimal_text(scale.b)
    arguments = {"minmax": f"({a}, {b})", "binarize": f"({a})"}.get(scale.kind, "")
    digits = "" if scale.digits is None else f" round {scale.digits}"
    return f"{scale.kind}{arguments}{' signed' if scale.signed else ''}{digits}"


def _encode(encode: Encode) -> str:
    levels = "" if encode.levels is None else f"({encode.levels})"
    return f"encode [{', '.join(map(_column, encode.columns))}] {encode.kind}{levels}"


def _layer(layer: LayerSpec) -> str:
    weights = f"fixed {_quoted(layer.weights.text)}" if isinstance(layer.weights, ArrayFile) else f"in {_domain(layer.weights)}"
    height = f"({decimal_text(layer.height)})" if layer.height != 1 else ""
    shape = f"layer {layer.name}: {layer.units} {layer.unit}{height}"
    start = "" if layer.start is None else f" weights start {_quoted(layer.start.text)}"
    margin = "" if layer.unit == "linear" else f" margin {_margin(layer)}"
    mask = "" if layer.mask is None else f" mask {_quoted(layer.mask.text)}"
    powers = "" if layer.powers == 1 else f" powers {layer.powers}"
    return f"{shape} weights {weights}{start} bias {_bias(layer.bias)}{margin}{mask}{powers}"


def _bias(bias: Bias) -> str:
    if bias.file is not None:
        return f"fixed {_quoted(bias.file.text)}"
    if bias.domain is None:
        return bias.kind
    return f"{'shared ' if bias.kind == 'shared' else ''}in {_domain(bias.domain)}"


def _margin(layer: LayerSpec) -> str:
    return "auto" if layer.margin is None else _value(layer.margin.value, quote=False)


def _domain(domain: Domain) -> str:
    match domain:
        case FiniteSet(values):
            return f"{{{_listed(values)}}}"
        case Bits(count):
            return f"bits({count})"
        case ScaledSet(base, lower, upper):
            return f"scaled {_domain(base)} by [{decimal_text(lower)}, {decimal_text(upper)}]"
        case Interval(lower, upper):
            return f"[{decimal_text(lower)}, {decimal_text(upper)}]"


def _listed(values: tuple[Fraction, ...]) -> str:
    return ", ".join(map(decimal_text, values))


def _train(train: TrainSpec | None) -> Iterator[str]:
    if train is None:
        yield "train exact"
        return
    yield f"train {train.method.value}"
    yield from _options(train.options, "  ")
    if train.solver_options:
        yield "  options"
        yield from _options(train.solver_options, "    ")


def _options(options: Mapping[str, Located[Fraction | str]], indent: str) -> Iterator[str]:
    for name, option in options.items():
        yield f"{indent}{name} {_value(option.value)}"


def _column(column: Located[str | int]) -> str:
    return _quoted(column.value) if isinstance(column.value, str) else str(column.value)


def _value(value: Fraction | str, *, quote: bool = True) -> str:
    if isinstance(value, Fraction):
        return decimal_text(value)
    return _quoted(value) if quote else value


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
