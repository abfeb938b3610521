"""The data block."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.constructs.construct import FAR, LEVELS, PERCEPTRON, TERNARY, XOR, Construct, spec, values

LEAK = "a,b,c,y\n0,0,0,n\n0,1,1,p\n1,0,1,p\n1,1,0,n\n"
"""XOR, and a column that says it."""

TWO_TARGETS = "a,b,z,y\n0,0,n,n\n0,1,n,p\n1,0,n,p\n1,1,p,n\n"
"""XOR in y, AND in z."""

WIDE_BIAS = f"layer output: 1 step unit {TERNARY} bias auto"

TEN = "x,y\n" + "".join(f"0,{label}\n" for label in "nppppnnnnn")
"""Ten equal points, six n and four p."""

THREE = "x,y\n0,l\n1,m\n2,l\n3,r\n"
"""Without the r, one error; without the m none."""


def xor_npz(path: Path) -> None:
    np.savez(path, X=np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), y=np.array(["n", "p", "p", "n"]))


def xor_parquet(path: Path) -> None:
    polars = pytest.importorskip("polars")
    polars.DataFrame({"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "y": ["n", "p", "p", "n"]}).write_parquet(path)


def picked(take: str, other: str, gives: int, then: int, covers: tuple[str, ...], points: str = TEN) -> Construct:
    return Construct(take, covers, spec(PERCEPTRON, data=take), take, other, values(gives), values(then), points=points)


ENTRIES = [
    # --- sources ------------------------------------------------------------------------------------------------------
    Construct(
        "a file of values with commas",
        ("from_file from", "source .csv", "target target"),
        spec(PERCEPTRON, data="features 0..1", source='from "points.csv" target "y"'),
        'target "y"',
        'target "z"',
        values(1),
        values(0),
        points=TWO_TARGETS,
    ),
    Construct(
        "a file of values with tabs",
        ("source .tsv",),
        spec(PERCEPTRON, source='from "points.tsv" target "y"'),
        "points.tsv",
        "points.csv",
        values(0),
        values(1),
        files={"points.tsv": "a\tb\ty\n0\t0\tn\n0\t1\tp\n1\t0\tp\n1\t1\tp\n"},
    ),
    Construct(
        "a file of arrays",
        ("source .npz",),
        spec(PERCEPTRON, source='from "xor.npz"'),
        'from "xor.npz"',
        'from "points.csv" target "y"',
        values(1),
        values(0),
        points="x,y\n1,n\n2,p\n",
        files={"xor.npz": xor_npz},
    ),
    Construct(
        "a file of columns",
        ("source .parquet",),
        spec(PERCEPTRON, source='from "xor.parquet" target "y"'),
        "xor.parquet",
        "points.csv",
        values(1),
        values(0),
        points="x,y\n1,n\n2,p\n",
        files={"xor.parquet": xor_parquet},
    ),
    Construct(
        "a built-in set",
        ("from_builtin from", "library sklearn"),
        spec("layer output: classes step units", source='from sklearn("iris")'),
        'sklearn("iris")',
        'sklearn("wine")',
        (150, 4),
        (178, 13),
        shows=lambda compiled: compiled.dataset.train.X.shape,
    ),
    Construct(
        "a delimiter",
        ("dialect delimiter",),
        spec(PERCEPTRON, source='from "points.csv" delimiter ":" target "y"'),
        'delimiter ":"',
        'delimiter ";"',
        values(1),
        "E216",
        points=XOR.replace(",", ":"),
    ),
    Construct(
        "a header",
        ("dialect header", "dialect yes"),
        # All numbers: without a word on it, the first line is a point.
        spec(PERCEPTRON, source='from "points.csv" header yes target 1'),
        "header yes",
        "",
        values(0),
        values(1),
        points="0,7\n0,8\n0,8\n1,7\n",
    ),
    Construct(
        "no header",
        ("dialect no",),
        spec(PERCEPTRON, source='from "points.csv" header no target 1'),
        "header no",
        "header yes",
        values(1),
        values(0),
        points="0,7\n0,8\n0,8\n1,7\n",
    ),
    # --- columns ------------------------------------------------------------------------------------------------------
    Construct(
        "some features",
        ("features features", "column .."),
        spec(PERCEPTRON, data="features 0..1"),
        "features 0..1",
        "features 0..2",
        values(1),
        values(0),
        points=LEAK,
    ),
    Construct(
        "all features",
        ("features all",),
        spec(PERCEPTRON, data="features all"),
        "features all",
        'features ["a", "b"]',
        values(0),
        values(1),
        points=LEAK,
    ),
    Construct(
        "one input a category",
        ("encode encode", "encode onehot"),
        spec(PERCEPTRON, data='encode ["x"] onehot'),
        'encode ["x"] onehot',
        "",
        values(0),
        values(1),
        points=LEVELS,
    ),
    Construct(
        "one input a level",
        ("encode thermometer",),
        spec(PERCEPTRON, data='encode ["x"] thermometer(2)'),
        "thermometer(2)",
        "thermometer(1)",
        values(0),
        values(1),
        points=LEVELS,
    ),
    Construct(
        "missing values dropped",
        ("missing missing", "missing drop", "missing error"),
        spec(PERCEPTRON, data="missing drop"),
        "missing drop",
        "missing error",
        values(1),
        "E218",
        points=XOR + "?,0,p\n",
    ),
    # --- scales -------------------------------------------------------------------------------------------------------
    Construct(
        "minmax",
        ("scale scale", "scale minmax"),
        spec(PERCEPTRON, data="scale minmax(0, 1)"),
        "scale minmax(0, 1)",
        "",
        values(0),
        values(1),
        points=FAR,
    ),
    Construct(
        "standard",
        ("scale standard",),
        spec(PERCEPTRON, data="scale standard"),
        "scale standard",
        "",
        values(0),
        values(1),
        points=FAR,
    ),
    Construct(
        "no scale",
        ("scale none",),
        spec(PERCEPTRON, data="scale none"),
        "scale none",
        "scale minmax(0, 1)",
        values(1),
        values(0),
        points=FAR,
    ),
    Construct(
        "binarize",
        ("scale binarize",),
        spec(PERCEPTRON, data="scale binarize(7)"),
        "scale binarize(7)",
        "scale binarize(2)",
        values(0),
        values(1),
        points=FAR,
    ),
    Construct(
        "signed",
        ("scale signed",),
        spec(f"layer output: 1 step unit {TERNARY} bias none", data="scale binarize(7) signed"),
        " signed",
        "",
        values(0),
        values(1),
        points=FAR,
    ),
    Construct(
        "round",
        ("scale round",),
        # 0.4 becomes 0.
        spec(WIDE_BIAS, data="scale minmax(0, 1) round 0"),
        " round 0",
        " round 1",
        values(1),
        values(0),
        points="x,y\n0,n\n4,p\n10,p\n",
    ),
    # --- points -------------------------------------------------------------------------------------------------------
    picked("take 4 stratified", "take all", 2, 4, ("take take",)),
    picked("take all", "take 5 stratified", 4, 2, ("take all",)),
    # The first five by rank, and the first three and two of their classes.
    picked("take 5 stratified seed 1", "take 5 seed 1", 2, 1, ("take stratified",)),
    picked("take 5 seed 1", "take 5 seed 2", 1, 2, ("seed seed",)),
    Construct(
        "classes to keep",
        ("keep keep", "keep classes"),
        spec(PERCEPTRON, data='keep classes ["l", "r"]'),
        '"r"',
        '"m"',
        values(0),
        values(1),
        points=THREE,
    ),
    picked("hold test 4 stratified", "", 2, 4, ("hold hold", "hold test", "hold stratified")),
    picked("hold validation 6 stratified", "", 2, 4, ("hold validation",)),
    Construct(
        "points of another file",
        ("hold_file from",),
        spec(PERCEPTRON, data='hold test from "more.csv"'),
        'from "more.csv"',
        "1",
        (4, 3),
        (3, 1),
        files={"more.csv": "a,b,y\n0,0,n\n0,1,p\n1,0,p\n"},
        shows=lambda compiled: (len(compiled.dataset.train.y), len(compiled.dataset.test.y)),
    ),
    Construct(
        "the language",
        ("language language",),
        "language 1\n" + spec(PERCEPTRON),
        "language 1",
        "language 2",
        values(1),
        "E121",
    ),
]
