"""The strategies by name."""

from __future__ import annotations

from collections.abc import Mapping

from bdnnc.training.exact import solve_exactly
from bdnnc.training.local_search import search_locally
from bdnnc.training.search import search_stochastically
from bdnnc.training.split.method import train_by_splitting
from bdnnc.training.work import Method

METHODS: Mapping[str, Method] = {
    "exact": solve_exactly,
    "local_search": search_locally,
    "split": train_by_splitting,
    "search": search_stochastically,
}
