"""``InverseTimeDecaySpec``, as Keras's ``InverseTimeDecay``."""

from collections.abc import Iterable
from typing import Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.fields import DecaySteps, Flag, InitialRate, Name, NonNegative
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.counting import periods
from keras_optkit.specs.schedules.phase import Kind, Phase


@register_spec
class InverseTimeDecaySpec(ScheduleSpec, mirrors_keras=True):
    """Inverse time decay, as ``keras.optimizers.schedules.InverseTimeDecay``.

    ``rate(step) = initial_learning_rate / (1 + decay_rate * step / decay_steps)``. With ``staircase`` the quotient
    ``step / decay_steps`` is rounded down. With ``decay_steps=1`` this is the ``decay`` of Keras 2.

    Attributes:
        initial_learning_rate: the rate at step 0, > 0.
        decay_steps: the number of steps, > 0, after which the denominator has grown by ``decay_rate`` once.
        decay_rate: >= 0.
        staircase: whether the rate drops in steps instead of continuously.
        name: the name of the operation in Keras's graph.

    Examples:
        >>> spec = InverseTimeDecaySpec(initial_learning_rate=0.1, decay_steps=100, decay_rate=1)
        >>> learning_rates(spec, [0, 100, 300, 900]).round(6).tolist()
        [0.1, 0.05, 0.025, 0.01]
    """

    initial_learning_rate: InitialRate
    decay_steps: DecaySteps
    decay_rate: NonNegative
    staircase: Flag = False
    name: Name = "InverseTimeDecay"

    def value(self, step: Any, xp: Any = np) -> Any:
        length = in_steps(self.decay_steps)
        over = periods(step, length, xp) if self.staircase else step / length
        return self.initial_learning_rate / (1.0 + self.decay_rate * over)

    def _phases(self) -> Iterable[Phase]:
        yield Phase(Kind.ENDLESS, "decay", ("decay_steps",), 0)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield in_steps(self.decay_steps), f"divided by {1 + self.decay_rate:g}"
