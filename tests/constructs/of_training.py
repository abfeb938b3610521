"""The train block: options that change what a run does, not what is best."""

from __future__ import annotations

from typing import Any

import bdnnc
from bdnnc.training.settings import Request, settle
from tests.constructs.construct import PERCEPTRON, Construct, spec


def settings(name: str) -> Any:
    """What becomes of an option: the field of that name in the settings of a run."""

    def shown(compiled: bdnnc.Compiled) -> Any:
        found = settle(Request(), compiled._pipeline.model_spec.train, 0.0)
        parts = (found.limits, found.options, found)
        return next(getattr(part, name) for part in parts if hasattr(part, name))

    return shown


def option(
    name: str,
    text: str,
    other: str,
    gives: Any,
    then: Any,
    shows: Any,
    covers: tuple[str, ...] | None = None,
    method: str = "exact",
) -> Construct:
    train = f"train {method} {{ {text} }}"
    return Construct(text, covers or (f"option {name}",), spec(PERCEPTRON, more=train), text, other, gives, then, shows=shows)


def method(name: str) -> Construct:
    text = f"train {name}"
    covers = (f"method {name}",)
    return Construct(text, covers, spec(PERCEPTRON, more=text), name, "exact", name, "exact", shows=settings("method"))


ENTRIES = [
    *(method(name) for name in ("local_search", "split", "search")),
    option(
        "time_limit", "time_limit 7", "", 7, 300, settings("time_limit"), ("option time_limit", "train train", "method exact")
    ),
    option("gap", "gap 0.5", "", 0.5, None, settings("gap")),
    option("node_limit", "node_limit 3", "", 3, None, settings("node_limit")),
    option("threads", "threads 1", "", 1, None, settings("threads")),
    option("seed", "seed 3", "", 3, 0, settings("seed")),
    option("cutoff", "cutoff 2", "", 2, None, settings("cutoff")),
    option("rounds", "rounds 3", "", 3, None, settings("rounds"), method="local_search"),
    option("restarts", "restarts 3", "", 3, None, settings("restarts"), method="local_search"),
    option("moves", "moves 1000", "", 1000, None, settings("moves"), method="search"),
    option("pool", "pool 4", "", 4, None, settings("pool"), method="search"),
    option("by", "by svm", "by kmeans", "svm", "kmeans", settings("by"), method="split"),
    option("batch", "batch 2", "", 2, None, settings("batch"), method="split"),
    Construct(
        "average yes",
        ("option average",),
        spec(PERCEPTRON, data="hold validation 1", more="train split { average yes }"),
        "average yes",
        "average no",
        True,
        False,
        shows=settings("average"),
    ),
    option("batches", "batches all", "batches one", "all", "one", settings("batches"), method="split"),
    option("solver", "solver highs", "solver auto", "highs", "highs", lambda c: settings("solver")(c).name),
    option("start", 'start "model.json"', "", True, False, lambda c: str(settings("start")(c)).endswith("model.json")),
    option(
        "options",
        "options { mip_heuristic_effort 0.5 }",
        "",
        {"mip_heuristic_effort": 0.5},
        {},
        lambda c: dict(settings("extra")(c)),
        ("solver_options options",),
    ),
]
