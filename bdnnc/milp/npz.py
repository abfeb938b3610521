# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""The arrays of a model in one `.npz` file, and back.

Keys: ``A_data A_indices A_indptr A_shape`` (CSR), ``row_lower row_upper c lower upper integrality``, ``row_names
column_names`` (ASCII bytes) and ``about``, a JSON text with the name, the families and the objective's step and offset.
Infinite sides are +-inf.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.milp.model import ColumnFamily, MilpModel, RowFamily
from bdnnc.milp.names import Names, TextBlock
from bdnnc.milp.written import checked

_VERSION = 1
_VECTORS = ("row_lower", "row_upper", "c", "lower", "upper", "integrality")
_KEYS = {*_VECTORS, "A_data", "A_indices", "A_indptr", "A_shape", "row_names", "column_names", "about"}


def write_arrays(model: MilpModel, file: BinaryIO) -> None:
    """Writes the arrays, compressed.

    Raises InternalError for a model that breaks its invariants.
    """
    checked(model)
    about = {
        "format": "bdnnc-milp",
        "version": _VERSION,
        "name": model.name,
        "objective_step": model.objective_step,
        "objective_offset": model.objective_offset,
        "row_families": [asdict(family) for family in model.row_families],
        "column_families": [asdict(family) for family in model.column_families],
    }
    arrays: dict[str, Any] = {key: getattr(model, key) for key in _VECTORS}
    np.savez_compressed(
        file,
        A_data=model.A.data,
        A_indices=model.A.indices,
        A_indptr=model.A.indptr,
        A_shape=np.array(model.A.shape, dtype=np.int64),
        row_names=Names.of(model.row_names).bytes_array(),
        column_names=Names.of(model.column_names).bytes_array(),
        about=np.array(json.dumps(about)),
        **arrays,
    )


def read_npz(path: str | Path) -> MilpModel:
    """The model that `write_npz` wrote; ``meta`` is empty.

    Raises UserError E512 for a file that is missing or something else.
    """
    from scipy.sparse import csr_matrix

    arrays = _read(Path(path))
    about: dict[str, Any] = json.loads(str(arrays["about"]))
    if about.get("format") != "bdnnc-milp" or about.get("version") != _VERSION:
        raise _not_a_model(Path(path), "its `about` is of another format or version")
    return MilpModel(
        name=about["name"],
        A=csr_matrix((arrays["A_data"], arrays["A_indices"], arrays["A_indptr"]), shape=tuple(arrays["A_shape"].tolist())),
        row_families=tuple(RowFamily(**_tuples(family)) for family in about["row_families"]),
        column_families=tuple(ColumnFamily(**_tuples(family)) for family in about["column_families"]),
        row_names=Names([TextBlock(arrays["row_names"])]),
        column_names=Names([TextBlock(arrays["column_names"])]),
        objective_step=about["objective_step"],
        objective_offset=about["objective_offset"],
        **{key: arrays[key] for key in _VECTORS},
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays: dict[str, Any] = {key: file[key] for key in file.files}
    except OSError as error:
        raise _not_a_model(path, error.strerror or "it is no zip archive of arrays") from error
    except (ValueError, zipfile.BadZipFile) as error:
        raise _not_a_model(path, "it is no zip archive of arrays") from error
    if missing := sorted(_KEYS - set(arrays)):
        raise _not_a_model(path, f"it has no array `{missing[0]}`")
    return arrays


def _not_a_model(path: Path, reason: str) -> UserError:
    return UserError(
        Diagnostic("E512", f"`{path}` could not be read as a model: {reason}", help="`bdnnc compile SPEC -o MODEL.npz`")
    )


def _tuples(family: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples that they were."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in family.items()}
