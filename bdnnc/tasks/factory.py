"""From the flags ``--jobs`` and ``--cluster`` to the executor that they ask for."""

from __future__ import annotations

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.tasks.executor import Executor, Serial

ALL_CORES = -1
MOST_JOBS = 512
"""Processes, to catch a number that was meant for something else."""


def executor_of(jobs: int | None = None, cluster: str | None = None, seconds: float | None = None) -> Executor:
    """The executor for ``jobs`` processes of this machine (1 or None: this process alone; -1: one a core that this process may
    use), or for the Dask cluster whose scheduler listens at ``cluster`` (``tcp://host:port``), which has ``seconds`` to
    answer (None: as many as usual). Whoever asks for one closes it.

    Raises UserError: E622 (joblib or Dask is not installed), E632 (a wrong number), E648 (both), E656 (no cluster there).
    """
    check_workers(jobs, cluster)
    if cluster is not None:
        from bdnnc.tasks.cluster import Cluster

        return Cluster(cluster, seconds)
    count = _counted(1 if jobs is None else jobs)
    if count == 1:
        return Serial()
    from bdnnc.tasks.processes import Processes

    return Processes(count)


def check_workers(jobs: object, cluster: str | None) -> None:
    """Raises UserError for what is wrong with the flags themselves: E632 (a wrong number), E648 (both), E656 (no address)."""
    if jobs is not None and cluster is not None:
        help = "`--jobs` is for processes of this machine, `--cluster` for workers that a Dask scheduler knows"
        raise UserError(Diagnostic("E648", "`--jobs` and `--cluster` exclude each other", help=help))
    is_count = isinstance(jobs, int) and not isinstance(jobs, bool) and (jobs == ALL_CORES or 1 <= jobs <= MOST_JOBS)
    if jobs is not None and not is_count:
        message = f"`jobs` is an integer from 1 to {MOST_JOBS}, or -1 for all cores, not {jobs}"
        raise UserError(Diagnostic("E632", message))
    if cluster is not None:
        from bdnnc.tasks.cluster import check_address

        check_address(cluster)


def _counted(jobs: int) -> int:
    """A number of processes."""
    if jobs != ALL_CORES:
        return jobs
    from bdnnc.tasks.processes import cores

    return cores()
