"""``ExponentialDecaySpec``, as Keras's ``ExponentialDecay``."""

from collections.abc import Iterable
from typing import Annotated, Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.fields import DecaySteps, Flag, InitialRate, Name, Range
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.counting import periods
from keras_optkit.specs.schedules.phase import Kind, Phase


@register_spec
class ExponentialDecaySpec(ScheduleSpec, mirrors_keras=True):
    """Exponential decay, as ``keras.optimizers.schedules.ExponentialDecay``.

    ``rate(step) = initial_learning_rate * decay_rate ** (step / decay_steps)``. With ``staircase`` the exponent is
    rounded down, so the rate drops once every ``decay_steps``.

    Attributes:
        initial_learning_rate: the rate at step 0, > 0.
        decay_steps: the number of steps, > 0, after which the rate has been multiplied by ``decay_rate`` once.
        decay_rate: in (0, 1]. (For a rate that grows, use ``RampSpec``.)
        staircase: whether the rate drops in steps instead of continuously.
        name: the name of the operation in Keras's graph.

    Examples:
        >>> spec = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=100, decay_rate=0.25)
        >>> learning_rates(spec, [0, 50, 100, 200]).round(6).tolist()
        [0.1, 0.05, 0.025, 0.00625]
    """

    initial_learning_rate: InitialRate
    decay_steps: DecaySteps
    decay_rate: Annotated[float, Range("(0, 1]", "for a rate that grows, use RampSpec with shape='exponential'")]
    staircase: Flag = False
    name: Name = "ExponentialDecay"

    def value(self, step: Any, xp: Any = np) -> Any:
        length = in_steps(self.decay_steps)
        over = periods(step, length, xp) if self.staircase else step / length
        return self.initial_learning_rate * xp.power(self.decay_rate, over)

    def _phases(self) -> Iterable[Phase]:
        yield Phase(Kind.ENDLESS, "decay", ("decay_steps",), 0)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield in_steps(self.decay_steps), f"decayed by {self.decay_rate:g} once"
