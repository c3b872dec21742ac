"""``ScheduleFreeAdamWSpec``, as Keras's ``ScheduleFreeAdamW``."""

from collections.abc import Iterator
from typing import ClassVar

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import Duration
from keras_optkit.specs.fields import Momentum, Positive, PositiveMomentum, StepsOrZero
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec
from keras_optkit.specs.value import Conflict


@register_spec
class ScheduleFreeAdamWSpec(OptimizerSpec):
    """Schedule-free AdamW, as ``keras.optimizers.ScheduleFreeAdamW``.

    Adam updates a second copy ``z`` of the weights; ``x`` is the running mean of ``z``; the model trains at
    ``(1 - beta_1) * z + beta_1 * x``. It needs no schedule.
    Source: Defazio et al. 2024, arXiv:2405.15682.

    Attributes:
        beta_1: in (0, 1), the weight of the mean in the weights that the model trains at.
        beta_2: in [0, 1), the decay of the second moment.
        epsilon: > 0.
        warmup_steps: the length of a linear warm-up from 0, >= 0. Keras counts updates here, so with
            ``gradient_accumulation_steps`` it must be a number.

    Examples:
        >>> ScheduleFreeAdamWSpec(warmup_steps="5%").resolve(steps_per_epoch=100, epochs=20)
        ScheduleFreeAdamWSpec(warmup_steps=100)
    """

    since_keras: ClassVar[str] = "3.14"

    learning_rate: LearningRate = 0.0025
    beta_1: PositiveMomentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-8
    warmup_steps: StepsOrZero = 0

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        if self.gradient_accumulation_steps and isinstance(self.warmup_steps, Duration):
            rule = "must be a number with gradient_accumulation_steps; Keras counts updates here, not steps"
            yield Conflict("warmup_steps", rule)
