"""``CosineDecaySpec``, as Keras's ``CosineDecay``."""

from collections.abc import Iterator
from typing import Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.fields import DecaySteps, Fraction, Name, Rate, RateOrZero, StepsOrZero
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.counting import between, half_cosine
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.value import Conflict


@register_spec
class CosineDecaySpec(ScheduleSpec, mirrors_keras=True):
    """Cosine decay with an optional linear warm-up, as ``keras.optimizers.schedules.CosineDecay``.

    ``rate(step) = start * ((1 - alpha) * (1 + cos(pi * t)) / 2 + alpha)`` with ``t = min(step, decay_steps) /
    decay_steps`` and ``start = initial_learning_rate``. With a warm-up, the rate first rises linearly from
    ``initial_learning_rate`` to ``warmup_target`` in ``warmup_steps``. The cosine starts there and counts its own steps
    from 0. Source: Loshchilov and Hutter 2016, arXiv:1608.03983.

    Attributes:
        initial_learning_rate: the rate at step 0, > 0, or >= 0 with a warm-up.
        decay_steps: the length of the cosine, > 0, without the warm-up.
        alpha: the last rate as a fraction, in [0, 1], of the rate at which the cosine starts.
        name: the name of the operation in Keras's graph.
        warmup_target: the rate at the end of the warm-up, > 0 and not below ``initial_learning_rate``.
        warmup_steps: the length of the warm-up; set it together with ``warmup_target``.

    Examples:
        >>> spec = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000, alpha=0.1)
        >>> learning_rates(spec, [0, 500, 1000, 2000]).round(6).tolist()
        [0.1, 0.055, 0.01, 0.01]
    """

    initial_learning_rate: RateOrZero
    decay_steps: DecaySteps
    alpha: Fraction = 0.0
    name: Name = "CosineDecay"
    warmup_target: Rate | None = None
    warmup_steps: StepsOrZero = 0

    def conflicts(self) -> Iterator[Conflict]:
        if self.warmup_target is None:
            if self.warmup_steps:
                yield Conflict("warmup_steps", "has no effect without warmup_target")
            elif self.initial_learning_rate == 0:
                yield Conflict("initial_learning_rate", "must be > 0; 0 needs warmup_target and warmup_steps")
        elif not self.warmup_steps:
            yield Conflict("warmup_target", "needs warmup_steps > 0")
        elif self.warmup_target < self.initial_learning_rate:
            rule = f"must not be below initial_learning_rate ({self.initial_learning_rate!r})"
            yield Conflict("warmup_target", rule)

    def value(self, step: Any, xp: Any = np) -> Any:
        warmup, length = in_steps(self.warmup_steps), in_steps(self.decay_steps)
        start = self.initial_learning_rate if self.warmup_target is None else self.warmup_target
        decaying = xp.maximum(step - warmup, 0) if warmup else step
        decay = between(self.alpha * start, start, half_cosine(decaying, length, xp), xp)
        if not warmup:
            return decay
        return xp.where(step < warmup, between(self.initial_learning_rate, start, step / warmup, xp), decay)

    def _phases(self) -> Iterator[Phase]:
        warmup = in_steps(self.warmup_steps)
        yield Phase(Kind.WARMUP, "warm-up", ("warmup_steps",), warmup)
        yield Phase(Kind.DECAY, "decay", ("decay_steps",), warmup + in_steps(self.decay_steps))
