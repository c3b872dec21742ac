"""``AdamWSpec``, as Keras's ``AdamW``."""

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Flag, Momentum, NonNegative, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class AdamWSpec(OptimizerSpec):
    """Adam with decoupled weight decay, as ``keras.optimizers.AdamW``.

    Adam's step, after ``w = w - learning_rate * weight_decay * w``.
    Source: Loshchilov and Hutter 2017, arXiv:1711.05101.

    Attributes:
        weight_decay: >= 0; it cannot be None here.
        beta_1: in [0, 1), the decay of the first moment.
        beta_2: in [0, 1), the decay of the second moment.
        epsilon: > 0, as in ``AdamSpec``.
        amsgrad: as in ``AdamSpec``.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(AdamWSpec(learning_rate=0.1, weight_decay=0.5))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # a decay of 0.1 * 0.5, then a step of 0.1
        0.8500
    """

    learning_rate: LearningRate = 0.001
    # Narrower than in the base, which is safe because specs are frozen.
    weight_decay: NonNegative = 0.004  # pyright: ignore[reportIncompatibleVariableOverride]
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: Positive = 1e-7
    amsgrad: Flag = False
