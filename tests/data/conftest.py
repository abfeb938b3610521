"""Data blocks built by hand: every part of one has a span of its own, so that tests can see what an error points at."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from bdnnc.data.load import load
from bdnnc.diagnostics import Diagnostic, Source, Span, UserError
from bdnnc.language.spec import BuiltinSource, DataSpec, Encode, FileSource, Hold, Located, Pick, Scale

WORDS = (
    "source name target features scale take keep test validation delimiter header other encode block "
    "one two three four five six"
)
SPEC = Source("test.bdnn", WORDS)


def span(word: str) -> Span:
    start = WORDS.index(word)
    return Span(SPEC, start, start + len(word))


def pick(count: int | None, word: str = "take", *, stratified: bool = False, seed: int = 0) -> Pick:
    return Pick(None if count is None else Located(count, span(word)), stratified, seed, span(word))


@dataclass(frozen=True)
class Build:
    """Makes data blocks over files in a folder of the test's own."""

    folder: Path

    def write(self, content: str | bytes, name: str = "data.csv") -> FileSource:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.source(path)

    def source(self, path: Path, delimiter: str | None = None, header: bool | None = None, word: str = "source") -> FileSource:
        return FileSource(
            path,
            path.name,
            span(word),
            None if delimiter is None else Located(delimiter, span("delimiter")),
            None if header is None else Located(header, span("header")),
        )

    def spec(self, source: FileSource | BuiltinSource | str | bytes, target: str | int | None = None, **rest: Any) -> DataSpec:
        if isinstance(source, str | bytes):
            source = self.write(source)
        words = iter(("one", "two", "three", "four", "five", "six"))
        if "features" in rest:
            rest["features"] = tuple(Located(column, span(next(words))) for column in rest["features"])
        if "keep" in rest:
            kept = (Fraction(label) if isinstance(label, int) else label for label in rest["keep"])
            rest["keep"] = Located(tuple(Located(label, span(next(words))) for label in kept), span("keep"))
        return DataSpec(source, span("block"), None if target is None else Located(target, span("target")), **rest)

    def builtin(self, name: str, library: str = "sklearn", **rest: Any) -> DataSpec:
        return self.spec(BuiltinSource(library, name, span("source"), span("name")), **rest)

    @staticmethod
    def span(word: str) -> Span:
        return span(word)

    @staticmethod
    def onehot(*columns: str | int, words: str = "one two three") -> Encode:
        located = tuple(Located(column, span(word)) for column, word in zip(columns, words.split(), strict=False))
        return Encode(located, "onehot", None, span("encode"))

    @staticmethod
    def thermometer(levels: int, *columns: str | int, words: str = "four five six") -> Encode:
        located = tuple(Located(column, span(word)) for column, word in zip(columns, words.split(), strict=False))
        return Encode(located, "thermometer", levels, span("encode"))

    @staticmethod
    def hold(kind: Any, rows: Pick | FileSource) -> Hold:
        return Hold(kind, rows, span(kind))

    @staticmethod
    def scale(kind: Any, a: Any = 0, b: Any = 1, **rest: Any) -> Scale:
        return Scale(kind, Fraction(a), Fraction(b), span=span("scale"), **rest)

    @staticmethod
    def pick(count: int | None, word: str = "take", *, stratified: bool = False, seed: int = 0) -> Pick:
        return pick(count, word, stratified=stratified, seed=seed)


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


Refused = Callable[..., list[Diagnostic]]


@pytest.fixture(scope="session")
def refused() -> Refused:
    """Runs a step that must fail, checks the house style of what it says, and that it carries exactly these codes."""

    def check(step: Callable[[], Any], *codes: str) -> list[Diagnostic]:
        with pytest.raises(UserError) as caught:
            step()
        found = list(caught.value.diagnostics)
        assert [diagnostic.code for diagnostic in found] == list(codes), [d.message for d in found]
        for diagnostic in found:
            assert not diagnostic.message.endswith(".")
            assert diagnostic.message.count("`") % 2 == 0
            assert diagnostic.help, diagnostic.message
            assert diagnostic.message[0].islower() or diagnostic.message[0] in "`0123456789"
        return found

    return check


@pytest.fixture(scope="session")
def pointed() -> Callable[[Diagnostic], str]:
    """The word of the block that a diagnostic points at."""

    def word(diagnostic: Diagnostic) -> str:
        assert diagnostic.primary is not None
        at = diagnostic.primary.span
        return at.source.text[at.start : at.end]

    return word


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the papers' data sets; tests that need it are skipped where it is absent."""
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("BDNNC_SHARED_DATA") or root.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("the shared data sets are not here")
    return folder


@pytest.fixture
def loaded(build: Build) -> Callable[..., Any]:
    """Writes, reads and prepares: ``loaded(text, target, **block)``."""
    return lambda *args, **rest: load(build.spec(*args, **rest))
