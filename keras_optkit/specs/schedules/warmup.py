"""``WarmupSpec``."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.errors import IfZero
from keras_optkit.specs.fields import Flag, Positive, RateOrZero, Steps
from keras_optkit.specs.numbers import LARGEST, SMALLEST
from keras_optkit.specs.resolving import is_resolved
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.join import JoinSpec
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.schedules.ramp import RampSpec, Shape, power_without_polynomial
from keras_optkit.specs.schedules.recipe import Recipe
from keras_optkit.specs.value import Conflict

# The rounding error allowed to a formula: half of 0.1 in the middle of a cosine is 0.05 - 7e-18.
_ROUNDING = 1e-12


@register_spec
class WarmupSpec(Recipe):
    """A warm-up before any schedule: a ramp to the schedule's first rate, then the schedule from its own step 0.

    With ``overlay`` the schedule begins with the run, and the ramp replaces its first ``warmup_steps``. The ramp rises
    to the rate of the schedule at ``warmup_steps``. This is the warm-up of TensorFlow's Model Garden.
    Source: Goyal et al. 2017, arXiv:1706.02677.

    Attributes:
        schedule: the schedule that follows the warm-up or, with ``overlay``, starts under it.
        warmup_steps: the length of the warm-up, > 0.
        initial_learning_rate: the rate at step 0, >= 0 and not above the rate at the end of the warm-up.
        shape: the shape of the warm-up, as in ``RampSpec``; ``"exponential"`` needs an ``initial_learning_rate`` > 0.
        power: > 0, for ``shape="polynomial"``.
        overlay: whether the schedule counts the steps of the warm-up too.

    Examples:
        >>> cosine = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=900)
        >>> learning_rates(WarmupSpec(schedule=cosine, warmup_steps=100), [0, 50, 100, 550, 1000]).round(6).tolist()
        [0.0, 0.05, 0.1, 0.05, 0.0]
        >>> overlay = WarmupSpec(schedule=cosine, warmup_steps=300, overlay=True)
        >>> learning_rates(overlay, [0, 150, 300, 450, 900]).round(6).tolist()
        [0.0, 0.0375, 0.075, 0.05, 0.0]
    """

    schedule: ScheduleSpec
    warmup_steps: Annotated[Steps, IfZero("without a warm-up, use the schedule itself")]
    initial_learning_rate: RateOrZero = 0.0
    shape: Shape = "linear"
    power: Positive = 1.0
    overlay: Flag = False

    def conflicts(self) -> Iterator[Conflict]:
        yield from power_without_polynomial(self.shape, self.power)
        try:
            top = self._top() if self._knows_top() else None
        except Exception as error:  # a user's own value() can raise anything
            yield Conflict("schedule", f"has no rate at step {self._meeting()}; {type(error).__name__}: {error}")
            return
        at = f"at step {self.warmup_steps}" if self.overlay else "at its first step"
        which = f"rate of the schedule at step {self.warmup_steps}" if self.overlay else "first rate of the schedule"
        if top is not None and not 0 <= top <= LARGEST:
            yield Conflict("schedule", f"must have a rate that float32 can represent {at}, not {top:g}")
        elif top is not None and top < SMALLEST:
            yield Conflict("schedule", f"must have a rate > 0 {at}" + f", not {top:g}" * bool(top))
        elif top is not None and top < self.initial_learning_rate * (1 - _ROUNDING):
            yield Conflict("initial_learning_rate", f"must not be above the {which} ({top:g})")
        elif self.shape == "exponential" and self.initial_learning_rate == 0:
            yield Conflict("initial_learning_rate", "must be > 0 for an exponential warm-up; it would never leave 0")

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield from super().landmarks()
        warmup = in_steps(self.warmup_steps)
        for step, text in self.schedule.landmarks():
            if not self.overlay:
                yield warmup + step, text
            elif step >= warmup:
                yield step, text

    def _phases(self) -> Iterator[Phase]:
        yield Phase(Kind.WARMUP, "warm-up", ("warmup_steps",), in_steps(self.warmup_steps))

    def expand(self) -> JoinSpec:
        warmup = in_steps(self.warmup_steps)
        ramp = RampSpec(
            initial_learning_rate=self.initial_learning_rate,
            end_learning_rate=self._top(),
            steps=warmup,
            shape=self.shape,
            power=self.power,
        )
        return JoinSpec(schedules=(ramp, self.schedule), boundaries=(warmup,), shared_clock=self.overlay)

    def _meeting(self) -> int:
        """The schedule's own step at which the warm-up ends."""
        return in_steps(self.warmup_steps) if self.overlay else 0

    def _top(self) -> float:
        return float(self.schedule.value(self._meeting()))

    def _knows_top(self) -> bool:
        return is_resolved(self.schedule) and (is_resolved(self.warmup_steps) or not self.overlay)
