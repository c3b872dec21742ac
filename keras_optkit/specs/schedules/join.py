"""``JoinSpec``: one schedule after another."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from keras_optkit.specs.array_namespace import is_numpy, np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import first_not_rising, in_steps
from keras_optkit.specs.errors import IfZero
from keras_optkit.specs.fields import Flag, Steps
from keras_optkit.specs.lists import Listed, Ordered
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.value import Conflict


@register_spec
class JoinSpec(ScheduleSpec):
    """One schedule after another, each counting its own steps from 0.

    From boundary i on, the rate is that of schedule i + 1 at ``step - boundaries[i]``: at the boundary itself, the new
    schedule is at its step 0. The pieces can be any schedules, including joins. With ``shared_clock`` the rate is that
    of schedule i + 1 at ``step`` itself, as if it had run from the start.

    Attributes:
        schedules: the pieces, in order.
        boundaries: the steps, > 0 and strictly increasing, at which the next piece begins; one fewer than
            ``schedules``.
        shared_clock: whether all pieces count the steps of the join, instead of their own steps from 0.

    Examples:
        >>> rise = RampSpec(initial_learning_rate=0, end_learning_rate=0.1, steps=100)
        >>> decay = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=100, decay_rate=0.5)
        >>> learning_rates(JoinSpec(schedules=[rise, decay], boundaries=[100]), [0, 50, 100, 200]).round(6).tolist()
        [0.0, 0.05, 0.1, 0.05]
    """

    schedules: Ordered[ScheduleSpec]
    boundaries: Annotated[Listed[Steps], IfZero("leave out the schedule before it")]
    shared_clock: Flag = False

    def conflicts(self) -> Iterator[Conflict]:
        pieces = len(self.schedules)
        if len(self.boundaries) != pieces - 1:
            rule = f"must have one entry fewer than schedules ({pieces - 1}), not {len(self.boundaries)}"
            yield Conflict("boundaries", rule)
        elif fault := first_not_rising(self.boundaries):
            yield Conflict("boundaries", f"must be strictly increasing, but {fault}")
        elif self.shared_clock and pieces == 1:
            yield Conflict("shared_clock", "has no effect with a single schedule")

    def value(self, step: Any, xp: Any = np) -> Any:
        starts, zeros = self._clocks()
        first, last = 0, len(starts) - 1
        if is_numpy(xp) and np.size(step):  # the steps are known, so only the pieces they fall into are computed
            first, last = (bisect_right(starts, int(found)) - 1 for found in (np.min(step), np.max(step)))
        rate = self.schedules[first].value(step - zeros[first] if zeros[first] else step, xp)
        for number in range(first + 1, last + 1):
            # Steps before a piece begins become its step 0, at which every schedule has a rate.
            own = xp.maximum(step - zeros[number], 0) if zeros[number] else step
            rate = xp.where(step < starts[number], rate, self.schedules[number].value(own, xp))
        return rate

    def landmarks(self) -> Iterable[tuple[int, str]]:
        starts, zeros = self._clocks()
        for schedule, zero, start, end in zip(self.schedules, zeros, starts, [*starts[1:], math.inf], strict=True):
            if start:
                yield start, f"{schedule.type} begins"
            for step, text in schedule.landmarks():
                if start <= zero + step < end:
                    yield zero + step, text

    def _phases(self) -> Iterator[Phase]:
        for number, boundary in enumerate(self.boundaries):
            yield Phase(Kind.PIECE, "piece", ("boundaries", number), in_steps(boundary))

    def _clocks(self) -> tuple[list[int], list[int]]:
        """For each piece, the step from which its rate is used, and the step at which it counts 0."""
        starts = [0, *map(in_steps, self.boundaries)]
        return starts, [0] * len(starts) if self.shared_clock else starts
