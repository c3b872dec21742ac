"""In which steps of the run each part of a nested schedule is used."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.resolving import Path
from keras_optkit.specs.run_fit.curve import rates_of
from keras_optkit.specs.schedules import ClampSpec, JoinSpec, ScheduleSpec, StaircaseSpec, WarmupSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Stretch(NamedTuple):
    """A schedule and the steps of the run in which it is used.

    Attributes:
        path: where the schedule was written.
        schedule: the schedule, with its durations in steps.
        start: the step of the run that is the schedule's own step 0.
        first: the first step at which this schedule, or one inside it, gives the rate.
        end: the step after the last one of these; at most the length of the run.
        lowest: the lowest rate that the clamps around the schedule allow.
        highest: the highest rate that they allow.
    """

    path: Path
    schedule: ScheduleSpec
    start: int
    first: int
    end: int
    lowest: float = 0.0
    highest: float = math.inf

    def rates(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """The rates at the schedule's own ``steps``, limited by the clamps around it."""
        return np.clip(rates_of(self.schedule, steps), self.lowest, self.highest)

    def rate(self, step: int) -> float:
        """The rate at one of the schedule's own steps."""
        return float(self.rates(np.array([step]))[0])

    @property
    def is_simple(self) -> bool:
        """Whether the schedule contains no other, as far as is known here."""
        return not _parts(self.schedule)


class _Part(NamedTuple):
    """A schedule inside another: its path, the step that is its own step 0, and the step at which it begins."""

    path: Path
    start: int
    first: int


def _parts(schedule: ScheduleSpec) -> list[_Part]:
    """The schedules inside ``schedule``, in the order of the steps at which they begin.

    A user's own combinator counts as a simple schedule, because it is not known when the schedules inside are used.
    """
    if isinstance(schedule, JoinSpec):
        starts = [0, *map(in_steps, schedule.boundaries)]
        return [
            _Part(("schedules", number), 0 if schedule.shared_clock else start, start)
            for number, start in enumerate(starts)
        ]
    if isinstance(schedule, WarmupSpec):
        warmup = in_steps(schedule.warmup_steps)
        return [_Part(("schedule",), 0 if schedule.overlay else warmup, warmup)]
    if isinstance(schedule, (ClampSpec, StaircaseSpec)):
        return [_Part(("schedule",), 0, 0)]
    return []


def stretches(path: Path, schedule: ScheduleSpec, length: int) -> Iterator[Stretch]:
    """``schedule`` and all schedules inside that are used in a run of ``length`` steps, outer ones first."""
    return _stretches(Stretch(path, schedule, start=0, first=0, end=length))


def _stretches(outer: Stretch) -> Iterator[Stretch]:
    yield outer
    parts = _parts(outer.schedule)
    ends = [outer.start + part.first for part in parts[1:]] + [outer.end] * bool(parts)
    lowest, highest = _limits(outer)
    for part, end in zip(parts, ends, strict=True):
        inner = Stretch(
            (*outer.path, *part.path),
            at(outer.schedule, part.path),
            start=outer.start + part.start,
            first=max(outer.first, outer.start + part.first),
            end=min(end, outer.end),
            lowest=lowest,
            highest=highest,
        )
        if inner.first < inner.end:
            yield from _stretches(inner)


def _limits(outer: Stretch) -> tuple[float, float]:
    """The lowest and the highest rate that ``outer`` allows to the schedules inside."""
    if not isinstance(outer.schedule, ClampSpec):
        return outer.lowest, outer.highest
    minimum, maximum = outer.schedule.minimum, outer.schedule.maximum or math.inf
    return _within(outer, minimum), _within(outer, maximum)


def _within(outer: Stretch, rate: float) -> float:
    return min(max(rate, outer.lowest), outer.highest)


def at(schedule: ScheduleSpec, path: Path) -> Any:
    """The value at ``path`` in ``schedule``."""
    found: Any = schedule
    for name in path:
        found = found[name] if isinstance(name, int) else getattr(found, name)
    return found
