"""Walking over a syntax tree, and the tree as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from bdnnc.language.tree import Node, Text, Word


def children(node: Node) -> Iterator[tuple[str, Node]]:
    """The nodes right below, each with the name of its field, in the order of the fields."""
    for field in fields(node):
        value: object = getattr(node, field.name)
        if isinstance(value, Node):
            yield field.name, value
        elif isinstance(value, tuple):
            for member in _members(value):  # pyright: ignore[reportUnknownArgumentType]
                if isinstance(member, Node):
                    yield field.name, member


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, without recursion, in no promised order."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(child for _, child in children(current))


def tree_text(node: Node) -> str:
    """The tree as indented text, a node a line, without positions: equal for two texts exactly if they say the same.

    Recursion is as deep as the tree, which the parser bounds.
    """
    return "\n".join(_lines(node, "", 0)) + "\n"


def _lines(node: Node, role: str, depth: int) -> Iterator[str]:
    head = " ".join([type(node).__name__, *_scalars(node)])
    yield "  " * depth + (f"{role}: {head}" if role else head)
    for name, child in children(node):
        if not isinstance(child, Word):
            yield from _lines(child, name, depth + 1)


def _scalars(node: Node) -> Iterator[str]:
    """What fits on the node's own line: words, texts, flags and operators."""
    for field in fields(node):
        value: object = getattr(node, field.name)
        if isinstance(value, Word):
            yield f"{field.name}={value.text}"
        elif isinstance(value, str):
            yield f"{field.name}={value!r}" if isinstance(node, Text) else f"{field.name}={value}"
        elif isinstance(value, tuple):
            texts = [member for member in _members(value) if isinstance(member, str)]  # pyright: ignore[reportUnknownArgumentType]
            if texts:
                yield f"{field.name}={' '.join(texts)}"
        elif value is True:
            yield field.name


def _members(value: tuple[object, ...]) -> tuple[object, ...]:
    return value
