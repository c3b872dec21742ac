"""What a spec will do, before the run: as numbers."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from schedule_strategies import USUAL_SCHEDULES

from keras_optkit import (
    AdamSpec,
    ConstantSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    JoinSpec,
    RampSpec,
    SGDSpec,
    WarmupSpec,
    learning_rates,
)
from keras_optkit.preview.rates import _steps as steps_asked_for
from keras_optkit.specs.resolving import RunLength

RAMP = RampSpec(initial_learning_rate=0, end_learning_rate=10, steps=10)
WARM = AdamSpec(
    learning_rate=WarmupSpec(
        schedule=CosineDecaySpec(initial_learning_rate=0.001, decay_steps="18 epochs"), warmup_steps="10%"
    )
)
RUN = {"steps_per_epoch": 100, "epochs": 20}


def test_the_whole_run_has_one_rate_for_each_of_its_steps():
    rates = learning_rates(RAMP, steps_per_epoch=4, epochs=3)
    assert rates.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]
    assert rates.dtype == np.float64


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (3, [0, 1, 2]),
        (0, []),
        (np.int64(3), [0, 1, 2]),
        (np.array(3), [0, 1, 2]),
        ([3, 1, 3, 99], [3, 1, 3, 10]),
        ((2,), [2]),
        (range(0, 6, 2), [0, 2, 4]),
        ([], []),
        (np.array([], dtype=int), []),
        (np.array([[1, 2], [3, 4]], dtype=np.uint8), [[1, 2], [3, 4]]),
        (np.array([9], dtype=np.uint64), [9]),
        ([2**53], [10]),
    ],
    ids=repr,
)
def test_a_number_means_that_many_steps_and_a_list_means_those(steps, expected):
    rates = learning_rates(RAMP, steps)
    assert rates.dtype == np.float64
    assert rates.tolist() == expected


def test_a_run_in_hand_does_not_change_which_steps_were_asked_for():
    assert learning_rates(RAMP, 3, **RUN).tolist() == [0, 1, 2]
    assert learning_rates(WARM, [100], **RUN) == pytest.approx(0.0005)


@pytest.mark.parametrize(
    ("spec", "rate"),
    [("adam", 0.001), ({"type": "sgd", "learning_rate": 0.5}, 0.5), (ConstantSpec(learning_rate=3), 3)],
    ids=["name", "mapping", "constant"],
)
def test_a_rate_that_never_changes_is_there_at_every_step(spec, rate):
    assert learning_rates(spec, steps_per_epoch=2, epochs=2).tolist() == [rate] * 4
    assert learning_rates(spec, [[1, 2]]).tolist() == [[rate, rate]]


@examples(50)
@given(st.one_of(*USUAL_SCHEDULES.values()))
def test_the_rates_are_those_of_the_formula_also_inside_an_optimizer(spec):
    steps = [0, 1, 5, 1000, 2**40]
    rates = learning_rates(spec, steps)
    assert rates.tolist() == learning_rates(SGDSpec(learning_rate=spec), steps).tolist()
    assert rates == pytest.approx([float(spec.value(step)) for step in steps], rel=1e-12, abs=0)


def test_each_call_gives_an_array_of_its_own():
    rates = learning_rates("adam", 3)
    rates[:] = 7
    assert learning_rates("adam", 3).tolist() == [0.001] * 3


class Unreadable:
    """Steps of somebody's own, of which no method works."""

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise RuntimeError("no")

    __int__ = __index__ = __float__ = __array__


NO_STEPS = [
    Unreadable(),
    3.0,
    -1,
    [1, -1],
    [0.5],
    "3",
    True,
    [True],
    [[1], [1, 2]],
    {1},
    iter([1]),
    [None],
    float("nan"),
    np.array([2**63], np.uint64),
]


@pytest.mark.parametrize("steps", NO_STEPS, ids=lambda value: repr(value).partition(" at 0x")[0])
def test_steps_that_no_run_has_are_refused(steps):
    with pytest.raises(ValueError, match=r"^steps must be a whole number, or whole numbers, >= 0, received "):
        learning_rates(RAMP, steps)


def test_more_steps_than_can_be_listed_are_refused():
    with pytest.raises(ValueError, match=r"^steps must be a whole number, .* received .{1,100}$"):
        learning_rates("adam", 10**5000)
    for steps, run in ((None, {"steps_per_epoch": 10**10, "epochs": 10}), (10**15, {}), (2**63, {}), (2**70, {})):
        with pytest.raises(ValueError, match=r"too|steps must be"):
            learning_rates("adam", steps, **run)
    for steps in (range(10**12), range(10**30)):
        with pytest.raises(ValueError, match=r"too many to list|steps must be"):
            learning_rates("adam", steps)


def test_a_billion_steps_are_the_most():
    unknown, most = RunLength.of(None, None), 10**9
    assert steps_asked_for(most, unknown) == steps_asked_for(None, RunLength.of(most, 1)) == range(most)
    for steps, run in ((most + 1, unknown), (None, RunLength.of(most + 1, 1)), (range(most + 1), unknown)):
        with pytest.raises(ValueError, match=r"too (many|long) to list"):
            steps_asked_for(steps, run)


def test_a_list_of_as_many_steps_as_there_may_be_is_read(monkeypatch):
    monkeypatch.setattr("keras_optkit.preview.rates._LONGEST_LIST", 3)
    assert learning_rates(RAMP, [0, 1, 2]).tolist() == [0, 1, 2]


def test_what_is_missing_for_the_whole_run_is_said():
    for run in ({}, {"steps_per_epoch": 10}, {"epochs": 10}):
        with pytest.raises(
            ValueError, match="the length of the run is not known: pass steps, or steps_per_epoch and e"
        ):
            learning_rates(RAMP, **run)
    with pytest.raises(ValueError, match=r"^learning_rate\.warmup_steps is '10%': pass epochs$"):
        learning_rates(WARM, 3, steps_per_epoch=100)


def test_a_long_run_is_computed_in_little_memory_and_joins_where_the_parts_meet():
    pieces = [RampSpec(initial_learning_rate=1, end_learning_rate=0.1, steps=99_999)] * 10
    spec = JoinSpec(schedules=pieces, boundaries=range(100_000, 1_000_000, 100_000))
    tracemalloc.start()
    rates = learning_rates(spec, 10**6)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20  # of which the rates themselves are 8
    some = np.array([0, 2**14 - 1, 2**14, 99_999, 100_000, 500_001, 999_999])
    assert rates[some].tolist() == spec.value(some).tolist() == learning_rates(spec, some).tolist()
    assert learning_rates(spec, some[::-1].reshape(7, 1)).ravel().tolist() == rates[some[::-1]].tolist()


def test_a_rate_that_falls_to_0_raises_nothing_however_numpy_is_set():
    spec = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=1, decay_rate=0.1)
    with np.errstate(all="raise"):
        assert learning_rates(spec, [0, 1000]).tolist() == [0.1, 0]
