"""The strategies by name."""

from __future__ import annotations

from collections.abc import Mapping

from bdnnc.training.exact import solve_exactly
from bdnnc.training.work import Method

METHODS: Mapping[str, Method] = {"exact": solve_exactly}
