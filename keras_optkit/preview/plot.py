"""``plot_schedule``: draws the rates of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from keras_optkit.preview.rates import rates_at, read_and_resolve, schedule_of
from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import Spec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.schedules import ScheduleSpec
from keras_optkit.specs.tracebacks import short_traceback

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


@short_traceback
def plot_schedule(
    spec: Spec | Mapping[str, Any] | str,
    *,
    steps_per_epoch: int | None = None,
    epochs: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the learning rate over the run. If its length is not known, draw a bit beyond the schedule's last bend.

    Args:
        spec: an optimizer or schedule spec, a mapping with a ``type``, or the name of a type.
        steps_per_epoch: the number of batches in an epoch; adds an axis in epochs. Needed if a duration is in epochs
            or percent.
        epochs: the number of epochs of the run; needed if a duration is in percent.
        ax: the axes to draw on; None creates a new figure.

    Returns:
        The matplotlib ``Axes``. The figure is not shown; call ``plt.show()`` for that.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        pydantic.ValidationError: ``spec`` is invalid, or becomes invalid once its durations are converted to steps.
        ValueError: ``steps_per_epoch`` or ``epochs`` is needed and missing, or not a whole number > 0.

    Examples:
        >>> ax = plot_schedule(OneCycleSpec(max_learning_rate=0.1), steps_per_epoch=100, epochs=10)
        >>> ax.get_title(), ax.get_xlabel(), ax.get_ylabel()
        ('OneCycle', 'step (batch)', 'learning rate')
    """
    try:
        from matplotlib import pyplot as plt
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plot_schedule needs matplotlib: pip install 'keras_optkit[plot]'") from error

    run = RunLength.of(steps_per_epoch, epochs)
    resolved = read_and_resolve(spec, run)
    steps = steps_to_draw(resolved, run)
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    ax.plot(steps, rates_at(resolved, steps))
    ax.set_xlabel("step (batch)")
    ax.set_ylabel("learning rate")
    ax.set_title(_title(resolved))
    if run.steps_per_epoch:
        _add_epoch_axis(ax, run.steps_per_epoch)
    return ax


def _title(spec: Spec) -> str:
    schedule = schedule_of(spec)
    return f"{spec.type}, {schedule.type}" if schedule is not spec and isinstance(schedule, Spec) else spec.type


def _add_epoch_axis(ax: Axes, steps_per_epoch: int) -> None:
    def to_epochs(step: Any) -> Any:
        return step / steps_per_epoch

    def to_steps(epoch: Any) -> Any:
        return epoch * steps_per_epoch

    ax.secondary_xaxis("top", functions=(to_epochs, to_steps)).set_xlabel("epoch")


def steps_to_draw(spec: Spec, run: RunLength, most: int = 4000) -> NDArray[np.int64]:
    """The steps of the run, or up to a bit beyond the last bend; at most about ``most`` of them."""
    schedule = schedule_of(spec)
    bends = [step for step, _ in schedule.landmarks()] if isinstance(schedule, ScheduleSpec) else []
    length = run.steps or math.ceil(1.25 * max(bends, default=0)) or 1000
    if length <= most:
        return np.arange(length)
    # Evenly spaced, and also on both sides of each bend, so that a jump is drawn at the right place.
    even = np.linspace(0, length - 1, most).astype(np.int64)
    near = np.array([step + side for step in bends for side in (-1, 0, 1)], dtype=np.int64)
    return np.unique(np.concatenate([even, near[(near >= 0) & (near < length)]]))
