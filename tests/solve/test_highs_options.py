"""A user's options against HiGHS's own list."""

from __future__ import annotations

import highspy
import pytest

from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.highs_options import MANAGED, check_highs_options, highs_options
from bdnnc.solve.protocol import SolveOptions, Stop

from .models import random_model


def test_the_list_is_that_of_highs() -> None:
    options = highs_options()
    names = {name for name in dir(highspy.HighsOptions()) if not name.startswith("_")}
    # the list leaves out what HiGHS calls advanced, its Python class some newer ones
    assert len(names & set(options)) > 50
    assert (options["mip_rel_gap"].low, options["mip_rel_gap"].kind) == (0, "double")
    assert options["presolve"].choices == ("off", "choose", "on")
    assert options["mip_detect_symmetry"].kind == "bool"
    assert set(MANAGED) <= set(options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("presolve", "off"),
        ("mip_heuristic_effort", 0.2),
        ("mip_heuristic_effort", 1),
        ("mip_heuristic_effort", "0.2"),
        ("mip_detect_symmetry", False),
        ("mip_detect_symmetry", "off"),
        ("mip_detect_symmetry", 0.0),
        ("simplex_strategy", 1.0),
        ("log_file", "a log.txt"),
    ],
)
def test_good_options_pass_and_highs_takes_them(name: str, value: object) -> None:
    assert check_highs_options({name: value}) == []
    if name != "log_file":
        options = SolveOptions(extra={name: value})  # pyright: ignore[reportArgumentType]
        assert HighsSolver(isolated=False).solve(random_model(0), options).stop is Stop.OPTIMAL


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("solve_relaxation", True, ["not an option"]),
        ("presolv", "off", ["`presolve`", "not an option"]),
        ("qqqqqq", 1, ["`qqqqqq` is not an option that HiGHS documents"]),
        ("presolve", "sometimes", ["`off`", "`choose`", "`on`", "`sometimes`"]),
        ("presolve", 1, ["one of", "`1`"]),
        ("mip_heuristic_effort", "lots", ["a number", "`lots`"]),
        ("mip_heuristic_effort", -1.0, ["from 0 to 1", "`-1.0`"]),
        ("mip_heuristic_effort", True, ["a number", "`True`"]),
        ("mip_heuristic_effort", float("nan"), ["a number"]),
        ("mip_detect_symmetry", 2, ["`true` or `false`"]),
        ("mip_pool_age_limit", 1.5, ["a whole number", "`1.5`"]),
        ("mip_pool_age_limit", -1, ["from 0 to"]),
        ("time_limit", 5, ["`time_limit`", "set by"]),
        ("mip_feasibility_tolerance", 1e-3, ["margins"]),
    ],
)
def test_bad_options_are_named_with_the_reason(name: str, value: object, words: list[str]) -> None:
    [(found, reason)] = check_highs_options({"presolve_": 0} | {name: value})[1:]
    assert found == name
    for word in words:
        assert word in reason
    assert not reason.endswith(".")
