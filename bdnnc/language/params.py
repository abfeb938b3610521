"""Params: their values in whatever order they were written, with those of the command line in place of the file's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from bdnnc.diagnostics import Diagnostic, Label, Source, Span
from bdnnc.diagnostics.suggest import did_you_mean, known_names
from bdnnc.language import tree
from bdnnc.language.constants import Constants, Missing
from bdnnc.language.parser import parse_value
from bdnnc.language.traversal import walk
from bdnnc.language.words import QUANTITY_WORDS


def evaluate_params(file: tree.File, overrides: Mapping[str, str], constants: Constants) -> None:
    """Fills ``constants.values``. Reports E110 a name twice, E111 a barred name, E113 cycles, E640 and E641 for overrides."""
    params = _declared(file, constants)
    nodes: dict[str, tree.Expr | tree.Text] = {name: param.value for name, param in params.items()}
    for name, text in overrides.items():
        if name not in params:
            constants.findings.found.append(unknown_param(name, text, params))
            continue
        node = _override(name, text, params[name], constants)
        if node is None:
            constants.values[name] = Missing.ERROR
            del nodes[name]
        else:
            nodes[name] = node
    constants.origins.update({name: node.span for name, node in nodes.items()})
    order = _evaluation_order(nodes, params, constants)
    for name in order:
        constants.values[name] = constants.value(nodes[name])


def _declared(file: tree.File, constants: Constants) -> dict[str, tree.Param]:
    params: dict[str, tree.Param] = {}
    for statement in file.statements:
        if not isinstance(statement, tree.Param):
            continue
        name = statement.name.text
        if name in QUANTITY_WORDS:
            barred_name(statement.name, "param", constants)
            constants.values[name] = Missing.ERROR
        elif name in params:
            first = Label(params[name].name.span, "first defined here")
            constants.findings.add("E110", f"the param `{name}` is defined twice", statement.name.span, secondary=[first])
        else:
            params[name] = statement
    return params


def barred_name(word: tree.Word, kind: str, constants: Constants) -> None:
    """E111: a quantity word as the name of a param or a layer."""
    help_text = f"choose another name, for example `{word.text}_1`"
    constants.findings.add("E111", f"`{word.text}` is a quantity and cannot name a {kind}", word.span, help=help_text)


def unknown_param(name: str, text: str, params: Collection[str]) -> Diagnostic:
    """E640: the command line gives ``name`` the value ``text``, but the file has only ``params``."""
    source, at = command_line(name, text)
    known = f"params of this file: {known_names(params)}" if params else "this file has no params"
    help_text = did_you_mean(name, params) or known
    label = Label(Span(source, at - len(name) - 1, at - 1))
    return Diagnostic("E640", f"there is no param `{name}` to override", label, help=help_text)


def command_line(name: str, text: str) -> tuple[Source, int]:
    """What was written, and where in it the value begins."""
    before = f"-D {name}="
    return Source("command line", before + text), len(before)


def _override(name: str, text: str, param: tree.Param, constants: Constants) -> tree.Expr | tree.Text | None:
    """The command line's value: a string for a param that holds one (quotes may be left out), else an expression."""
    source, at = command_line(name, text)
    whole = Span(source, at, len(source.text))
    is_quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')
    if isinstance(param.value, tree.Text) and not is_quoted:
        return tree.Text(whole, text)
    node, found = parse_value(source, at)
    if node is None:
        reason = f": {found[0].message}" if found else ""
        given = Label(param.name.span, "the param")
        message, help_text = f"the value of `{name}` cannot be read{reason}", f"write for example `-D {name}=3`"
        constants.findings.add("E641", message, whole, secondary=[given], help=help_text)
        return None
    return node


def _evaluation_order(
    nodes: Mapping[str, tree.Expr | tree.Text], params: Mapping[str, tree.Param], constants: Constants
) -> list[str]:
    """Every param behind those that it uses. A cycle is reported once, and its members have no value."""
    order: list[str] = []
    done: set[str] = set()
    for root in nodes:
        path: list[str] = []
        pending: list[tuple[str, Iterator[str]]] = [] if root in done else [(root, iter(_uses(nodes[root])))]
        path.extend(name for name, _ in pending)
        on_path = set(path)
        while pending:
            name, uses = pending[-1]
            following = next((use for use in uses if use in nodes and use not in done), None)
            if following is None:
                pending.pop()
                on_path.discard(path.pop())
                done.add(name)
                if name not in constants.values:
                    order.append(name)
            elif following in on_path:
                _cycle(path[path.index(following) :], params, constants)
            else:
                pending.append((following, iter(_uses(nodes[following]))))
                path.append(following)
                on_path.add(following)
    return order


def _cycle(names: list[str], params: Mapping[str, tree.Param], constants: Constants) -> None:
    others = [Label(params[name].name.span, f"`{name}`") for name in names[1:6]]
    shown = " -> ".join(f"`{name}`" for name in [*names[:6], *(["..."] if len(names) > 6 else []), names[0]])
    message = "a param is defined by itself" if len(names) == 1 else "params are defined by each other"
    constants.findings.add("E113", f"{message}: {shown}", params[names[0]].name.span, secondary=others)
    constants.values.update(dict.fromkeys(names, Missing.ERROR))


def _uses(node: tree.Node) -> list[str]:
    return [part.name.text for part in walk(node) if isinstance(part, tree.Quantity)]
