"""The strategies by name."""

from __future__ import annotations

from collections.abc import Mapping

from bdnnc.formulation.plan import follows
from bdnnc.training.adaptive import solve_adaptively
from bdnnc.training.exact import solve_exactly
from bdnnc.training.local_search import search_locally
from bdnnc.training.outcome import StageOutcome
from bdnnc.training.search import search_stochastically
from bdnnc.training.split.method import train_by_splitting
from bdnnc.training.work import Method, Work

PLAIN: Mapping[str, Method] = {
    "exact": solve_exactly,
    "local_search": search_locally,
    "split": train_by_splitting,
    "search": search_stochastically,
}


def _chosen(name: str, plain: Method) -> Method:
    """A strategy; for files with `robust adaptive` the one that is made for them, which a `search` leaves without its proof."""

    def method(work: Work) -> StageOutcome:
        if follows(work.formulation.problem):
            return solve_adaptively(work, proves=name != "search")
        return plain(work)

    return method


METHODS: Mapping[str, Method] = {name: _chosen(name, plain) for name, plain in PLAIN.items()}
