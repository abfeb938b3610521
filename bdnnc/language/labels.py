"""Classes by their labels: a number means the class whose label reads as that number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.diagnostics import Label
from bdnnc.diagnostics.suggest import did_you_mean, known_names
from bdnnc.language import tree
from bdnnc.language.constants import Constants, Missing, Value, shown
from bdnnc.language.network_view import NetworkView

NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
"""Labels that are compared as numbers; longer ones as texts only."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What is said of a class in the network of a pair of other classes: nothing."""


def class_of(node: tree.Expr | tree.Text | tree.Word, network: NetworkView, constants: Constants) -> int | Elsewhere | None:
    """The place of the class that the node names, `Elsewhere` where the network is one of a pair of other classes; None if
    there is no such class (E346), or if the data are not known yet."""
    label = _label(node, constants)
    if label is None:
        return None
    if network.facts is None:
        constants.awaits_data = True
        return None
    classes = network.facts.every_class
    found = next((name for name in classes if _reads_as(name, label)), None)
    if found is None:
        written = f'"{label}"' if isinstance(label, str) else shown(label)
        known = f"classes: {known_names(classes)}"
        help_text = (did_you_mean(label, classes) if isinstance(label, str) else None) or known
        counted = Label(network.facts.span, "classes counted here")
        constants.findings.add("E346", f"there is no class `{written}`", node.span, secondary=[counted], help=help_text)
        return None
    own = network.facts.classes or ()
    return own.index(found) if found in own else Elsewhere()


def _label(node: tree.Expr | tree.Text | tree.Word, constants: Constants) -> str | Fraction | None:
    """The label that is meant: a string, a number, or a param that holds one."""
    if not isinstance(node, tree.Word):
        return _known(constants.value(node), constants)
    if node.text in constants.values:
        return _known(constants.values[node.text], constants)
    message = f"`{node.text}` is no param, and a class is named by a string or a number"
    constants.findings.add("E112", message, node.span, help=f'write `"{node.text}"`')
    return None


def _known(value: Value, constants: Constants) -> str | Fraction | None:
    if value is Missing.DATA:
        constants.awaits_data = True
    return None if isinstance(value, Missing) else value


def _reads_as(name: str, label: str | Fraction) -> bool:
    if isinstance(label, str):
        return name == label or (_number(label) is not None and _number(name) == _number(label))
    return _number(name) == label


def _number(text: str) -> Fraction | None:
    return Fraction(text.strip()) if NUMBER.fullmatch(text.strip()) else None
