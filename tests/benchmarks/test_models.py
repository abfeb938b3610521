"""The yardstick is fair: plain numpy makes the same matrix, bounds and costs as the compiler, for every model."""

from __future__ import annotations

import numpy as np
import pytest
from arrays import Model
from first_layer import FirstLayer
from models import MODELS, scaled
from regression import Regression
from scipy.sparse import csr_matrix
from scores import Scores
from sparse_layer import SparseLayer
from two_layers import TwoLayers

from bdnnc.formulation.formulate import formulate
from bdnnc.formulation.passes import run_passes
from bdnnc.milp.lower import lower

SMALL = [FirstLayer(7, 4, 3), Scores(7, 4, 3), TwoLayers(7, 4, 3, 2), SparseLayer(9, 40, 3), Regression(7, 4)]


@pytest.mark.parametrize("model", SMALL, ids=lambda model: type(model).__name__)
def test_numpy_and_the_compiler_make_the_same_model(model: Model) -> None:
    made = lower(run_passes(formulate(model.problem())).program)
    plain = model.blocks()()
    A = csr_matrix((plain.values, plain.indices, plain.indptr), shape=made.A.shape)
    assert made.A.nnz == A.nnz == model.nonzeros
    own = np.column_stack([made.A.toarray(), made.row_lower, made.row_upper]).round(9)
    hand = np.column_stack([A.toarray(), plain.row_lower, plain.row_upper]).round(9)
    assert np.array_equal(own[np.lexsort(own.T)], hand[np.lexsort(hand.T)])  # families may stand in any order
    for name in ("c", "lower", "upper", "integrality"):
        np.testing.assert_allclose(getattr(made, name), getattr(plain, name), rtol=1e-12, atol=1e-12, err_msg=name)


def test_the_compiled_matrix_is_canonical() -> None:
    for model in SMALL:
        A = lower(run_passes(formulate(model.problem())).program).A
        assert A.data.all()
        assert (np.diff(A.indices)[np.diff(np.repeat(np.arange(A.shape[0]), np.diff(A.indptr))) == 0] > 0).all()


@pytest.mark.parametrize("key", MODELS)
def test_models_are_large_enough_to_be_measured(key: str) -> None:
    for model in MODELS[key].sizes:
        assert model.nonzeros >= 2_000_000
    assert scaled(MODELS[key].sizes[0], 0.1).m == MODELS[key].sizes[0].m // 10
