"""Durations in an unintended unit: steps that look like epochs, and more than 100%."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keras_optkit.specs.durations import Duration
from keras_optkit.specs.resolving import Path, RunLength
from keras_optkit.specs.run_fit.curve import Curve
from keras_optkit.specs.run_fit.misfit import Misfit, counted, shown_share
from keras_optkit.specs.run_fit.phases import pace, phases
from keras_optkit.specs.run_fit.stretches import Stretch
from keras_optkit.specs.run_fit.written import Written
from keras_optkit.specs.schedules.phase import Kind

# In shorter epochs, a number can make sense both as steps and as epochs.
_SHORTEST_EPOCH = 10
# A share of the peak. If the rate is still higher at the end, a drop every few batches was intended.
_HEALTHY = 1 / 20


def above_the_whole(written: Sequence[Written]) -> Iterator[Misfit]:
    """Percentages of the run above 100."""
    for path, duration in written:
        if isinstance(duration, Duration) and duration.unit == "%" and duration.amount > 100:
            yield Misfit(path, f"{str(duration)!r} is longer than the run, which is '100%'")


def steps_that_read_as_epochs(
    written: Sequence[Written], played: Sequence[Stretch], curve: Curve, run: RunLength
) -> Iterator[Misfit]:
    """Numbers of steps that are all at most the number of epochs, as if they counted epochs."""
    epochs, per_epoch = run.epochs or 0, run.steps_per_epoch or 0
    numbers = [(path, int(steps)) for path, steps in written if isinstance(steps, int) and steps]
    endings = {(*stretch.path, *phase.field): phase.kind for stretch in played for phase in phases(stretch.schedule)}
    # decay_steps=1 is common for a decay per step, such as the one of Keras 2.
    numbers = [(path, steps) for path, steps in numbers if steps > 1 or path in endings]
    if not numbers or per_epoch < _SHORTEST_EPOCH or any(steps > epochs for _, steps in numbers):
        return
    if all(endings.get(path, Kind.WARMUP) is Kind.WARMUP and steps >= per_epoch for path, steps in numbers):
        return  # a warm-up of a few epochs, in a run of hundreds of short epochs
    paces = {(*stretch.path, pace(stretch.schedule)) for stretch in played}
    if paces & {path for path, _ in numbers} and curve.at(curve.length - 1) >= _HEALTHY * curve.rates.max():
        return
    yield Misfit(_common(numbers), _in_words(numbers, run))


def _common(numbers: Sequence[tuple[Path, int]]) -> Path:
    """The field of a number or of a list of numbers; the first field if there are several."""
    first, last = numbers[0][0], numbers[-1][0]
    return first[:-1] if first != last and first[:-1] == last[:-1] and isinstance(first[-1], int) else first


def _in_words(numbers: Sequence[tuple[Path, int]], run: RunLength) -> str:
    steps = [number for _, number in numbers]
    meant = _listed([repr(str(Duration(f"{number} epochs"))) for number in steps])
    if len(steps) == 1:
        return f"{steps[0]} is {counted(steps[0], run)}: did you mean {meant}?"
    most = shown_share(max(steps), run.steps or 1)
    return f"{_listed([*map(str, steps)])} are numbers of batches, at most {most} of the run: did you mean {meant}?"


def _listed(texts: Sequence[str]) -> str:
    shown = texts if len(texts) <= 4 else [*texts[:3], "...", texts[-1]]
    return texts[0] if len(texts) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
