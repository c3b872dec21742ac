"""``describe``: a text about what will be built, and the rate at the steps that matter."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from keras_optkit.preview.rates import rates_at, schedule_of
from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import Spec
from keras_optkit.specs.layout import on_one_line
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.reading import read
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.run_fit import misfits
from keras_optkit.specs.schedules import ScheduleSpec
from keras_optkit.specs.tracebacks import short_traceback

if TYPE_CHECKING:
    import keras


@short_traceback
def describe(
    spec: Spec | Mapping[str, Any] | str,
    model: keras.Model | None = None,
    *,
    steps_per_epoch: int | None = None,
    epochs: int | None = None,
) -> str:
    """Return a short text: what will be built, and the learning rate at the steps that matter.

    These steps are the first, the ends of warm-ups, boundaries and the like, and the last of the run. If the length of
    the run is not known, the last step is that of the schedule. Warnings about what does not fit the run follow. With a
    ``model``, a table shows the multiplier of the rate and the weight decay of each variable.

    Args:
        spec: an optimizer or schedule spec, a mapping with a ``type``, or the name of a type.
        model: a Keras model with its weights, for an optimizer spec.
        steps_per_epoch: the number of batches in an epoch; needed if a duration is in epochs or percent.
        epochs: the number of epochs of the run; needed if a duration is in percent.

    Raises:
        pydantic.ValidationError: ``spec`` is invalid, or becomes invalid once its durations are converted to steps.
        ValueError: ``steps_per_epoch`` or ``epochs`` is needed and missing, or not a whole number > 0; or a pattern
            of the spec matches no variable of ``model``, or ``model`` has no weights yet.
        TypeError: ``model`` is not a Keras 3 model.

    Examples:
        >>> cosine = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="90%")
        >>> print(describe(WarmupSpec(schedule=cosine, warmup_steps="10%"), steps_per_epoch=100, epochs=10))
        WarmupSpec(schedule=CosineDecaySpec(initial_learning_rate=0.1, decay_steps='90%'), warmup_steps='10%')
        1000 steps (epochs: 10, steps per epoch: 100)
        step  epoch  learning rate
           0      0              0  start
         100      1            0.1  end of the warm-up
         999   9.99    3.04617e-07  last step of the run
        1000     10              0  end of the decay
    """
    run = RunLength.of(steps_per_epoch, epochs)
    written = read(Spec, spec)
    resolved = resolve(written, run)
    lines = [textwrap.shorten(on_one_line(written), 500)]
    if run.steps is not None:
        lines.append(f"{run.steps} steps (epochs: {run.epochs}, steps per epoch: {run.steps_per_epoch})")
    schedule = schedule_of(resolved)
    if isinstance(schedule, ScheduleSpec):
        lines += _rates_at_landmarks(schedule, run)
    else:
        lines.append(f"learning rate {schedule!r} at every step")
    lines += [f"warning: {misfit}" for misfit in misfits(written, run)]
    if model is not None and isinstance(resolved, OptimizerSpec):
        lines += _treatments(resolved, model)
    return "\n".join(lines)


def _rates_at_landmarks(schedule: ScheduleSpec, run: RunLength) -> list[str]:
    landmarks = _landmarks(schedule, run)
    steps = np.array([step for step, _ in landmarks])
    columns = [["step", *map(str, steps)]]
    if run.steps_per_epoch:
        columns.append(["epoch", *(f"{epoch:.4g}" for epoch in steps / run.steps_per_epoch)])
    columns.append(["learning rate", *(f"{rate:.6g}" for rate in rates_at(schedule, steps))])
    rows = _aligned(columns, ["", *(text for _, text in landmarks)])
    if len(rows) <= _MOST_ROWS:
        return rows
    return [*rows[: _MOST_ROWS - 1], f"... {len(rows) - _MOST_ROWS} more, up to", rows[-1]]


_MOST_ROWS = 16


def _aligned(columns: list[list[str]], texts: list[str]) -> list[str]:
    """Rows of right-aligned cells, each followed by a text."""
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join([*(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)), text]).rstrip()
        for *cells, text in zip(*columns, texts, strict=True)
    ]


def _treatments(spec: OptimizerSpec, model: keras.Model) -> list[str]:
    """A table of the multiplier of the rate and the weight decay of each variable of ``model``."""
    from keras_optkit.runtime.factory import build_optimizer
    from keras_optkit.runtime.places import check_is_model
    from keras_optkit.runtime.plan import plan_of

    check_is_model(model)
    plan = plan_of(model, spec.exclude_from_weight_decay, spec.groups)
    if not plan.planned:
        raise ValueError("the model has no weights to train yet: build it, for example with an Input")
    plan = plan.checked()
    optimizer = build_optimizer(spec)
    trained = [planned.treatment.multiplier * (not planned.place.is_frozen) for planned in plan.planned]
    decays = [planned.weight_decay_in(optimizer) for planned in plan.planned]
    return _aligned(
        [
            ["rate", *(f"x {rate:g}" if rate else "frozen" for rate in trained)],
            [
                "weight decay",
                *(f"{decay:g}" if decay and rate else "none" for decay, rate in zip(decays, trained, strict=True)),
            ],
        ],
        ["variable", *(planned.place.path for planned in plan.planned)],
    )


def _landmarks(schedule: ScheduleSpec, run: RunLength) -> list[tuple[int, str]]:
    """The steps that matter, in order, each with a label."""
    texts: dict[int, list[str]] = {0: ["start"]}
    for step, text in schedule.landmarks():
        late = run.steps is not None and step > run.steps
        texts.setdefault(step, []).append(f"{text}, after the run" if late else text)
    if run.steps is not None:
        texts.setdefault(run.steps - 1, []).append("last step of the run")
    return [(step, ", ".join(texts[step])) for step in sorted(texts)]
