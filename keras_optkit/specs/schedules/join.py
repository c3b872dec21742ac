"""``JoinSpec``: one schedule after another."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from keras_optkit.specs.array_namespace import is_numpy, np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import first_not_rising, in_steps
from keras_optkit.specs.fields import Listed, Ordered, Steps
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.value import Conflict


@register_spec
class JoinSpec(ScheduleSpec):
    """One schedule after another, each counting its own steps from 0.

    From boundary i on, the rate is that of schedule i + 1 at ``step - boundaries[i]``: at the boundary itself, the new
    schedule is at its step 0. The pieces can be any schedules, joins included.

    >>> rise = RampSpec(initial_learning_rate=0, end_learning_rate=0.1, steps=100)
    >>> decay = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=100, decay_rate=0.5)
    >>> learning_rates(JoinSpec(schedules=[rise, decay], boundaries=[100]), [0, 50, 100, 200]).round(6).tolist()
    [0.0, 0.05, 0.1, 0.05]

    Attributes:
        schedules: the pieces, in order.
        boundaries: the steps, > 0 and strictly rising, at which the next piece begins; one fewer than ``schedules``.
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
        starts = [0, *map(in_steps, self.boundaries)]
        first, last = 0, len(starts) - 1
        if is_numpy(xp) and np.size(step):  # the steps are known, and with them the pieces that they lie in
            first, last = (bisect_right(starts, int(found)) - 1 for found in (np.min(step), np.max(step)))
        rate = self.schedules[first].value(step - starts[first] if first else step, xp)
        for schedule, start in zip(self.schedules[first + 1 : last + 1], starts[first + 1 : last + 1], strict=True):
            # Before its start a piece is asked for its step 0, where every schedule has a rate.
            rate = xp.where(step < start, rate, schedule.value(xp.maximum(step - start, 0), xp))
        return rate

    def landmarks(self) -> Iterable[tuple[int, str]]:
        starts = [0, *map(in_steps, self.boundaries)]
        for schedule, start, end in zip(self.schedules, starts, [*starts[1:], math.inf], strict=True):
            if start:
                yield start, f"{schedule.type} begins"
            for step, text in schedule.landmarks():
                if start + step < end:
                    yield start + step, text
