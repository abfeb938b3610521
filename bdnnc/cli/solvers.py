"""``bdnnc solvers``: what is installed, in which version, and what it can do."""

from __future__ import annotations

import typer

from bdnnc.cli.common import Color, Colored, Formatted, Output, Quiet, face_of


def solvers(context: typer.Context, format: Formatted = Output.TEXT, quiet: Quiet = False, color: Colored = Color.AUTO) -> int:
    """List the solvers: installed or not, version, features."""
    from bdnnc.solve.registry import solvers as entries

    face = face_of(context, quiet, color)
    if format is Output.JSON:
        import json

        face.json(json.dumps({"solvers": [entry.as_dict() for entry in entries()]}, indent=2) + "\n")
        return 0
    rows = [("solver", "package", "version", "usable", "features")]
    for entry in entries():
        usable = "yes" if entry.usable else "later version" if entry.name != "highs" else "no"
        rows.append((entry.name, entry.package, entry.version or "not installed", usable, ", ".join(entry.features)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    face.result("\n".join(lines) + "\n")
    return 0
