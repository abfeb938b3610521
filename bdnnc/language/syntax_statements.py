"""What to say of tokens that don't fit in goals, constraints and `bias shared`; see `syntax_errors`, which asks these too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bdnnc.language.words import NORMS, OF_LAYER

if TYPE_CHECKING:
    from bdnnc.diagnostics import Diagnostic
    from bdnnc.language.syntax_errors import Trouble


def class_with_sign(t: Trouble) -> Diagnostic | None:
    if t.token.type != "MINUS" or t.previous is None or t.previous.type != "OF":
        return None
    return t.says("E101", "a class is named by a string or a number without sign", 'write it in quotes, `errors of "-1"`')


def argument_without_parentheses(t: Trouble) -> Diagnostic | None:
    if t.token.type != "NAME" or t.previous is None or t.previous.type != "NAME":
        return None
    name, given = t.previous.text, t.token.text
    if name in OF_LAYER:
        return t.says("E101", f"`{name}` takes its layer in parentheses", f"write `{name}({given})`")
    if name in NORMS:
        return t.says("E101", f"`{name}` takes its weights in parentheses", f"write `{name}({given}.weights)`")
    return None


def goal_among_constraints(t: Trouble) -> Diagnostic | None:
    if t.within != "SUBJECT" or t.previous is None or t.previous.text not in ("minimize", "maximize"):
        return None
    help_text = "write it outside `subject to { .. }`, behind `then` if it is not the first"
    return t.says("E101", f"a goal is no constraint, and `{t.previous.text}` begins a goal", help_text)


def monotone_without_in(t: Trouble) -> Diagnostic | None:
    if t.expected != frozenset({"IN"}) or t.previous is None or t.previous.type not in ("INCREASING", "DECREASING"):
        return None
    return t.says("E101", "`in` and a column are missing", f'write `monotone {t.previous.text} in "age"`')


def shared_without_a_set(t: Trouble) -> Diagnostic | None:
    if t.previous is None or t.previous.type != "SHARED" or t.token.type not in ("NONE", "AUTO", "FIXED"):
        return None
    instead = '`bias fixed "bias.npz"` with equal entries' if t.token.type == "FIXED" else f"`bias {t.token.text}`"
    message = f"`bias shared` takes a set, not `{t.token.text}`"
    return t.says("E101", message, f"write `bias shared in {{-3..3}}` with a set of your own, or {instead}")


STATEMENT_SITUATIONS = (
    class_with_sign,
    argument_without_parentheses,
    goal_among_constraints,
    monotone_without_in,
    shared_without_a_set,
)
