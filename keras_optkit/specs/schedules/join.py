"""``JoinSpec``: one schedule after another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import first_not_rising, in_steps
from keras_optkit.specs.fields import Listed, Ordered, Steps
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.value import Conflict


@register_spec
class JoinSpec(ScheduleSpec):
    """One schedule after another, each counting its own steps from 0.

    From boundary i on, the rate is that of schedule i + 1 at ``step - boundaries[i]``; at the boundary itself the new
    schedule is at its step 0. The pieces can be any schedules, joins included.

    Attributes:
        schedules: the pieces, in order.
        boundaries: the steps, > 0 and strictly rising, at which the next piece begins; one fewer than schedules.
    """

    schedules: Ordered[ScheduleSpec]
    boundaries: Listed[Steps]

    def conflicts(self) -> Iterator[Conflict]:
        pieces = len(self.schedules)
        if len(self.boundaries) != pieces - 1:
            rule = f"must be one fewer than schedules: {pieces} schedules need {pieces - 1}, not {len(self.boundaries)}"
            yield Conflict("boundaries", rule)
        elif fault := first_not_rising(self.boundaries):
            yield Conflict("boundaries", f"must rise strictly, but {fault}")

    def value(self, step: Any, xp: Any = np) -> Any:
        rate = self.schedules[0].value(step, xp)
        for schedule, written in zip(self.schedules[1:], self.boundaries, strict=True):
            boundary = in_steps(written)
            # Before its boundary a piece is asked for its step 0, where every schedule has a rate.
            rate = xp.where(step < boundary, rate, schedule.value(xp.maximum(step - boundary, 0), xp))
        return rate

    def landmarks(self) -> Iterable[tuple[int, str]]:
        starts = [0, *map(in_steps, self.boundaries)]
        for schedule, start, end in zip(self.schedules, starts, [*starts[1:], math.inf], strict=True):
            if start:
                yield start, f"{schedule.type} begins"
            for step, text in schedule.landmarks():
                if start + step < end:
                    yield start + step, text
