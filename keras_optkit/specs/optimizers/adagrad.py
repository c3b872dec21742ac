"""``AdagradSpec``, as Keras's ``Adagrad``."""

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import NonNegative, Positive
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec


@register_spec
class AdagradSpec(OptimizerSpec):
    """Adagrad, as ``keras.optimizers.Adagrad``.

    For weights ``w`` with gradient ``g``: ``n = n + g**2``, then ``w = w - learning_rate * g / sqrt(n + epsilon)``.
    Source: Duchi et al. 2011, JMLR 12.

    Attributes:
        initial_accumulator_value: >= 0, the initial value of ``n``.
        epsilon: > 0, under the root.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(AdagradSpec(learning_rate=0.1, initial_accumulator_value=0))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # 1 - 0.1 * 2 / sqrt(2**2)
        0.9000
    """

    learning_rate: LearningRate = 0.001
    initial_accumulator_value: NonNegative = 0.1
    epsilon: Positive = 1e-7
