"""Flags of the verbs that do much work: who does it, and where it is noted down."""

from __future__ import annotations

from typing import Annotated

import typer

Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="N", help="Processes of this machine; -1: one a core.", show_default=False)
]
ClusterAddress = Annotated[
    str | None,
    typer.Option("--cluster", metavar="ADDRESS", help="A Dask scheduler, tcp://host:port.", show_default=False),
]
EventsPath = Annotated[
    str | None, typer.Option("--events", metavar="FILE.jsonl", help="Where each event is noted.", show_default=False)
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from what an earlier run has noted and saved.")]
