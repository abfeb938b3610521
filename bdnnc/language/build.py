"""A reduction of the grammar to a node of the tree: one small function a rule, called bottom-up, so nothing recurses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from bdnnc.diagnostics import Source, Span
from bdnnc.language import tree
from bdnnc.language.lexer import Token

N = TypeVar("N", bound=tree.Node)
Value = Any  # a Token, a node, or a list of both for a repetition


@dataclass(frozen=True, slots=True)
class Reduction:
    """The right side of a rule, repetitions spliced in, and the span of all of it."""

    parts: list[Value]
    span: Span

    def word(self, *types: str) -> tree.Word | None:
        """The first token of these types as a word."""
        token = self.token(*types)
        return None if token is None else self.as_word(token)

    def must_word(self, *types: str) -> tree.Word:
        return cast(tree.Word, self.word(*types))

    def as_word(self, token: Token) -> tree.Word:
        return tree.Word(self.at(token), token.text)

    def token(self, *types: str) -> Token | None:
        return next((part for part in self.parts if isinstance(part, Token) and part.type in types), None)

    def has(self, type_: str) -> bool:
        return self.token(type_) is not None

    def at(self, token: Token) -> Span:
        return Span(self.span.source, token.start, token.end)

    def text(self) -> tree.Text:
        """The string token among the parts."""
        return string_node(self, cast(Token, self.token("STRING")))

    def first(self, kind: type[N]) -> N | None:
        return next((part for part in self.parts if isinstance(part, kind)), None)

    def all(self, kind: type[N]) -> tuple[N, ...]:
        return tuple(part for part in self.parts if isinstance(part, kind))

    def nodes(self) -> list[Any]:
        """The nodes, and strings as nodes, without words and punctuation."""
        found: list[Any] = []
        for part in self.parts:
            if isinstance(part, tree.Node):
                found.append(part)
            elif isinstance(part, Token) and part.type == "STRING":
                found.append(string_node(self, part))
        return found

    def after(self, type_: str) -> Any:
        """The node right behind a token of this type, None if there is no such token."""
        for token, part in zip(self.parts, self.parts[1:], strict=False):
            if isinstance(token, Token) and token.type == type_:
                return string_node(self, part) if isinstance(part, Token) else part
        return None


@dataclass(frozen=True, slots=True)
class Seed(tree.Node):
    """``seed n``, on its way into a take or hold."""

    value: tree.Expr


@dataclass(frozen=True, slots=True)
class Of(tree.Node):
    """``of x``, on its way into a quantity."""

    value: tree.Text | tree.Number | tree.Word


@dataclass(frozen=True, slots=True)
class Weighted(tree.Node):
    """``weighted ..``, on its way into a quantity."""

    value: tree.Word | tree.ListOf


def string_node(reduction: Reduction, token: Token) -> tree.Text:
    # A malformed string token was reported by the lexer; its quotes may be missing.
    inner = token.text[1:-1] if len(token.text) > 1 and token.text[-1] == token.text[0] else token.text[1:]
    value = inner.replace('\\"', '"') if "\\\\" not in inner else _unescaped(inner)
    return tree.Text(reduction.at(token), value)


def _unescaped(inner: str) -> str:
    return "\\".join(piece.replace('\\"', '"') for piece in inner.split("\\\\"))


def _folded(r: Reduction) -> tree.Node:
    """``a + b - c`` as one flat node; a single operand is itself."""
    operands = r.nodes()
    if len(operands) == 1:
        return operands[0]
    operators = tuple(part.text for part in r.parts if isinstance(part, Token))
    kind = tree.Sum if operators[0] in "+-" else tree.Product
    return kind(r.span, tuple(operands), operators)


def _quantity(r: Reduction) -> tree.Quantity:
    of, weighted = r.first(Of), r.first(Weighted)
    return tree.Quantity(
        r.span,
        name=r.must_word("NAME"),
        nominal=r.has("NOMINAL"),
        arguments=r.first(tree.Arguments),
        of=of.value if of else None,
        weighted=weighted.value if weighted else None,
    )


def _of(r: Reduction) -> Of:
    token = cast(Token, r.parts[1])
    if token.type == "STRING":
        return Of(r.span, string_node(r, token))
    return Of(r.span, tree.Number(r.at(token), token.text) if token.type == "NUMBER" else r.as_word(token))


def _from_builtin(r: Reduction) -> tree.FromBuiltin:
    library = r.must_word("NAME")
    call = Span(r.span.source, library.span.start, r.span.end)
    return tree.FromBuiltin(r.span, library=library, name=r.text(), call=call)


def _features(r: Reduction) -> tree.Features:
    word, listed = r.word("ALL"), r.first(tree.ListOf)
    return tree.Features(r.span, word or listed or r.all(tree.Item))


def _hold(r: Reduction) -> tree.HoldClause:
    seed = r.first(Seed)
    rows = next(node for node in r.nodes() if not isinstance(node, Seed))
    kind = r.must_word("TEST", "VALIDATION")
    return tree.HoldClause(r.span, kind=kind, rows=rows, stratified=r.has("STRATIFIED"), seed=seed.value if seed else None)


def _take(r: Reduction) -> tree.Take:
    seed = r.first(Seed)
    count = r.word("ALL") or next(node for node in r.nodes() if not isinstance(node, Seed))
    return tree.Take(r.span, count=count, stratified=r.has("STRATIFIED"), seed=seed.value if seed else None)


def _scale(r: Reduction) -> tree.ScaleClause:
    return tree.ScaleClause(
        r.span,
        kind=r.must_word("NAME"),
        arguments=r.first(tree.Arguments),
        signed=r.word("SIGNED"),
        digits=r.after("ROUND"),
    )


def _layer(r: Reduction) -> tree.Layer:
    clauses = tuple(
        part for part in r.parts if isinstance(part, tree.Weights | tree.BiasClause | tree.Margin | tree.Mask | tree.Powers)
    )
    unit = cast(tree.Unit, r.first(tree.Unit))
    return tree.Layer(r.span, name=r.must_word("NAME"), units=r.after("COLON"), unit=unit, clauses=clauses)


def _weights(r: Reduction) -> tree.Weights:
    return tree.Weights(r.span, how=r.must_word("IN", "FIXED", "START"), value=r.nodes()[0])


def _bias(r: Reduction) -> tree.BiasClause:
    nodes = r.nodes()
    how = r.must_word("NONE", "AUTO", "SHARED", "IN", "FIXED")
    return tree.BiasClause(r.span, how=how, value=nodes[0] if nodes else None)


def _items(r: Reduction) -> tuple[Any, ...]:
    return tuple(r.nodes())


def _goal(r: Reduction) -> tree.GoalClause:
    return tree.GoalClause(r.span, sense=r.must_word("MINIMIZE", "MAXIMIZE"), value=r.nodes()[0], within=r.after("WITHIN"))


def _train(r: Reduction) -> tree.Train:
    options = tuple(part for part in r.parts if isinstance(part, tree.Option | tree.SolverOptions))
    return tree.Train(r.span, keyword=r.at(r.parts[0]), method=r.must_word("NAME"), options=options)


def _robust(r: Reduction) -> tree.Robust:
    clauses = tuple(part for part in r.parts if isinstance(part, tree.Perturbation | tree.Clip))
    kind = r.must_word("STATIC", "ADAPTIVE")
    return tree.Robust(r.span, keyword=r.at(r.parts[0]), kind=kind, soft=r.has("SOFT"), clauses=clauses)


def _perturbation(r: Reduction) -> tree.Perturbation:
    return tree.Perturbation(
        r.span,
        columns=r.first(tree.ListOf),
        raw=r.has("RAW"),
        shape=r.must_word("NAME"),
        arguments=cast(tree.Arguments, r.first(tree.Arguments)),
        step=r.after("STEP"),
    )


def _monotone(r: Reduction) -> tree.Monotone:
    direction = r.must_word("INCREASING", "DECREASING")
    return tree.Monotone(r.span, direction=direction, column=r.after("IN"), of_class=r.after("CLASS"))


def _network(r: Reduction) -> tree.Network:
    return tree.Network(r.span, keyword=r.at(r.parts[0]), one_vs_one=r.word("ONE_VS_ONE"), layers=r.all(tree.Layer))


def _subject(r: Reduction) -> tree.Subject:
    constraints = tuple(part for part in r.parts if isinstance(part, tree.Constraint | tree.Monotone))
    return tree.Subject(r.span, keyword=r.at(r.parts[0]), constraints=constraints)


def _constraint(r: Reduction) -> tree.Constraint:
    left, right = r.nodes()
    return tree.Constraint(r.span, left=left, comparison=r.must_word("COMPARISON"), right=right)


def _index(r: Reduction) -> tree.Index:
    nodes = r.nodes()
    return tree.Index(r.span, row=nodes[0], column=nodes[1] if len(nodes) > 1 else None)


def _file(r: Reduction) -> tree.File:
    language = r.first(tree.Language)
    return tree.File(r.span, language=language, statements=tuple(n for n in r.nodes() if not isinstance(n, tree.Language)))


def _single(r: Reduction) -> Value:
    return r.nodes()[0]


def _number(r: Reduction) -> tree.Number:
    token = cast(Token, r.parts[0])
    return tree.Number(r.at(token), token.text)


def _dialect(r: Reduction) -> tree.Dialect:
    value = r.word("YES", "NO") or r.text()
    return tree.Dialect(r.span, keyword=r.must_word("DELIMITER", "HEADER"), value=value)


def _text(r: Reduction) -> tree.Text | tree.Word:
    return r.word("NAME") or r.text()


def _item(r: Reduction) -> tree.Item:
    nodes = r.nodes()
    return tree.Item(r.span, low=nodes[0], high=nodes[1] if len(nodes) > 1 else None)


def _encode(r: Reduction) -> tree.Encode:
    columns = cast(tree.ListOf, r.first(tree.ListOf))
    return tree.Encode(r.span, columns=columns, method=r.must_word("ONEHOT", "THERMOMETER"), bins=r.after("LPAR"))


BUILDERS: dict[str, Callable[[Reduction], Value]] = {
    "file": _file,
    "language": lambda r: tree.Language(r.span, tree.Number(r.at(r.parts[1]), r.parts[1].text)),
    "param": lambda r: tree.Param(r.span, name=r.must_word("NAME"), value=r.nodes()[0]),
    "data": lambda r: tree.Data(r.span, keyword=r.at(r.parts[0]), clauses=_items(r)),
    "from_file": lambda r: tree.FromFile(r.span, path=r.nodes()[0], dialect=r.all(tree.Dialect)),
    "from_builtin": _from_builtin,
    "dialect": _dialect,
    "text": _text,
    "target": lambda r: tree.Target(r.span, r.nodes()[0]),
    "features": _features,
    "column": _item,
    "encode": _encode,
    "scale": _scale,
    "take": _take,
    "keep": lambda r: tree.Keep(r.span, r.nodes()[0]),
    "hold": _hold,
    "hold_file": lambda r: tree.FromFile(r.span, path=r.nodes()[0], dialect=()),
    "missing": lambda r: tree.Missing(r.span, r.must_word("DROP", "ERROR")),
    "seed": lambda r: Seed(r.span, r.nodes()[0]),
    "network": _network,
    "layer": _layer,
    "unit": lambda r: tree.Unit(r.span, kind=r.must_word("STEP", "SIGN", "LINEAR"), height=r.after("LPAR")),
    "weights": _weights,
    "bias": _bias,
    "margin": lambda r: tree.Margin(r.span, r.word("EXACT") or r.nodes()[0]),
    "mask": lambda r: tree.Mask(r.span, r.nodes()[0]),
    "powers": lambda r: tree.Powers(r.span, r.nodes()[0]),
    "interval": lambda r: tree.IntervalSet(r.span, *r.nodes()),
    "finite": lambda r: tree.Finite(r.span, _items(r)),
    "item": _item,
    "bits": lambda r: tree.BitsSet(r.span, r.nodes()[0]),
    "fixed_point": lambda r: tree.FixedPointSet(r.span, r.nodes()[0]),
    "scaled": lambda r: tree.ScaledSet(r.span, *r.nodes()),
    "objective": lambda r: tree.Objective(r.span, _items(r)),
    "goal": _goal,
    "subject": _subject,
    "constraint": _constraint,
    "monotone": _monotone,
    "robust": _robust,
    "perturbation": _perturbation,
    "clip": lambda r: tree.Clip(r.span, *r.nodes()),
    "clauses": lambda r: tree.Robust(r.span, r.span, tree.Word(r.span, "static"), soft=False, clauses=tuple(r.nodes())),
    "train": _train,
    "option": lambda r: tree.Option(r.span, name=r.must_word("NAME"), value=r.nodes()[0]),
    "solver_options": lambda r: tree.SolverOptions(r.span, keyword=r.at(r.parts[0]), options=_items(r)),
    "value": _single,
    "swept": _single,
    "sum": _folded,
    "product": _folded,
    "factor": _single,
    "negative": lambda r: tree.Negative(r.span, r.nodes()[0]),
    "number": _number,
    "parenthesis": lambda r: r.nodes()[0],
    "atom": _single,
    "quantity": _quantity,
    "part": lambda r: tree.Part(
        r.span, layer=r.must_word("NAME"), part=r.must_word("WEIGHTS", "BIAS"), index=r.first(tree.Index)
    ),
    "of": _of,
    "weighted": lambda r: Weighted(r.span, r.word("BALANCED") or cast(tree.ListOf, r.first(tree.ListOf))),
    "args": lambda r: tree.Arguments(r.span, _items(r)),
    "string": lambda r: r.text(),
    "list": lambda r: tree.ListOf(r.span, _items(r)),
    "index": _index,
    "star": lambda r: tree.Star(r.span),
}


def build(name: str, parts: list[Value], source: Source, start: int, end: int) -> Value:
    """The value of one reduction. Rules that only group (leading underscore) pass their parts on."""
    if name.startswith("__"):
        head = parts[0]
        if isinstance(head, list):
            cast(list[Value], head).extend(parts[1:])
            return cast(list[Value], head)
        return parts
    if name.startswith("_"):
        return parts[0]
    flat: list[Value] = []
    for part in parts:
        if isinstance(part, list):
            flat.extend(cast(list[Value], part))
        else:
            flat.append(part)
    return BUILDERS[name](Reduction(flat, Span(source, start, end)))
