"""``OptimizerSpec`` and the optimizers of Keras."""

from __future__ import annotations

from collections.abc import Iterator

from keras_optkit.specs.base import Conflict, Spec
from keras_optkit.specs.fields import AccumulationSteps, Count, Flag, Momentum, Name, NonNegative, Positive
from keras_optkit.specs.registry import register_spec
from keras_optkit.specs.schedules import LearningRate


class OptimizerSpec(Spec):
    """The base of all optimizers, with the fields that every Keras optimizer has.

    Attributes:
        learning_rate: a rate > 0 per step (one batch), or a schedule.
        weight_decay: >= 0; each update first takes ``weight_decay * learning_rate * w`` away from each weight ``w``
            (decoupled decay: Loshchilov and Hutter 2017, arXiv:1711.05101).
        clipnorm: > 0; each variable's gradient is scaled down to have at most this L2 norm.
        clipvalue: > 0; each element of a gradient is cut to at most this size.
        global_clipnorm: > 0; all gradients are scaled down together to have at most this L2 norm. Only one of the
            three can be set.
        use_ema: whether to keep an exponential moving average of the weights, which ``fit`` writes into the model
            when it ends.
        ema_momentum: in [0, 1), the share of the average that is kept at each step; needs ``use_ema``.
        ema_overwrite_frequency: the number of updates, > 0, after which the average is written into the model also
            during training; needs ``use_ema``.
        loss_scale_factor: > 0; the loss is multiplied by it and the gradients are divided by it.
        gradient_accumulation_steps: the number of batches whose gradients are averaged for one update. 1 means no
            accumulation and is kept as None.
        name: the optimizer's name; None lets Keras choose one.
    """

    learning_rate: LearningRate
    weight_decay: NonNegative | None = None
    clipnorm: Positive | None = None
    clipvalue: Positive | None = None
    global_clipnorm: Positive | None = None
    use_ema: Flag = False
    ema_momentum: Momentum = 0.99
    ema_overwrite_frequency: Count | None = None
    loss_scale_factor: Positive | None = None
    gradient_accumulation_steps: AccumulationSteps = None
    name: Name | None = None

    def conflicts(self) -> Iterator[Conflict]:
        if (self.clipnorm, self.clipvalue, self.global_clipnorm).count(None) < 2:
            *others, last = (name for name in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, name))
            yield Conflict(last, f"only one of {', '.join(others)} and {last} can be set")
        if not self.use_ema:
            if self.ema_momentum != 0.99:
                yield Conflict("ema_momentum", "has no effect without use_ema=True")
            if self.ema_overwrite_frequency is not None:
                yield Conflict("ema_overwrite_frequency", "has no effect without use_ema=True")


@register_spec
class SGDSpec(OptimizerSpec):
    """Stochastic gradient descent with momentum, as ``keras.optimizers.SGD``.

    For weights ``w`` with gradient ``g``: ``v = momentum * v - learning_rate * g``, then ``w = w + v``; with
    ``nesterov``, ``w = w + momentum * v - learning_rate * g``.
    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning".

    Attributes:
        momentum: in [0, 1); 0 is plain gradient descent.
        nesterov: whether to look ahead as Nesterov's method does; needs ``momentum`` > 0.
    """

    learning_rate: LearningRate = 0.01
    momentum: Momentum = 0.0
    nesterov: Flag = False

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        if self.nesterov and self.momentum == 0:
            yield Conflict("nesterov", "has no effect without momentum: set it, for example to 0.9")


@register_spec
class AdamSpec(OptimizerSpec):
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
