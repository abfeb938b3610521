"""Sets of perturbations that stand on the command line: clauses of a `robust` block, read and checked like those of a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, Source, Span
from bdnnc.language import tree
from bdnnc.language.constants import Constants
from bdnnc.language.findings import Findings
from bdnnc.language.network_view import NetworkView
from bdnnc.language.parser import parse_clauses
from bdnnc.language.robust_checks import RobustChecker
from bdnnc.language.robustness import Robustness
from bdnnc.language.spec import Facts


@dataclass(frozen=True, slots=True)
class WithinText:
    """Clauses as they were typed, `linf(0.05)`, one text or several, and a range for `clip`, `0..1`; all numbers constant."""

    texts: tuple[str, ...]
    clip: str | None = None

    def sources(self) -> tuple[Source, ...]:
        """The texts under the names of their flags."""
        named = [Source("--within", text) for text in self.texts]
        if self.clip is not None:
            text = self.clip.strip()
            named.append(Source("--clip", text if text.startswith("clip") else f"clip {text}"))
        return tuple(named)


def check_within(given: WithinText, facts: Facts, folder: Path, powers: int = 1) -> tuple[Robustness | None, list[Diagnostic]]:
    """What the clauses say of inputs with these ``facts``; None if there is an error.

    ``folder``: where the paths of polytopes begin; ``powers``: the highest of the network's inputs. Reports what `parse` and
    `RobustChecker` report.
    """
    sources = given.sources()
    clauses: list[tree.Perturbation | tree.Clip] = []
    wrong: list[Diagnostic] = []
    for source in sources:
        node, found = parse_clauses(source)
        wrong += found
        clauses += () if node is None else node.clauses
    if wrong:
        return None, wrong
    findings = Findings()
    whole = Span(sources[0], 0, len(sources[0].text))
    block = tree.Robust(whole, whole, tree.Word(whole, "static"), soft=False, clauses=tuple(clauses))
    checked = RobustChecker(Constants(findings, facts), NetworkView((), facts, None), folder).check(block)
    if powers > 1:
        _refuse_powers(whole, findings)
    if findings.has_errors() or checked is None:
        return None, findings.result()
    return replace(checked, text=clauses_text(checked)), findings.result()


def _refuse_powers(span: Span, findings: Findings) -> None:
    """E408: what `RobustChecker` says of a file whose first layer has `powers`."""
    message = "inputs that have `powers` cannot be perturbed"
    notes = ["an input and its square move together, along a curve that is no linear set"]
    findings.add("E408", message, span, notes=notes, help="train a network without `powers`")


def clauses_text(robust: Robustness) -> str:
    """The clauses on one line, as they are written."""
    clip = () if robust.clip is None else (robust.clip,)
    spans = [clause.span for clause in (*robust.perturbations, *clip)]
    return " ".join(" ".join(span.source.text[span.start : span.end].split()) for span in spans)
