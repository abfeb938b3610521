"""The Program prints as text and parses back to an equal Program, bit for bit."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from hypothesis import given

from bdnnc.ir.equality import equal
from bdnnc.ir.program import (
    Clause,
    Cost,
    Implication,
    LayerClass,
    Link,
    PreActivation,
    Premise,
    Product,
    Program,
    Rows,
    Summand,
    Variable,
)
from bdnnc.ir.program_parse import parse_program
from bdnnc.ir.program_text import program_text
from bdnnc.ir.verify import verify
from tests.ir.programs import everything, programs

KINDS = (Variable, Link, Summand, Rows, Product, PreActivation, Implication, Premise, Clause, Cost, LayerClass, Program)
HERE = Path(__file__).parent


def test_the_text_is_as_expected(golden) -> None:
    golden(program_text(everything()), HERE / "everything.txt")


def test_every_family_and_option_comes_back() -> None:
    program = everything()
    verify(program)
    assert equal(parse_program(program_text(program)), program) is None


@given(programs())
def test_any_program_comes_back(program) -> None:
    verify(program)
    text = program_text(program)
    read = parse_program(text)
    assert equal(read, program) is None
    assert program_text(read) == text
    verify(read)


def test_every_line_of_a_family_names_its_statement() -> None:
    text = program_text(everything()).split("\ndata\n")[0]
    families = [line for line in text.splitlines() if line.split()[0] not in {"program", "class", "not"}]
    assert len(families) > 30
    assert all(line.rstrip().rpartition("@")[2].isdecimal() for line in families)


def test_text_with_other_line_ends_is_read() -> None:
    text = program_text(everything()).replace("\n", "\r\n")
    assert equal(parse_program(text), everything()) is None


def test_no_field_is_left_out() -> None:
    """A new field needs a place in the text: print it, read it, and write it down here."""
    assert {kind.__name__: " ".join(field.name for field in fields(kind)) for kind in KINDS} == {
        "Variable": "symbol layer axes lower upper integral statement shape index",
        "Link": "target digit origin owner value choose_one statement present",
        "Summand": "block row member value",
        "Rows": "kind layer axes naming summands lower upper statement note",
        "Product": "layer inputs entry_input lower upper statement",
        "PreActivation": "layer below entry_unit entry_input X offset fixed slope shift bias low high statement",
        "Implication": (
            "kind layer trigger value sense literal pattern unit threshold axes naming statement other summands also"
        ),
        "Premise": "block value literal",
        "Clause": "ones zeros",
        "Cost": "block coefficient",
        "LayerClass": "layer exact margin reason bias tolerance",
        "Program": (
            "name patterns variables links preactivations products implications rows costs constant sense goal_text "
            "goal_statement objective_step objective_offset classes statements clauses"
        ),
    }
