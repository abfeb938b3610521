"""What the compiler makes of the examples is valid, before and after the passes, and comes back from its text."""

from __future__ import annotations

from pathlib import Path

import pytest

import bdnnc
from bdnnc.formulation.formulate import formulate
from bdnnc.ir.equality import equal
from bdnnc.ir.problem_text import problem_text
from bdnnc.ir.program_parse import parse_program
from bdnnc.ir.program_text import program_text
from bdnnc.ir.verify import verify

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.bdnn"))


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda path: path.stem)
def test_examples_come_back_from_their_text(spec: Path) -> None:
    compiled = bdnnc.compile(spec)
    for program in (formulate(compiled.problem).program, compiled.program):
        verify(program)
        assert equal(parse_program(program_text(program)), program) is None


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda path: path.stem)
def test_the_problem_names_all_its_statements(spec: Path) -> None:
    problem = bdnnc.compile(spec).problem
    told = [line.rpartition("@")[2] for line in problem_text(problem).splitlines() if "  @" in line]
    assert told == [str(number) for number in range(len(problem.statements))]


DATA = 'data { from sklearn("iris")\n features [0, 2]\n scale minmax(0, 1) round 1\n take 12 stratified seed 1 }\n'
OUTPUT = "3 step units weights in {-1, 0, 1}"
CONSTRUCTS = {
    "interval": ("2 step units", OUTPUT, "minimize hamming"),
    "members": ("2 step units weights in {1, 2, 5} bias in [-2, 2]", OUTPUT, "minimize hamming"),
    "bits": ("2 sign units weights in bits(2) bias none", "3 sign units", "minimize zero_one"),
    "scaled": ("2 step units weights in scaled {-1, 1} by [0.01, 10]", OUTPUT, "minimize hamming"),
    "sparse": ("2 step(3) units weights in {1, 2, 5} powers 2", OUTPUT, "minimize hamming subject to { fan_in(hidden) <= 1 }"),
    "sparse bits": ("2 step units weights in bits(2)", OUTPUT, "minimize hamming + 0.1 * features_used"),
    "shared bias": ("2 step units weights in fixed(2) bias shared in {-3..3}", OUTPUT, "minimize errors"),
    "hinge": ("2 step units weights in {-1, 0, 1}", "3 linear units weights in [-1, 1]", "minimize hinge(1)"),
    "norms": (
        "2 step units weights in {-1, 0, 1}",
        OUTPUT,
        "minimize hamming + 0.1 * l2(weights) then minimize linf(hidden.bias)",
    ),
    "margins": ("2 step units bias in [-1, 1]", OUTPUT, "maximize margins subject to { errors <= 3 }"),
    "monotone": ("2 step units", OUTPUT, 'minimize hamming subject to { monotone increasing in 0 for class "setosa" }'),
    "singles": ("2 step units", OUTPUT, "minimize hamming subject to { hidden.weights[*, 0] <= 0.5 hidden.bias[1] >= 0 }"),
}


@pytest.mark.parametrize("kind", CONSTRUCTS)
def test_every_construct_comes_back_from_its_text(kind: str) -> None:
    hidden, output, goal = CONSTRUCTS[kind]
    compiled = bdnnc.compile(f"{DATA}network {{ layer hidden: {hidden}\n layer output: {output} }}\n{goal}\n")
    for program in (formulate(compiled.problem).program, compiled.program):
        verify(program)
        assert equal(parse_program(program_text(program)), program) is None
