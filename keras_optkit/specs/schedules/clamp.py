"""``ClampSpec``: limits the rate of a schedule."""

from collections.abc import Iterable, Iterator
from typing import Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Rate, RateOrZero
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.value import Conflict


@register_spec
class ClampSpec(ScheduleSpec):
    """The rate of any schedule, but never below ``minimum`` and never above ``maximum``.

    ``rate(step) = min(max(schedule(step), minimum), maximum)``.

    Attributes:
        schedule: the schedule whose rate is limited.
        minimum: the lowest rate, >= 0.
        maximum: the highest rate, > ``minimum``; None means no limit. Set at least one of the two.

    Examples:
        >>> decay = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=100, decay_rate=0.5)
        >>> learning_rates(ClampSpec(schedule=decay, minimum=0.02), [0, 100, 200, 300, 1000]).round(6).tolist()
        [0.1, 0.05, 0.025, 0.02, 0.02]
    """

    schedule: ScheduleSpec
    minimum: RateOrZero = 0.0
    maximum: Rate | None = None

    def conflicts(self) -> Iterator[Conflict]:
        if self.maximum is None:
            if self.minimum == 0:
                yield Conflict("minimum", "must be > 0 if no maximum is given; a clamp without limits has no effect")
        elif self.maximum <= self.minimum:
            rule = f"must be > minimum ({self.minimum!r}); for a constant rate, use ConstantSpec"
            yield Conflict("maximum", rule)

    def value(self, step: Any, xp: Any = np) -> Any:
        rate = self.schedule.value(step, xp)
        if self.minimum:
            rate = xp.maximum(rate, self.minimum)
        return rate if self.maximum is None else xp.minimum(rate, self.maximum)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        return self.schedule.landmarks()
