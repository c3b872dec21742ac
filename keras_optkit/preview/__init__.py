"""What a spec will do, before the run: its learning rates as numbers, as text and as a picture. Without TensorFlow."""

from __future__ import annotations

import math
import operator
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_optkit.specs.base import Spec
from keras_optkit.specs.durations import MOST_STEPS
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.registry import read
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.schedules import ScheduleSpec

if TYPE_CHECKING:
    import keras
    from matplotlib.axes import Axes

    from keras_optkit.runtime.grouped import Planned


def learning_rates(
    spec: Spec | Mapping[str, Any] | str,
    steps: int | ArrayLike | None = None,
    *,
    steps_per_epoch: int | None = None,
    epochs: int | None = None,
) -> NDArray[np.float64]:
    """The learning rate at each step: at all steps of the run, unless ``steps`` says at which.

    Args:
        spec: an optimizer or schedule spec, a mapping with a ``type``, or the name of a type.
        steps: a number n for the steps 0 to n - 1, or an array of steps (whole numbers >= 0) of any shape.
        steps_per_epoch: the number of batches in an epoch; needed for the whole run, and if a duration is in epochs
            or percent.
        epochs: the number of epochs of the run; needed for the whole run, and if a duration is in percent.

    Returns:
        A float64 array of the shape of ``steps``, or with one entry for each step of the run.

    Raises:
        pydantic.ValidationError: ``spec`` is not a right spec, or is not with these durations in steps.
        ValueError: a number is needed and missing, or not a whole number.
    """
    run = RunLength.of(steps_per_epoch, epochs)
    return _rates(_resolved(spec, run), _steps(steps, run))


def _resolved(spec: object, run: RunLength) -> Spec:
    return resolve(read(Spec, spec), run)


def _schedule(spec: Spec) -> Spec | float:
    return spec.learning_rate if isinstance(spec, OptimizerSpec) else spec


# A list of more would not fit into the memory of most machines.
_LONGEST_LIST = 10**9


def _steps(steps: int | ArrayLike | None, run: RunLength) -> NDArray[np.int64]:
    if steps is None:
        if run.steps is None:
            raise ValueError("the length of the run is not known: pass steps, or steps_per_epoch and epochs")
        if run.steps > _LONGEST_LIST:
            raise ValueError(f"a run of {run.steps} steps is too long to list: pass the steps that are of interest")
        return np.arange(run.steps)
    try:
        array = np.asarray(steps)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    if array.size == 0 and array.ndim:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu" or (array < 0).any() or (array > MOST_STEPS).any():
        raise ValueError(f"steps must be a whole number, or whole numbers, >= 0, received {steps!r}")
    if array.ndim:
        return array.astype(np.int64)
    if array > _LONGEST_LIST:
        raise ValueError(f"{steps!r} steps are too many to list: pass the steps that are of interest")
    return np.arange(operator.index(array[()]))


def _rates(spec: Spec, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    schedule = _schedule(spec)
    with np.errstate(over="ignore", under="ignore"):  # a rate may grow to infinity, or fall to 0, as it does in Keras
        rates = schedule.value(steps) if isinstance(schedule, ScheduleSpec) else schedule
    return np.array(np.broadcast_to(np.asarray(rates, dtype=np.float64), steps.shape))


def describe(
    spec: Spec | Mapping[str, Any] | str,
    model: keras.Model | None = None,
    *,
    steps_per_epoch: int | None = None,
    epochs: int | None = None,
) -> str:
    """A short text: what will be built, and the learning rate at the steps that matter.

    These steps are the first, the ends of warm-ups, boundaries and the like, and the last of the run or, where the
    length of the run is not known, of the schedule. With a ``model``, a table says which of its variables gets what:
    its share of the rate, and its weight decay.

    Args:
        spec: an optimizer or schedule spec, a mapping with a ``type``, or the name of a type.
        model: a Keras model that has its weights; for an optimizer spec.
        steps_per_epoch: the number of batches in an epoch; needed if a duration is in epochs or percent.
        epochs: the number of epochs of the run; needed if a duration is in percent.

    Raises:
        pydantic.ValidationError: ``spec`` is not a right spec, or is not with these durations in steps.
        ValueError: ``steps_per_epoch`` or ``epochs`` is needed and missing, or not a whole number > 0; or a pattern
            of the spec matches no variable of ``model``, or ``model`` has no weights yet.
    """
    run = RunLength.of(steps_per_epoch, epochs)
    written = read(Spec, spec)
    resolved = resolve(written, run)
    lines = [textwrap.shorten(repr(written), 500)]
    if run.steps is not None:
        lines.append(f"{run.steps} steps (epochs: {run.epochs}, steps per epoch: {run.steps_per_epoch})")
    schedule = _schedule(resolved)
    if isinstance(schedule, ScheduleSpec):
        lines += _rates_at_landmarks(schedule, run)
    else:
        lines.append(f"learning rate {schedule!r} at every step")
    if model is not None and isinstance(resolved, OptimizerSpec):
        lines += _treatments(resolved, model)
    return "\n".join(lines)


def _rates_at_landmarks(schedule: ScheduleSpec, run: RunLength) -> list[str]:
    landmarks = _landmarks(schedule, run)
    steps = np.array([step for step, _ in landmarks])
    columns = [["step", *map(str, steps)]]
    if run.steps_per_epoch:
        columns.append(["epoch", *(f"{epoch:.4g}" for epoch in steps / run.steps_per_epoch)])
    columns.append(["learning rate", *(f"{rate:.6g}" for rate in _rates(schedule, steps))])
    rows = _aligned(columns, ["", *(text for _, text in landmarks)])
    if len(rows) <= _MOST_ROWS:
        return rows
    return [*rows[: _MOST_ROWS - 1], f"... {len(rows) - _MOST_ROWS} more, up to", rows[-1]]


_MOST_ROWS = 16


def _aligned(columns: list[list[str]], texts: list[str]) -> list[str]:
    """Rows of right-aligned cells, each with a text behind it."""
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join([*(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)), text]).rstrip()
        for *cells, text in zip(*columns, texts, strict=True)
    ]


def _treatments(spec: OptimizerSpec, model: keras.Model) -> list[str]:
    """Which variable of ``model`` is trained with what share of the rate and which weight decay."""
    from keras_optkit.runtime.grouped import planned

    plans = planned(model, spec)
    if not plans:
        raise ValueError("the model has no weights to train yet: build it, for example with an Input")
    return _aligned(
        [
            ["rate", *("frozen" if not plan.multiplier else f"x {plan.multiplier:g}" for plan in plans)],
            ["weight decay", *(_decay(plan) for plan in plans)],
        ],
        ["variable", *(plan.path for plan in plans)],
    )


def _decay(plan: Planned) -> str:
    return f"{plan.weight_decay:g}" if plan.weight_decay and plan.multiplier else "none"


def _landmarks(schedule: ScheduleSpec, run: RunLength) -> list[tuple[int, str]]:
    """The steps that matter, in order, each with all that happens there."""
    texts: dict[int, list[str]] = {0: ["start"]}
    for step, text in schedule.landmarks():
        late = run.steps is not None and step > run.steps
        texts.setdefault(step, []).append(f"{text}, after the run" if late else text)
    if run.steps is not None:
        texts.setdefault(run.steps - 1, []).append("last step of the run")
    return [(step, ", ".join(texts[step])) for step in sorted(texts)]


def plot_schedule(
    spec: Spec | Mapping[str, Any] | str,
    *,
    steps_per_epoch: int | None = None,
    epochs: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draws the learning rate over the run; where its length is not known, a bit beyond the schedule's last bend.

    Args:
        spec: an optimizer or schedule spec, a mapping with a ``type``, or the name of a type.
        steps_per_epoch: the number of batches in an epoch; adds an axis in epochs. Needed if a duration is in epochs
            or percent.
        epochs: the number of epochs of the run; needed if a duration is in percent.
        ax: where to draw; a new figure if None.

    Returns:
        The matplotlib ``Axes``; nothing is shown.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        pydantic.ValidationError: ``spec`` is not a right spec, or is not with these durations in steps.
        ValueError: ``steps_per_epoch`` or ``epochs`` is needed and missing, or not a whole number > 0.
    """
    try:
        from matplotlib import pyplot as plt
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("plot_schedule needs matplotlib: pip install 'keras_optkit[plot]'") from error

    run = RunLength.of(steps_per_epoch, epochs)
    resolved = _resolved(spec, run)
    steps = _steps_to_draw(resolved, run)
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    ax.plot(steps, _rates(resolved, steps))
    ax.set_xlabel("step (batch)")
    ax.set_ylabel("learning rate")
    ax.set_title(_title(resolved))
    if run.steps_per_epoch:
        _add_epoch_axis(ax, run.steps_per_epoch)
    return ax


def _title(spec: Spec) -> str:
    schedule = _schedule(spec)
    return f"{spec.type}, {schedule.type}" if schedule is not spec and isinstance(schedule, Spec) else spec.type


def _add_epoch_axis(ax: Axes, steps_per_epoch: int) -> None:
    def to_epochs(step: Any) -> Any:
        return step / steps_per_epoch

    def to_steps(epoch: Any) -> Any:
        return epoch * steps_per_epoch

    ax.secondary_xaxis("top", functions=(to_epochs, to_steps)).set_xlabel("epoch")


_MOST_POINTS = 4000


def _steps_to_draw(spec: Spec, run: RunLength) -> NDArray[np.int64]:
    schedule = _schedule(spec)
    bends = [step for step, _ in schedule.landmarks()] if isinstance(schedule, ScheduleSpec) else []
    length = run.steps or math.ceil(1.25 * max(bends, default=0)) or 1000
    if length <= _MOST_POINTS:
        return np.arange(length)
    # Evenly, and on both sides of each bend, so that a jump is drawn where it is.
    even = np.linspace(0, length - 1, _MOST_POINTS).astype(np.int64)
    near = np.array([step + side for step in bends for side in (-1, 0, 1)], dtype=np.int64)
    return np.unique(np.concatenate([even, near[(near >= 0) & (near < length)]]))
