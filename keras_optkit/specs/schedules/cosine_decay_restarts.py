"""``CosineDecayRestartsSpec``, as Keras's ``CosineDecayRestarts``."""

import math
from collections.abc import Iterator
from typing import Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.fields import DecaySteps, Factor, Fraction, InitialRate, Name, Positive
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.counting import periods, rest
from keras_optkit.specs.schedules.phase import Kind, Phase


@register_spec
class CosineDecayRestartsSpec(ScheduleSpec, mirrors_keras=True):
    """Cosine decay with warm restarts, as ``keras.optimizers.schedules.CosineDecayRestarts``.

    Period i (from 0) lasts ``first_decay_steps * t_mul ** i`` steps. In it, with t the fraction of the period that has
    passed, ``rate = initial_learning_rate * ((1 - alpha) * m_mul ** i * (1 + cos(pi * t)) / 2 + alpha)``.
    Source: Loshchilov and Hutter 2016, arXiv:1608.03983.

    Attributes:
        initial_learning_rate: the rate at step 0, > 0.
        first_decay_steps: the length of the first period, > 0.
        t_mul: how much longer each period is than the one before, >= 1.
        m_mul: how much higher each period starts than the one before, > 0.
        alpha: the lowest rate as a fraction, in [0, 1], of ``initial_learning_rate``.
        name: the name of the operation in Keras's graph.

    Examples:
        >>> spec = CosineDecayRestartsSpec(initial_learning_rate=0.1, first_decay_steps=100, m_mul=0.5)
        >>> learning_rates(spec, [0, 50, 100, 200, 300]).round(6).tolist()
        [0.1, 0.05, 0.05, 0.025, 0.025]
    """

    initial_learning_rate: InitialRate
    first_decay_steps: DecaySteps
    t_mul: Factor = 2.0
    m_mul: Positive = 1.0
    alpha: Fraction = 0.0
    name: Name = "SGDRDecay"

    def value(self, step: Any, xp: Any = np) -> Any:
        first, grow = in_steps(self.first_decay_steps), self.t_mul
        if np.float32(grow) == 1:  # Keras compares in float32 too
            period = periods(step, first, xp)
            t = rest(step, first, xp) / first
        else:

            def begin(period: Any) -> Any:
                return first * ((xp.power(grow, period) - 1.0) / (grow - 1.0))

            period = xp.floor(xp.log(1.0 + (step / first) * (grow - 1.0)) / math.log(grow))
            # At a restart, a rounding error in the logarithm would be off by a whole period.
            period = xp.where(step < begin(period), period - 1.0, period)
            period = xp.where(step < begin(period + 1.0), period, period + 1.0)
            t = (step - begin(period)) / (first * xp.power(grow, period))
        start = self.initial_learning_rate
        wave = xp.power(self.m_mul, period) * (0.5 * (1.0 + xp.cos(math.pi * t)))
        return start * ((1.0 - self.alpha) * wave + self.alpha)

    def _phases(self) -> Iterator[Phase]:
        yield Phase(Kind.PERIOD, "first period", ("first_decay_steps",), in_steps(self.first_decay_steps))
