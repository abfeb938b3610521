"""Files: dialects, what is refused, and how it is said."""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bdnnc.data
from bdnnc.data.dialect import sniff
from bdnnc.data.load import load
from bdnnc.data.reading import FileRequest, read_table
from bdnnc.diagnostics.catalogue import CATALOGUE


def table(dataset: Any) -> list[list[Fraction]]:
    X = dataset.train.X
    return [[X.fraction(i, j) for j in range(X.shape[1])] for i in range(X.shape[0])]


# --- dialect --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", [True, False])
def test_the_dialect_is_found_and_noted(loaded: Callable[..., Any], delimiter: str, header: bool) -> None:
    lines = [["a", "b", "kind"]] * header + [["1", "2.5", "0"], ["3", "4", "1"]]
    dataset = loaded("\n".join(delimiter.join(line) for line in lines), 2)
    assert table(dataset) == [[1, Fraction(5, 2)], [3, 4]]
    assert (dataset.origin.delimiter, dataset.origin.header) == (delimiter, header)
    name = "TAB" if delimiter == "\t" else delimiter
    assert dataset.notes[0] == (f"`data.csv`: delimiter `{name}`, {'a header' if header else 'no header'}, 2 rows, 3 columns")


@pytest.mark.parametrize(
    ("text", "delimiter", "header"),
    [
        ("1,5;2;0\n2,5;3;1\n", ";", False),  # decimal commas do not cut rows into equally many numbers
        ("1;a,b,c\n2;d,e,f\n", ";", False),  # fewer cells, but more of them numbers
        ("name;x\n'a,b';1\nc;2\n", ";", True),
        ('"a;b",2\n"c;d",3\n', ",", False),
        ("a,b\n1,x\n2,y\n", ",", True),
        ("1,x\n2,y\n", ",", False),
        ("red,x\nred,y\n", ",", False),  # a name does not come back in its column
        ("colour,kind\nred,x\nblue,y\n", ",", True),
        ("?,a\n1,b\n", ",", False),  # a header has no missing cells
        (",a,kind\n0,1,x\n1,2,y\n", ",", True),  # but may leave the name of an index empty
        ("2015,2016,kind\n1,2,a\n", ",", False),  # numbers are data until `header yes`
    ],
)
def test_sniffing(text: str, delimiter: str, header: bool) -> None:
    found = sniff(text)
    assert (found.delimiter, found.header) == (delimiter, header)


def test_delimiter_and_header_can_be_given(build: Any) -> None:
    source = build.write("2015 2016 kind\n1 2 0\n3 4 1\n")
    source = build.source(source.path, delimiter=" ", header=True)
    dataset = load(build.spec(source, "kind"))
    assert [given.name for given in dataset.inputs] == ["2015", "2016"]
    assert table(dataset) == [[1, 2], [3, 4]]


def test_a_given_header_no_keeps_the_first_row(build: Any) -> None:
    source = build.source(build.write("1,a\n2,b\n").path, header=False)
    assert load(build.spec(source, 1)).train.X.shape == (2, 1)


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_a_delimiter_is_one_character(build: Any, refused: Any, pointed: Any, delimiter: str) -> None:
    source = build.source(build.write("1,0\n2,1\n").path, delimiter=delimiter)
    [found] = refused(lambda: load(build.spec(source, 1)), "E231")
    assert pointed(found) == "delimiter"


def test_tsv_is_cut_at_tabs_only(build: Any) -> None:
    source = build.write("a\tkind\n1\tx,y,z\n2\tu,v,w\n", "data.tsv")
    dataset = load(build.spec(source, "kind"))
    assert dataset.classes == ("u,v,w", "x,y,z")


def test_byte_order_mark_crlf_quotes_blanks_and_blank_lines(loaded: Callable[..., Any]) -> None:
    dataset = loaded(b'\xef\xbb\xbf"a","the ""b""",kind\r\n\r\n"1", +2 ,x\r\n 3,"4", y\r\n\r\n', "kind")
    assert [given.name for given in dataset.inputs] == ["a", 'the "b"']
    assert table(dataset) == [[1, 2], [3, 4]]
    assert dataset.classes == ("x", "y")
    assert dataset.train.rows.tolist() == [0, 1]


def test_old_line_ends_and_no_last_line_end(loaded: Callable[..., Any]) -> None:
    assert table(loaded("1,0\r2,1\r3,1", 1)) == [[1], [2], [3]]


def test_line_numbers_count_quoted_line_breaks_and_blank_lines(build: Any, refused: Any) -> None:
    text = 'a,kind\n\n1,"two\nlines"\nbad,x\n'
    [found] = refused(lambda: load(build.spec(text, "kind")), "E219")
    assert found.notes == ("column `a`: `bad` at line 5",)


# --- contents that are refused --------------------------------------------------------------------------------------


def test_columns_are_listed_without_target(build: Any, refused: Any, pointed: Any) -> None:
    [found] = refused(lambda: load(build.spec("age,bmi,sick\n1,2,0\n3,4,1\n")), "E215")
    assert found.notes == ("columns: 0 `age`, 1 `bmi`, 2 `sick`",)
    assert pointed(found) == "source"
    [found] = refused(lambda: load(build.spec("1,2,0\n3,4,1\n")), "E215")
    assert found.notes == ("columns 0..2, without names",)


@pytest.mark.parametrize("content", ["", "\n\n", "  \n", b"\xef\xbb\xbf", '""\n', "a,b,kind\n"])
def test_nothing_to_read(build: Any, refused: Any, content: str | bytes) -> None:
    refused(lambda: load(build.spec(content, 1)), "E212")


def test_ragged_rows_are_counted(build: Any, refused: Any) -> None:
    text = "a,b\n" + "1,2\n" * 3 + "1\n1,2,3\n"
    [found] = refused(lambda: load(build.spec(text, "b")), "E213")
    assert found.message == "the rows of `data.csv` differ in length: line 1 has 2 cells, line 5 has 1, line 6 has 3"
    many = "1,2\n" + "1,2,3\n" * 9
    source = build.source(build.write(many).path, delimiter=",")
    [found] = refused(lambda: load(build.spec(source, 1)), "E213")
    assert found.message.endswith("line 6 has 3 and 4 more lines do not")


def test_an_open_quote(build: Any, refused: Any) -> None:
    [found] = refused(lambda: load(build.spec('1,0\n2,"1\n3,1\n', 1)), "E214")
    assert "in the record at line 2" in found.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"1,0\n2,\xe9\n", "line 2 holds the byte 0xe9 (byte 6)"),
        (b"\xef\xbb\xbf1,0\n2,\xe9\n", "line 2 holds the byte 0xe9 (byte 9)"),
        (b"1,0\n2,1\0\n", "line 2 holds a NUL byte (byte 7)"),
        ("1,0\n2,1\n".encode("utf-16"), "UTF-16, not UTF-8"),
    ],
)
def test_what_is_not_utf8(build: Any, refused: Any, content: bytes, said: str) -> None:
    [found] = refused(lambda: load(build.spec(content, 1)), "E211")
    assert said in found.message


def test_text_and_range_and_missing_are_found_together(build: Any, refused: Any) -> None:
    text = "a,b,c,kind\n1,red,inf,x\n?,blue,1e99999999,y\n3,4,5,\n"
    missing, words, beyond = refused(lambda: load(build.spec(text, "kind")), "E218", "E219", "E220")
    assert missing.message == "2 rows of `data.csv` have missing values"
    assert missing.notes == ("in column `a`: line 3", "in column `kind`: line 4")
    assert "missing drop" in missing.help
    assert words.message == "column `b` of `data.csv` holds text, not numbers"
    assert words.notes == ("column `b`: `red` at line 2 and 1 more",)
    assert words.help.endswith('`encode ["b"] onehot`')
    assert beyond.notes == ("column `c`: `inf` at line 2 and 1 more",)


@pytest.mark.parametrize("mark", ["", "?", "NA", "nan", "NaN", "na", " ", " ? "])
def test_missing_values_are_dropped_when_asked(loaded: Callable[..., Any], mark: str) -> None:
    dataset = loaded(f"a,b,kind\n1,2,x\n{mark},word,y\n5,6,y\n7,8,{mark}\n", "kind", missing="drop")
    assert dataset.train.rows.tolist() == [0, 2]
    assert table(dataset) == [[1, 2], [5, 6]]
    assert "`data.csv`: 2 rows with missing values dropped" in dataset.notes


def test_columns_that_are_not_chosen_may_hold_anything(loaded: Callable[..., Any]) -> None:
    dataset = loaded("id,a,kind\n?,1,x\nword,2,y\n", "kind", features=["a"])
    assert table(dataset) == [[1], [2]]


def test_every_row_missing(build: Any, refused: Any) -> None:
    refused(lambda: load(build.spec("a,kind\n?,1\n?,2\n", "kind", missing="drop")), "E230")


# --- files that are refused -----------------------------------------------------------------------------------------


def test_a_missing_file_offers_its_neighbour(build: Any, refused: Any, pointed: Any) -> None:
    build.write("1,0\n2,1\n", "cancer.csv")
    [found] = refused(lambda: load(build.spec(build.source(build.folder / "cancr.csv"), 1)), "E620")
    assert (found.help, pointed(found)) == ("did you mean `cancer.csv`?", "source")
    refused(lambda: load(build.spec(build.source(build.folder / "no" / "such.csv"), 1)), "E620")


def test_a_directory_and_a_pipe(build: Any, refused: Any) -> None:
    (build.folder / "folder.csv").mkdir()
    [found] = refused(lambda: load(build.spec(build.source(build.folder / "folder.csv"), 1)), "E621")
    assert found.message == "`folder.csv` is a directory, not a file"
    if hasattr(os, "mkfifo"):
        os.mkfifo(build.folder / "pipe.csv")
        refused(lambda: load(build.spec(build.source(build.folder / "pipe.csv"), 1)), "E621")


def test_an_unreadable_file(build: Any, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    source = build.write("1,0\n2,1\n")

    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    [found] = refused(lambda: load(build.spec(source, 1)), "E621")
    assert found.message == "`data.csv` can't be read: permission denied"


def test_a_path_with_a_nul(build: Any, refused: Any) -> None:
    refused(lambda: load(build.spec(build.source(build.folder / "a\0.csv"), 1)), "E621")


def test_an_unknown_suffix_needs_a_delimiter(build: Any, refused: Any) -> None:
    source = build.write("1,0\n2,1\n", "data.dat")
    [found] = refused(lambda: load(build.spec(source, 1)), "E210")
    assert "`.npz`" in found.help
    assert load(build.spec(build.source(source.path, delimiter=","), 1)).train.X.shape == (2, 1)


# --- npz and parquet ------------------------------------------------------------------------------------------------


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_npz_reads_x_and_y(build: Any) -> None:
    content = npz(X=np.array([[0.1, 2], [3, 1e-5]]), y=np.array(["b", "a"]))
    dataset = load(build.spec(build.write(content, "data.npz")))
    assert table(dataset) == [[Fraction(1, 10), 2], [3, Fraction(1, 100000)]]
    assert dataset.classes == ("a", "b")
    assert [given.name for given in dataset.inputs] == ["x0", "x1"]
    assert (dataset.origin.target_name, dataset.origin.target_column, dataset.origin.delimiter) == ("y", 2, None)


def test_npz_missing_labels_and_features_by_index(build: Any) -> None:
    content = npz(X=np.array([[1, np.nan, 3], [4, 5, 6], [7, 8, 9.0]]), y=np.array([1.0, 2.0, 1.0]))
    dataset = load(build.spec(build.write(content, "data.npz"), features=[2, 1], missing="drop"))
    assert table(dataset) == [[6, 5], [9, 8]]
    assert dataset.classes == ("1", "2")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (npz(y=np.arange(3)), "E229"),
        (npz(X=np.ones((3, 2))), "E229"),
        (npz(X=np.ones(3), y=np.arange(3)), "E229"),
        (npz(X=np.ones((3, 2)), y=np.arange(4)), "E229"),
        (npz(X=np.ones((0, 2)), y=np.arange(0)), "E212"),
        (npz(X=np.array([[1, "a"], [None, 2]], dtype=object), y=np.arange(2)), "E214"),
        (npz(X=np.array([[1.0], [np.inf]]), y=np.arange(2)), "E220"),
        (b"not a zip", "E214"),
        (b"", "E214"),
        (npz(X=np.ones((3, 2)), y=np.arange(3))[:-40], "E214"),
    ],
)
def test_npz_that_are_refused(build: Any, refused: Any, content: bytes, code: str) -> None:
    refused(lambda: load(build.spec(build.write(content, "data.npz"))), code)


def test_a_single_array_is_no_npz(build: Any, refused: Any) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.ones((3, 2)))
    refused(lambda: load(build.spec(build.write(buffer.getvalue(), "data.npz"))), "E214")


@pytest.mark.parametrize(
    "header", [b"", b"{'descr': (((", b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", b"\xff\n"]
)
def test_npz_with_a_broken_array_header(build: Any, refused: Any, header: bytes) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("X.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    refused(lambda: load(build.spec(build.write(buffer.getvalue(), "data.npz"))), "E214")


def test_npz_whose_array_claims_more_memory_than_there_is(build: Any, refused: Any) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 1000), }\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("X.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    refused(lambda: load(build.spec(build.write(buffer.getvalue(), "data.npz"))), "E214")


def test_settings_of_text_do_not_apply_to_npz(build: Any, refused: Any, pointed: Any) -> None:
    content = npz(X=np.ones((2, 1)), y=np.arange(2))
    path = build.write(content, "data.npz").path
    [found] = refused(lambda: load(build.spec(build.source(path), "y")), "E226")
    assert pointed(found) == "target"
    [found] = refused(lambda: load(build.spec(build.source(path, header=True))), "E226")
    assert pointed(found) == "header"


def test_parquet_without_polars(build: Any, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    [found] = refused(lambda: load(build.spec(build.write(b"PAR1", "data.parquet"), "kind")), "E622")
    assert found.help == 'pip install "bdnnc[fast]"'


def test_parquet_is_read_exactly(build: Any, refused: Any) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [1, 2, None], "b": [0.1, 2.5, 3.0], "kind": ["x", "y", "y"]})
    path = build.folder / "data.parquet"
    frame.write_parquet(path)
    dataset = load(build.spec(build.source(path), "kind", missing="drop"))
    assert table(dataset) == [[1, Fraction(1, 10)], [2, Fraction(5, 2)]]
    refused(lambda: load(build.spec(build.write(b"PAR1 or not", "other.parquet"), "kind")), "E214")
    refused(lambda: load(build.spec(build.write(path.read_bytes()[:-9], "cut.parquet"), "kind")), "E214")
    assert dataset.origin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_parquet_types(build: Any) -> None:
    polars = pytest.importorskip("polars")
    columns = {
        "short": polars.Series([0.1, 2.5, -3.0], dtype=polars.Float32),
        "small": polars.Series([1, 2, 255], dtype=polars.UInt8),
        "large": polars.Series([2**63, None, 2**64 - 1], dtype=polars.UInt64),
        "truth": [True, False, True],
        "text": polars.Series(["a", "b", "a"], dtype=polars.Categorical),
        "exact": polars.Series([Decimal("0.10"), Decimal("1.25"), Decimal("-7.00")]),
        "kind": [1.0, 2.0, 2.0],
    }
    path = build.folder / "data.parquet"
    polars.DataFrame(columns).write_parquet(path)
    dataset = load(build.spec(build.source(path), "kind", missing="drop", encodes=(build.onehot("text"),)))
    assert [given.name for given in dataset.inputs] == ["short", "small", "large", "truth", "text=a", "exact"]
    assert table(dataset) == [[Fraction(1, 10), 1, 2**63, 1, 1, Fraction(1, 10)], [-3, 255, 2**64 - 1, 1, 1, -7]]
    assert dataset.classes == ("1", "2")


def test_parquet_as_a_file_held_out(build: Any) -> None:
    polars = pytest.importorskip("polars")
    path = build.folder / "test.parquet"
    polars.DataFrame({"kind": ["y", "x"], "a": [0.25, 4.0]}).write_parquet(path)
    hold = build.hold("test", build.source(path, word="other"))
    dataset = load(build.spec("a,kind\n1,x\n2,y\n", "kind", holds=(hold,)))
    assert [dataset.test.X.fraction(row, 0) for row in (0, 1)] == [Fraction(1, 4), 4]
    assert dataset.test.y.tolist() == [1, 0]


def test_settings_of_text_do_not_apply_to_parquet(build: Any, refused: Any, pointed: Any) -> None:
    path = build.write(b"PAR1", "data.parquet").path
    [found] = refused(lambda: load(build.spec(build.source(path, delimiter=";"))), "E226")
    assert pointed(found) == "delimiter"


# --- the papers' files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "target", "shape", "patterns", "classes"),
    [
        ("breast-cancer-wisconsin", 9, (699, 9), 463, ("0", "1")),
        ("haberman", 3, (306, 3), 283, ("-1", "1")),
        ("caesarian", 5, (80, 5), 72, ("-1", "1")),
        ("cryotherapy", 6, (90, 6), 89, ("-1", "1")),
        ("Uniform_N10_m1000_0", 10, (1000, 10), 1000, ("0", "1")),
        ("default_of_credit_card_clients", 23, (30000, 23), 29944, ("0", "1")),
    ],
)
def test_data_of_the_papers(
    build: Any, shared_data: Path, name: str, target: int, shape: tuple[int, int], patterns: int, classes: tuple[str, ...]
) -> None:
    dataset = load(build.spec(build.source(shared_data / f"{name}.csv"), target))
    assert (dataset.train.X.shape, dataset.patterns.shape[0], dataset.classes) == (shape, patterns, classes)
    assert dataset.origin.header is False
    delimiter = dataset.origin.delimiter or ""
    lines = (shared_data / f"{name}.csv").read_text().splitlines()
    for row in range(0, shape[0], max(1, shape[0] // 50)):
        cells = lines[row].split(delimiter)
        assert [dataset.train.X.fraction(row, j) for j in range(shape[1])] == [Fraction(cell) for cell in cells[:target]]
        assert Fraction(dataset.classes[int(dataset.train.y[row])]) == Fraction(cells[target])


def test_a_long_cell_is_refused_and_not_cut(build: Any, refused: Any) -> None:
    request = FileRequest(build.write("1," + "9" * 200_000 + "\n2,1\n").path, "data.csv")
    [found] = refused(lambda: read_table(request), "E214")
    assert found.primary is None


def test_every_code_of_the_room_is_in_the_catalogue() -> None:
    room = Path(bdnnc.data.__file__).parent
    codes = {code for file in room.glob("*.py") for code in re.findall(r'"([EW][0-9]{3})"', file.read_text())}
    assert len(codes) > 20
    assert codes <= set(CATALOGUE)
