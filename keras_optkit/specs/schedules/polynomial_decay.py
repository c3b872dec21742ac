"""``PolynomialDecaySpec``, as Keras's ``PolynomialDecay``."""

from collections.abc import Iterator
from typing import Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.fields import DecaySteps, Flag, InitialRate, Name, Positive, RateOrZero
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.counting import periods, share
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.value import Conflict


@register_spec
class PolynomialDecaySpec(ScheduleSpec, mirrors_keras=True):
    """Polynomial decay, as ``keras.optimizers.schedules.PolynomialDecay``.

    ``rate(step) = (initial_learning_rate - end_learning_rate) * (1 - t) ** power + end_learning_rate`` with
    ``t = min(step, decay_steps) / decay_steps``. With ``cycle``, ``t = step / n``, where n is the first multiple of
    ``decay_steps`` that is not below ``step`` (and not 0).

    Attributes:
        initial_learning_rate: the rate at step 0, > 0. (For a rise, use ``RampSpec``.)
        decay_steps: the length of the decay, > 0.
        end_learning_rate: the rate at the end of the decay, >= 0 and not above ``initial_learning_rate``.
        power: > 0; 1 is linear.
        cycle: whether the rate rises again after the end.
        name: the name of the operation in Keras's graph.

    Examples:
        >>> spec = PolynomialDecaySpec(initial_learning_rate=0.1, decay_steps=100, end_learning_rate=0.02, power=2)
        >>> learning_rates(spec, [0, 50, 100, 200]).round(6).tolist()
        [0.1, 0.04, 0.02, 0.02]
    """

    initial_learning_rate: InitialRate
    decay_steps: DecaySteps
    end_learning_rate: RateOrZero = 0.0001
    power: Positive = 1.0
    cycle: Flag = False
    name: Name = "PolynomialDecay"

    def conflicts(self) -> Iterator[Conflict]:
        if self.end_learning_rate > self.initial_learning_rate:
            rule = (
                f"must not be above initial_learning_rate ({self.initial_learning_rate!r}); the rate would rise: set "
                "end_learning_rate (the default is 0.0001), or use RampSpec for a rise"
            )
            yield Conflict("end_learning_rate", rule)

    def value(self, step: Any, xp: Any = np) -> Any:
        length: Any = in_steps(self.decay_steps)
        if self.cycle:
            length = length * xp.maximum(periods(step + (length - 1), length, xp), 1.0)
        t = share(step, length, xp)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * xp.power(1.0 - t, self.power) + self.end_learning_rate

    def _phases(self) -> Iterator[Phase]:
        kind, name = (Kind.PERIOD, "first cycle") if self.cycle else (Kind.DECAY, "decay")
        yield Phase(kind, name, ("decay_steps",), in_steps(self.decay_steps))
