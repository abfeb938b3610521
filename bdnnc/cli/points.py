"""DATA on the command line: a file, a built-in set or standard input, as points for a trained network."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bdnnc.cli.common import STDIN, STDIN_NAME

if TYPE_CHECKING:
    from bdnnc.data.rows import Rows
    from bdnnc.network.document import Model


def read_data(
    model: Model, data: str, *, labelled: bool, missing: Literal["drop", "error"] = "error", keep_raw: bool = False
) -> Rows:
    """The points of ``data`` as `read_points` reads them; ``-`` is standard input.

    Raises UserError as `read_points`.
    """
    from bdnnc.stored.points import read_points

    if data != STDIN:
        return read_points(model, data, labelled=labelled, missing=missing, keep_raw=keep_raw)
    with tempfile.TemporaryDirectory(prefix="bdnnc-") as folder:
        path = Path(folder, "stdin.csv")
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        return read_points(model, str(path), labelled=labelled, missing=missing, keep_raw=keep_raw, name=STDIN_NAME)
