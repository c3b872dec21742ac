"""``WarmupStableDecaySpec``."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import Duration, in_one_unit, in_steps
from keras_optkit.specs.errors import IfZero
from keras_optkit.specs.fields import Positive, Rate, RateOrZero, Steps, StepsOrZero
from keras_optkit.specs.schedules.constant import ConstantSpec
from keras_optkit.specs.schedules.join import JoinSpec
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.schedules.ramp import RampSpec, Shape, power_without_polynomial
from keras_optkit.specs.schedules.recipe import Recipe
from keras_optkit.specs.value import Conflict


@register_spec
class WarmupStableDecaySpec(Recipe):
    """Linear warm-up, a stable phase at the peak, and a decay at the end of the run.

    Source: Hu et al. 2024, arXiv:2404.06395 (MiniCPM); the "1-sqrt" decay, ``shape="polynomial", power=0.5``:
    Haegele et al. 2024, arXiv:2405.18392.

    Attributes:
        peak_learning_rate: the rate of the stable phase, > 0.
        warmup_steps: the length of the warm-up, >= 0.
        decay_steps: the length of the decay, > 0.
        total_steps: the length of the three phases together. The stable phase is the rest, and at least 1 step long.
        initial_learning_rate: the rate at step 0, >= 0 and not above the peak.
        end_learning_rate: the rate from ``total_steps`` on, >= 0 and not above the peak.
        shape: the shape of the decay, as in ``RampSpec``.
        power: > 0, for ``shape="polynomial"``.

    Examples:
        >>> spec = WarmupStableDecaySpec(peak_learning_rate=0.1, warmup_steps=10, decay_steps=20, total_steps=100)
        >>> learning_rates(spec, [0, 5, 10, 80, 90, 100]).round(6).tolist()
        [0.0, 0.05, 0.1, 0.1, 0.05, 0.0]
    """

    peak_learning_rate: Rate
    warmup_steps: StepsOrZero
    decay_steps: Annotated[Steps, IfZero("without a decay, use WarmupSpec")]
    total_steps: Steps = Duration("100%")
    initial_learning_rate: RateOrZero = 0.0
    end_learning_rate: RateOrZero = 0.0
    shape: Shape = "linear"
    power: Positive = 1.0

    def conflicts(self) -> Iterator[Conflict]:
        yield from power_without_polynomial(self.shape, self.power)
        for field in ("initial_learning_rate", "end_learning_rate"):
            if getattr(self, field) > self.peak_learning_rate:
                yield Conflict(field, f"must not be above peak_learning_rate ({self.peak_learning_rate:g})")
        if self.shape == "exponential" and self.end_learning_rate == 0:
            yield Conflict("end_learning_rate", "must be > 0 for an exponential decay; it never reaches 0")
        amounts = in_one_unit(self.total_steps, self.warmup_steps, self.decay_steps)
        if amounts and amounts[0] <= amounts[1] + amounts[2]:
            rule = (
                f"leaves no stable phase; the warm-up of {self.warmup_steps} and the decay of {self.decay_steps} take "
                f"up all {self.total_steps}"
            )
            yield Conflict("total_steps", rule)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield in_steps(self.total_steps) - in_steps(self.decay_steps), "decay begins"
        yield from super().landmarks()

    def _phases(self) -> Iterator[Phase]:
        yield Phase(Kind.WARMUP, "warm-up", ("warmup_steps",), in_steps(self.warmup_steps))
        yield Phase(Kind.DECAY, "decay", ("total_steps",), in_steps(self.total_steps))

    def expand(self) -> JoinSpec:
        warmup, decay, total = map(in_steps, (self.warmup_steps, self.decay_steps, self.total_steps))
        peak = self.peak_learning_rate
        down = RampSpec(
            initial_learning_rate=peak,
            end_learning_rate=self.end_learning_rate,
            steps=decay,
            shape=self.shape,
            power=self.power,
        )
        stable = ConstantSpec(learning_rate=peak)
        if not warmup:
            return JoinSpec(schedules=(stable, down), boundaries=(total - decay,))
        up = RampSpec(initial_learning_rate=self.initial_learning_rate, end_learning_rate=peak, steps=warmup)
        return JoinSpec(schedules=(up, stable, down), boundaries=(warmup, total - decay))
