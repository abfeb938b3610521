"""Fenced blocks of a page, and what each kind of them promises.

    ```sh            runs in bash with exit code 0; `sh exit 2`: with that code
    ```python        runs in the page's one namespace
    ```bdnn          with a first line `# NAME.bdnn` it is written to that file and passes `bdnnc check`; without one it parses
    ```bdnn E203     what `bdnnc check` says of it has this code, and no other error has
    ```text output   is what the block before it prints, to the letter; `text stderr`: what it says on standard error

Anything else (`json`, `text`, `ebnf`) is only read.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bdnnc.cli.check import findings
from bdnnc.diagnostics import Source
from bdnnc.language import parse

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# ([\w-]+\.bdnn)\n")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the words behind it, its text and the line of the page where it begins."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        language, *words = match[2].split() or [""]
        yield Block(language, tuple(words), match[3], text.count("\n", 0, match.start()) + 1)


@dataclass(slots=True)
class Reader:
    """Reads a page as its reader would: all blocks in order, in one folder."""

    folder: Path
    environment: dict[str, str]
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": "__page__"})
    output: str = ""
    stderr: str = ""

    @staticmethod
    def at(folder: Path) -> Reader:
        """A reader in ``folder`` with `bdnnc` on the path, from this checkout."""
        tools = folder / ".tools"
        tools.mkdir()
        script = tools / "bdnnc"
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m bdnnc "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        (tools / "python").symlink_to(sys.executable)
        path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        python_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        return Reader(folder, {**os.environ, "PATH": path, "PYTHONPATH": python_path, "NO_COLOR": "1", "COLUMNS": "100"})

    def read(self, block: Block) -> None:
        """Raises AssertionError where the block does not do what its kind promises."""
        match block.language:
            case "sh":
                self._shell(block)
            case "python":
                self._python(block)
            case "bdnn" if block.words:
                self._refused(block)
            case "bdnn":
                self._spec(block)
            case "text" if block.words:
                said = {"output": self.output, "stderr": self.stderr}[block.words[0]]
                assert said == block.text, f"line {block.line}: this is what was said:\n{said}"
            case _:
                pass

    def _shell(self, block: Block) -> None:
        wanted = int(block.words[1]) if block.words[:1] == ("exit",) else 0
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        self.output, self.stderr = run.stdout, run.stderr
        assert run.returncode == wanted, f"line {block.line}: exit code {run.returncode}\n{run.stdout}\n{run.stderr}"

    def _python(self, block: Block) -> None:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(block.text, f"line {block.line}", "exec"), self.namespace)
        self.output, self.stderr = said.getvalue(), ""

    def _spec(self, block: Block) -> None:
        named = FILE_NAME.match(block.text)
        if named is None:
            _, found = parse(Source(f"line {block.line}", block.text))
            assert [d.message for d in found] == []
            return
        path = self.folder / named[1]
        path.write_text(block.text, encoding="utf-8")
        found, *_ = findings(str(path), None, no_data=False)
        assert [d.message for d in found] == [], f"line {block.line}"

    def _refused(self, block: Block) -> None:
        named = FILE_NAME.match(block.text)
        path = self.folder / (named[1] if named else f"line_{block.line}.bdnn")
        path.write_text(block.text, encoding="utf-8")
        found, *_ = findings(str(path), None, no_data=False)
        assert {d.code for d in found} == set(block.words), f"line {block.line}: {[d.message for d in found]}"
