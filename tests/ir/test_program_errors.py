"""What does not fit in a program's text is a user's error, at its line and column."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.diagnostics import UserError, render_concise
from bdnnc.ir.program import Program
from bdnnc.ir.program_parse import parse_program
from bdnnc.ir.program_text import program_text
from tests.ir.programs import everything

GOOD = """\
program small, 3 patterns
from "layer hidden" @0
bin  u[hidden; sample 3, unit 2] @0
var  w[hidden; unit 2, input 2] in [-1, 1] @0
def  a[hidden; unit 2] = X 0..1 #0 . w[hidden; unit, input] in [-2, 2] @0
imp  on[hidden; sample 3, unit 2]: u[hidden] = 1 => a[hidden] >= 0..5 #1 @0
row  few[hidden; unit 2]: sum(1 * u[hidden] to [0, 1, 0, 1, 0, 1]) <= 2, "at most two" @0
not  u[hidden; [0, 1]] = 1
minimize sum(1 * u[hidden]) + 0, in 0 + 1 Z, "hamming" @0
data
#0 = matrix 3 2
  0 1
  1 1
  1*2
#1 = 0 0.5 1.5 0..1 5
"""

WRONG = {
    "empty": ("", None, "1:1: error[E531]: expected `program NAME, NUMBER patterns`, found nothing"),
    "no header": ("program small,", "programme small,", "1:1: error[E531]: expected `program`, found `programme`"),
    "no count": ("3 patterns", "patterns", "1:16: error[E531]: expected an integer, found `patterns`"),
    "unknown line": ("bin  u", "bim  u", "3:1: error[E531]: expected one of `from`, `class`"),
    "unknown mark": ("in [-1, 1]", "in {-1, 1}", "4:36: error[E531]: a program has no `{` here"),
    "no statement": ("2] @0", "2]", "3:33: error[E531]: expected `@`, found the end of the line"),
    "more in the line": ('hidden" @0', 'hidden" @0 1', '2:24: error[E531]: expected the end of the line, found `1`'),
    "bad quotes": ('"layer hidden"', '"layer \\hidden"', "2:6: error[E531]: text in quotes that cannot be read"),
    "no text": ('from "layer hidden"', "from layer", "2:6: error[E531]: expected a text in quotes, found `layer`"),
    "no number": ("in [-1, 1]", "in [-1, one]", "4:41: error[E531]: expected a number, found `one`"),
    "too few": ("in [-1, 1]", "in [-1, [1, 1]]", "4:41: error[E531]: expected 4 numbers, found 2"),
    "unknown array": ("X 0..1 #0", "X 0..1 #7", "5:33: error[E531]: there is no array `#7` in the data"),
    "vector for matrix": ("X 0..1 #0", "X 0..1 #1", "5:33: error[E531]: expected a matrix, found a vector"),
    "matrix for vector": ("0..5 #1", "0..5 #0", "6:71: error[E531]: expected a vector, found a matrix"),
    "rows of a list": ("X 0..1 #0", "X [0, 1; 1]", "5:28: error[E531]: rows of different length"),
    "in a list": ("[0, 1]] = 1", "[0 1]] = 1", "8:19: error[E531]: expected `,`, `;` or `]`"),
    "unknown block": ("sum(1 * u[hidden])", "sum(1 * v[hidden])", "9:18: error[E531]: there is no block `v[hidden]`"),
    "unknown layer": ("=> a[hidden]", "=> a[other]", "6:55: error[E531]: expected `hidden`, found `other`"),
    "unknown weights": (". w[hidden", ". w[other", "5:40: error[E531]: expected `hidden`, found `other`"),
    "unclear conclusion": ("imp  on[hidden; sample 3, unit 2]", "imp  on[hidden; row 5]", "which 5 of its numbers are meant"),
    "no binary": ("= 1\nmin", "= 2\nmin", "8:26: error[E531]: a binary is 0 or 1"),
    "mixed axes": ("few[hidden; unit 2]", "few[hidden; unit 2, a at 0]", "7:32: error[E531]: either all axes have a length"),
    "how many": ("u[hidden; [0, 1]] = 1", "u[hidden; 0] = 1", "8:16: error[E531]: one number alone does not say how many"),
    "fraction for integer": ("u[hidden; [0, 1]] = 1", "u[hidden; [0, 0.5]] = 1", "8:20: error[E531]: `0.5` is no integer"),
    "wrong count of fixed": ("bin  u[hidden; sample 3, unit 2] @0", "bin  u[hidden; sample 3, unit 2], 1 fixed @0", "3:35"),
    "no goal": (GOOD.splitlines(keepends=True)[8], "", "one line `minimize` or `maximize`, not 0"),
    "matrix's size": ("matrix 3 2", "matrix 3 3", "11:5: error[E531]: a matrix of 3 rows and 3 columns has 9 numbers, not 6"),
    "array twice": ("#1 = 0", "#0 = 0", "15:2: error[E531]: array `#0` stands twice"),
    "bad number": ("0 0.5 1.5", "0 O.5 1.5", "15:8: error[E531]: `O.5` is no number"),
    "bad run": ("1*2", "x*2", "14:3: error[E531]: `x` is no number"),
    "bad range": ("0..1 5", "0..1/3 5", "15:16: error[E531]: no range leads from 0 to 1 in steps of 3"),
    "endless run": ("1*2", "1*99999999999", "14:3: error[E531]: an array of 99,999,999,999 numbers is more"),
    "loose text": ("data\n", "data\nhello\n", "11:1: error[E531]: expected an array, `#number = ..`"),
}  # fmt: skip


def test_the_good_text_is_good() -> None:
    program = parse_program(GOOD)
    assert program_text(parse_program(program_text(program))) == program_text(program)
    assert program.implications[0].threshold.tolist() == [0, 0.5, 1.5, 0, 1, 5]


@pytest.mark.parametrize("kind", WRONG)
def test_errors_are_told_where_they_are(kind: str) -> None:
    old, new, message = WRONG[kind]
    text = "" if new is None else GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises(UserError) as caught:
        parse_program(text, "small.txt")
    [found] = caught.value.diagnostics
    assert found.code == "E531"
    assert found.help is not None
    assert message in render_concise([found])


@pytest.mark.parametrize("length", range(0, 3000, 97))
def test_a_text_that_breaks_off_is_refused(length: int) -> None:
    text = program_text(everything())
    assert length < text.index("\nmaximize")
    with pytest.raises(UserError):
        parse_program(text[:length])


TOKENS = re.findall(r'"(?:[^"\\]|\\.)*"|[\w.]+|\s+|.', program_text(everything()), re.ASCII)


@given(
    st.integers(0, len(TOKENS) - 1), st.sampled_from([[], ["-1"], ["7"], ["1e9"], ["["], ["]"], ["#0"], ["x"], ["\n"], ["*"]])
)
def test_a_damaged_text_is_read_or_refused(place: int, instead: list[str]) -> None:
    text = "".join([*TOKENS[:place], *instead, *TOKENS[place + 1 :]])
    program = read_or_refused(text)
    if program is not None:
        assert program_text(parse_program(program_text(program))) == program_text(program)


def read_or_refused(text: str) -> Program | None:
    """Any error but E531 is a bug."""
    try:
        return parse_program(text)
    except UserError as error:
        if [found.code for found in error.diagnostics] != ["E531"]:
            raise
        return None
