"""``WarmupSpec``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps, is_resolved
from keras_optkit.specs.fields import Positive, RateOrZero, Steps
from keras_optkit.specs.numbers import LARGEST
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.join import JoinSpec
from keras_optkit.specs.schedules.ramp import RampSpec, Shape, power_without_polynomial
from keras_optkit.specs.schedules.recipe import Recipe
from keras_optkit.specs.value import Conflict


@register_spec
class WarmupSpec(Recipe):
    """Any schedule after a warm-up: a ramp to the schedule's first rate, then the schedule from its own step 0.

    Source: Goyal et al. 2017, arXiv:1706.02677.

    >>> cosine = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=900)
    >>> learning_rates(WarmupSpec(schedule=cosine, warmup_steps=100), [0, 50, 100, 550, 1000]).round(6).tolist()
    [0.0, 0.05, 0.1, 0.05, 0.0]

    Attributes:
        schedule: what follows the warm-up.
        warmup_steps: the length of the warm-up, > 0.
        initial_learning_rate: the rate at step 0, >= 0 and not above the schedule's first rate.
        shape: the shape of the warm-up, as in ``RampSpec``; ``"exponential"`` needs an ``initial_learning_rate`` > 0.
        power: > 0, for ``shape="polynomial"``.
    """

    schedule: ScheduleSpec
    warmup_steps: Steps
    initial_learning_rate: RateOrZero = 0.0
    shape: Shape = "linear"
    power: Positive = 1.0

    def conflicts(self) -> Iterator[Conflict]:
        yield from power_without_polynomial(self.shape, self.power)
        try:
            first = float(self.schedule.value(0)) if is_resolved(self.schedule) else None
        except Exception as error:  # anything may be wrong in a value() of somebody's own
            yield Conflict("schedule", f"has no rate at step 0 ({type(error).__name__}: {error})")
            return
        if first is not None and not 0 <= first <= LARGEST:
            yield Conflict("schedule", f"must begin with a rate that float32 can hold, and begins with {first:g}")
        elif first == 0:
            yield Conflict("schedule", "must begin with a rate > 0, which the warm-up can reach")
        elif first is not None and first < self.initial_learning_rate:
            rule = f"must not be above the first rate of the schedule ({first:g})"
            yield Conflict("initial_learning_rate", rule)
        elif self.shape == "exponential" and self.initial_learning_rate == 0:
            yield Conflict("initial_learning_rate", "must be > 0 for an exponential warm-up, which never leaves 0")

    def landmarks(self) -> Iterable[tuple[int, str]]:
        warmup = in_steps(self.warmup_steps)
        yield warmup, "end of the warm-up"
        for step, text in self.schedule.landmarks():
            yield warmup + step, text

    def expand(self) -> JoinSpec:
        warmup = in_steps(self.warmup_steps)
        ramp = RampSpec(
            initial_learning_rate=self.initial_learning_rate,
            end_learning_rate=float(self.schedule.value(0)),
            steps=warmup,
            shape=self.shape,
            power=self.power,
        )
        return JoinSpec(schedules=(ramp, self.schedule), boundaries=(warmup,))
