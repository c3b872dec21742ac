"""Restarts of growing periods are found by a logarithm, which a rounding may put a whole period off."""

import pytest

from keras_optkit import CosineDecayRestartsSpec


def rate(t_mul: float, first: int, step: int) -> float:
    spec = CosineDecayRestartsSpec(initial_learning_rate=1, first_decay_steps=first, t_mul=t_mul)
    return float(spec.value(step))


@pytest.mark.parametrize(("t_mul", "first", "restart"), [(1.2, 50, 182), (1.2, 100, 364), (1.2, 1000, 3640)])
def test_where_the_logarithm_is_too_low_the_period_begins_nevertheless(t_mul: float, first: int, restart: int) -> None:
    assert rate(t_mul, first, restart) == pytest.approx(1)
    assert rate(t_mul, first, restart - 1) < 0.001


@pytest.mark.parametrize(
    ("t_mul", "first", "restart"),
    [(1.1, 100, 331), (1.1, 1000, 3310), (1.2, 50, 110), (1.3, 10, 23), (1.3, 100, 230), (1.3, 1000, 2300)],
)
def test_where_the_restart_itself_is_rounded_up_the_rate_is_that_of_one_end(
    t_mul: float, first: int, restart: int
) -> None:
    assert min(rate(t_mul, first, restart), 1 - rate(t_mul, first, restart)) == pytest.approx(0, abs=1e-9)
    assert rate(t_mul, first, restart - 1) < 0.02
    assert rate(t_mul, first, restart + 1) > 0.98


@pytest.mark.parametrize("t_mul", [1.0, 1.5, 2.0, 3.0])
def test_each_period_is_longer_by_the_same_factor(t_mul: float) -> None:
    begin, length = 0.0, 64.0
    for _ in range(5):
        assert rate(t_mul, 64, round(begin)) == pytest.approx(1, abs=1e-3)
        assert rate(t_mul, 64, round(begin + length / 2)) == pytest.approx(0.5, abs=0.02)
        begin, length = begin + length, length * t_mul
