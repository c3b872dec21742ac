"""What a spec will do, before the run, as a picture."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from keras_optkit import (
    AdamSpec,
    CosineDecaySpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    RampSpec,
    ScheduleSpec,
    WarmupSpec,
    learning_rates,
    plot_schedule,
)

RAMP = RampSpec(initial_learning_rate=0, end_learning_rate=10, steps=10)
WARM = AdamSpec(
    learning_rate=WarmupSpec(
        schedule=CosineDecaySpec(initial_learning_rate=0.001, decay_steps="18 epochs"), warmup_steps="10%"
    )
)
RUN = {"steps_per_epoch": 100, "epochs": 20}


@pytest.fixture
def plt(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """pyplot without a screen, in which nothing may be shown; what is drawn is gone afterwards."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    def show(*arguments: object, **options: object) -> None:
        raise AssertionError("plot_schedule must not show anything")

    monkeypatch.setattr(plt, "show", show)
    monkeypatch.setattr("matplotlib.figure.Figure.show", show)
    yield plt
    plt.close("all")


def test_a_picture_has_the_rate_of_every_step_and_labels(plt):
    ax = plot_schedule(WARM, **RUN)
    [line] = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), np.arange(2000))
    np.testing.assert_array_equal(line.get_ydata(), learning_rates(WARM, **RUN))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("step (batch)", "learning rate", "Adam, Warmup")
    ax.figure.canvas.draw()


def test_an_axis_in_epochs_is_there_when_the_steps_of_an_epoch_are_known(plt):
    ax = plot_schedule(WARM, **RUN)
    [epochs] = ax.child_axes
    assert epochs.get_xlabel() == "epoch"
    ax.set_xlim(0, 2000)
    ax.figure.canvas.draw()
    assert epochs.get_xlim() == (0, 20)
    assert plot_schedule(RAMP).child_axes == []
    assert len(plot_schedule(RAMP, steps_per_epoch=10).child_axes) == 1


def test_it_is_drawn_into_the_axes_that_are_given(plt):
    figure, ax = plt.subplots()
    assert plot_schedule(RAMP, ax=ax) is ax
    assert plot_schedule("adam", ax=ax) is ax
    assert len(ax.lines) == 2
    assert plt.get_fignums() == [figure.number]
    assert plot_schedule(RAMP).figure is not figure


@pytest.mark.parametrize(
    ("spec", "steps"), [(RAMP, 13), ("adam", 1000), (OneCycleSpec(max_learning_rate=1, total_steps=100), 125)]
)
def test_a_run_of_unknown_length_is_drawn_a_bit_beyond_the_last_bend(spec, steps, plt):
    [line] = plot_schedule(spec).lines
    np.testing.assert_array_equal(line.get_xdata(), np.arange(steps))


def test_a_long_run_is_drawn_in_few_points_with_each_jump_where_it_is(plt):
    spec = PiecewiseConstantDecaySpec(boundaries=[123_457, 654_321], values=[3, 2, 1])
    [line] = plot_schedule(spec, steps_per_epoch=10_000, epochs=100).lines
    steps, rates = line.get_xdata(), line.get_ydata()
    assert len(steps) < 5000
    assert (np.diff(steps) > 0).all()
    assert (steps[0], steps[-1]) == (0, 999_999)
    jumps = np.flatnonzero(np.diff(rates))
    assert [(steps[jump], steps[jump + 1]) for jump in jumps] == [(123_457, 123_458), (654_321, 654_322)]


def test_no_step_outside_of_the_run_is_drawn_however_early_or_late_a_bend_is(plt):
    class EarlyAndLateSpec(ScheduleSpec):
        """A user's schedule that tells of its first step, and of two after the run."""

        def value(self, step: Any, xp: Any = np) -> Any:
            return 0.1 + 0 * step

        def landmarks(self) -> Any:
            return [(0, "start"), (10_000, "end"), (20_000, "long after it")]

    [line] = plot_schedule(EarlyAndLateSpec(), steps_per_epoch=100, epochs=100).lines
    steps = line.get_xdata()
    assert (steps[0], steps[-1]) == (0, 9_999)
    assert len(steps) in range(4_000, 4_004)


@pytest.mark.parametrize(("length", "points"), [(3_999, 3_999), (4_000, 4_000), (4_001, 4_000)])
def test_up_to_four_thousand_steps_each_is_drawn(length, points, plt):
    [line] = plot_schedule("adam", steps_per_epoch=length, epochs=1).lines
    assert len(line.get_xdata()) == points


def test_what_is_missing_for_a_picture_is_said_and_nothing_is_drawn(plt):
    with pytest.raises(ValueError, match=r"^learning_rate\.warmup_steps is '10%': pass epochs$"):
        plot_schedule(WARM, steps_per_epoch=100)
    assert plt.get_fignums() == []


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(
        ModuleNotFoundError, match=r"plot_schedule needs matplotlib: pip install 'keras_optkit\[plot\]'"
    ):
        plot_schedule(RAMP)
    assert learning_rates(RAMP, [5]) == 5
