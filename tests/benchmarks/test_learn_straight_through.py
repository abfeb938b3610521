"""The straight-through network is a fair peer: its gradients are right where they can be, and it learns."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
import straight_through_torch
from learn_data import Points, UnavailableError
from straight_through import Adam, BinarizedNetwork, begin, train


def points(classes: int, count: int = 90) -> Points:
    random = np.random.default_rng(2)
    y = np.arange(count) % classes
    return Points(np.eye(classes)[y] * 3 + random.uniform(-1, 1, (count, classes)), y.astype(np.int64))


@pytest.fixture(params=["numpy", "torch"])
def trained(request: pytest.FixtureRequest) -> Callable[..., BinarizedNetwork]:
    if request.param == "numpy":
        return train
    pytest.importorskip("torch")
    return straight_through_torch.train


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("widths", [(30,), (20, 20)])
@pytest.mark.parametrize("most", [1, 3])
def test_it_learns_separable_points(
    trained: Callable[..., BinarizedNetwork], classes: int, widths: tuple[int, ...], most: int
) -> None:
    data = points(classes)
    network = trained(data, data, widths, most, seconds=60.0, epochs=100)
    assert np.mean(network.predict(data.X) == data.y) >= 0.97
    assert all(set(np.unique(table)) <= set(range(-most, most + 1)) for table in network.weights)


def test_torch_trains_the_same_network() -> None:
    """Its gradients, norms and Adam are not ours, its random numbers are: epoch after epoch the two are one network."""
    pytest.importorskip("torch")
    data = points(3)
    ours, theirs = (fit(data, data, (8, 6), epochs=3, seed=1) for fit in (train, straight_through_torch.train))
    assert all(np.array_equal(a, b) for a, b in zip(ours.weights, theirs.weights, strict=True))
    assert all(np.allclose(a, b) for a, b in zip(ours.biases, theirs.biases, strict=True))


def test_torch_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UnavailableError, match="pip install torch"):
        straight_through_torch.train(points(2), points(2), (4,))


def test_its_weights_are_those_of_the_set() -> None:
    data = points(3)
    for most in (1, 3):
        network = train(data, data, (5, 4), most, epochs=3)
        assert [table.shape for table in network.weights] == [(5, 3), (4, 5), (3, 4)]
        assert all(set(np.unique(table)) <= set(range(-most, most + 1)) for table in network.weights)


def test_two_classes_have_one_output() -> None:
    network = train(points(2), points(2), (4,), epochs=2)
    assert network.weights[-1].shape == (1, 4)
    assert network.scores(points(2).X).shape == (90, 2)


def test_the_same_seed_gives_the_same_network() -> None:
    data = points(2)
    first, second = (train(data, data, (4,), epochs=5, seed=7) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.weights, second.weights, strict=True))


def test_gradients_of_the_last_layer_are_differences() -> None:
    """Shifts of the scores and the temperature pass no step and no rounding: there the gradient is a true one."""
    data, classes = points(3, 30), 3
    trainer = begin([3, 5, 3], 1, np.random.default_rng(0))

    def loss() -> float:
        network = trainer.network(data.X)
        scores = np.exp(trainer.temperature[0]) * network.scores(data.X) / trainer.scale_of_scores
        chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return float(-np.log(chances[np.arange(30), data.y]).mean())

    gradients = trainer.gradients(data.X, data.y, classes)
    for values, gradient in ((trainer.shifts[-1], gradients[3]), (trainer.temperature, gradients[4])):
        for place in range(len(values)):
            values[place] += 1e-5
            above = loss()
            values[place] -= 2e-5
            below = loss()
            values[place] += 1e-5
            assert gradient[place] == pytest.approx((above - below) / 2e-5, abs=1e-6)


def test_units_are_active_from_zero_on() -> None:
    network = BinarizedNetwork((np.array([[1.0]]), np.array([[1.0]])), (np.array([-2.0]), np.array([-0.5])))
    assert network.predict(np.array([[1.0], [2.0], [3.0]])).tolist() == [0, 1, 1]


def test_adam_goes_downhill() -> None:
    place = np.array([3.0])
    adam = Adam([place])
    for _ in range(400):
        adam.step([2 * place], 0.05)
    assert abs(place[0]) < 0.1
