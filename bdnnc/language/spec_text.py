"""A checked file as text: every constant a number, every default written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from bdnnc.exact import decimal_text
from bdnnc.language.spec import (
    ArrayFile,
    Bias,
    DataSpec,
    Domain,
    FileSource,
    FiniteSet,
    Goal,
    Hold,
    LayerSpec,
    Located,
    ModelSpec,
    Pick,
    Scale,
    TrainSpec,
)


def spec_text(data: DataSpec, model: ModelSpec) -> str:
    """The params with their values, then the blocks in the order data, network, goal, train."""
    lines = [f"param {name} = {_value(value)}" for name, value in sorted(model.params.items())]
    lines += ["data", *(f"  {line}" for line in _data(data)), "network", *(f"  {_layer(layer)}" for layer in model.layers)]
    lines += [_goal(goal) for goal in model.goals]
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
    yield f"features {'all' if data.features is None else ', '.join(map(_column, data.features))}"
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


def _layer(layer: LayerSpec) -> str:
    weights = f"fixed {_quoted(layer.weights.text)}" if isinstance(layer.weights, ArrayFile) else f"in {_domain(layer.weights)}"
    mask = "" if layer.mask is None else f" mask {_quoted(layer.mask.text)}"
    shape = f"layer {layer.name}: {layer.units} {layer.unit}"
    return f"{shape} weights {weights} bias {_bias(layer.bias)} margin {_margin(layer)}{mask}"


def _bias(bias: Bias) -> str:
    if bias.domain is None:
        return bias.kind
    return f"{'shared ' if bias.kind == 'shared' else ''}in {_domain(bias.domain)}"


def _margin(layer: LayerSpec) -> str:
    return "auto" if layer.margin is None else _value(layer.margin.value, quote=False)


def _domain(domain: Domain) -> str:
    if isinstance(domain, FiniteSet):
        return f"{{{', '.join(map(decimal_text, domain.values))}}}"
    return f"[{decimal_text(domain.lower)}, {decimal_text(domain.upper)}]"


def _goal(goal: Goal) -> str:
    loss = goal.loss
    coefficient = "" if loss.coefficient == 1 else f"{decimal_text(loss.coefficient)} * "
    weights = loss.weighting
    weighted = "" if weights is None else f" weighted {weights if isinstance(weights, str) else f'[{_listed(weights)}]'}"
    constant = "" if goal.constant == 0 else f" + {decimal_text(goal.constant)}"
    return f"{goal.sense} {coefficient}{loss.kind}{weighted}{constant}"


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
