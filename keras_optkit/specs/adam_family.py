"""Keras's optimizers of Adam's family: those that step along an average of gradients, one size for each weight."""

from __future__ import annotations

from collections.abc import Iterator

from keras_optkit.specs.base import Conflict
from keras_optkit.specs.durations import Duration
from keras_optkit.specs.fields import Flag, Momentum, NonNegative, Positive, PositiveMomentum, StepsOrZero
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers import MirroredOptimizerSpec
from keras_optkit.specs.registry import register_spec


@register_spec
class AdamSpec(MirroredOptimizerSpec):
    """Adam, as ``keras.optimizers.Adam``.

    For weights ``w`` with gradient ``g`` at update t (from 1): ``m = beta_1 * m + (1 - beta_1) * g``,
    ``v = beta_2 * v + (1 - beta_2) * g**2``, then
    ``w = w - learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)``.
    Source: Kingma and Ba 2014, arXiv:1412.6980; ``amsgrad``: Reddi et al. 2018, arXiv:1904.09237.

    Attributes:
        beta_1: in [0, 1), the decay of the first moment ``m``.
        beta_2: in [0, 1), the decay of the second moment ``v``.
        epsilon: > 0; the paper's "epsilon hat", which is added before the bias correction.
        amsgrad: whether to divide by the largest ``v`` so far instead of the last.
    """

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7
    amsgrad: Flag = False


@register_spec
class AdamWSpec(MirroredOptimizerSpec):
    """Adam with decoupled weight decay, as ``keras.optimizers.AdamW``.

    Adam's step, after ``w = w - learning_rate * weight_decay * w``.
    Source: Loshchilov and Hutter 2017, arXiv:1711.05101.

    Attributes:
        weight_decay: >= 0; unlike elsewhere it cannot be None.
        beta_1: in [0, 1), the decay of the first moment.
        beta_2: in [0, 1), the decay of the second moment.
        epsilon: > 0, as in ``AdamSpec``.
        amsgrad: as in ``AdamSpec``.
    """

    learning_rate: LearningRate = 0.001
    # Narrower than in the base, which is safe because specs are frozen.
    weight_decay: NonNegative = 0.004  # pyright: ignore[reportIncompatibleVariableOverride]
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7
    amsgrad: Flag = False


@register_spec
class AdamaxSpec(MirroredOptimizerSpec):
    """Adamax, as ``keras.optimizers.Adamax``: Adam with the largest instead of the mean squared gradient.

    For weights ``w`` with gradient ``g`` at update t (from 1): ``m = beta_1 * m + (1 - beta_1) * g``,
    ``u = max(beta_2 * u, |g|)``, then ``w = w - learning_rate / (1 - beta_1**t) * m / (u + epsilon)``.
    Source: Kingma and Ba 2014, arXiv:1412.6980, section 7.1.

    Attributes:
        beta_1: in [0, 1), the decay of the first moment ``m``.
        beta_2: in [0, 1), the decay of the infinity norm ``u``.
        epsilon: > 0.
    """

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7


@register_spec
class NadamSpec(MirroredOptimizerSpec):
    """Adam with Nesterov momentum, as ``keras.optimizers.Nadam``.

    The momentum at update t is ``u_t = beta_1 * (1 - 0.5 * 0.96**t)``; the step goes along
    ``u_{t+1} * m / (1 - u_1 ... u_{t+1}) + (1 - u_t) * g / (1 - u_1 ... u_t)`` instead of Adam's corrected ``m``.
    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam".

    Attributes:
        beta_1: in [0, 1), the decay of the first moment ``m``.
        beta_2: in [0, 1), the decay of the second moment.
        epsilon: > 0.
    """

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7


@register_spec
class LionSpec(MirroredOptimizerSpec):
    """Lion, as ``keras.optimizers.Lion``: steps of one size along the sign of a momentum.

    For weights ``w`` with gradient ``g``: ``w = w - learning_rate * sign(beta_1 * m + (1 - beta_1) * g)``, then
    ``m = beta_2 * m + (1 - beta_2) * g``. Its rates are 3 to 10 times smaller than AdamW's.
    Source: Chen et al. 2023, arXiv:2302.06675.

    Attributes:
        beta_1: in (0, 1), the share of the momentum in the step.
        beta_2: in [0, 1), the decay of the momentum.
    """

    learning_rate: LearningRate = 0.001
    beta_1: PositiveMomentum = 0.9
    beta_2: Momentum = 0.99


@register_spec
class LambSpec(MirroredOptimizerSpec):
    """Lamb, as ``keras.optimizers.Lamb``: Adam whose step is scaled to the size of each variable.

    With Adam's corrected quotient ``u = m_hat / (sqrt(v_hat) + epsilon)``:
    ``w = w - learning_rate * |w| / |u| * u``, with L2 norms over the variable (a factor of 1 where one of them is 0).
    Source: You et al. 2019, arXiv:1904.00962.

    Attributes:
        beta_1: in [0, 1), the decay of the first moment.
        beta_2: in [0, 1), the decay of the second moment.
        epsilon: > 0.
    """

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7


@register_spec
class ScheduleFreeAdamWSpec(MirroredOptimizerSpec):
    """Schedule-free AdamW, as ``keras.optimizers.ScheduleFreeAdamW``.

    Adam's step is taken by a second copy ``z`` of the weights; ``x`` is the running mean of ``z``; the model trains
    at ``(1 - beta_1) * z + beta_1 * x``. No schedule is needed.
    Source: Defazio et al. 2024, arXiv:2405.15682.

    Attributes:
        beta_1: in (0, 1), the share of the mean in the weights that are trained.
        beta_2: in [0, 1), the decay of the second moment.
        epsilon: > 0.
        warmup_steps: the length of a linear warm-up from 0, >= 0. Keras counts updates here; under
            ``gradient_accumulation_steps`` it must therefore be a number.
    """

    learning_rate: LearningRate = 0.0025
    beta_1: PositiveMomentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-8
    warmup_steps: StepsOrZero = 0

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        if self.gradient_accumulation_steps and isinstance(self.warmup_steps, Duration):
            rule = "must be a number of updates under gradient_accumulation_steps, where an update is not a step"
            yield Conflict("warmup_steps", rule)
