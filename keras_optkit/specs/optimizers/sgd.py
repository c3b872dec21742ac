"""``SGDSpec``, as Keras's ``SGD``."""

from collections.abc import Iterator

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Flag, Momentum
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.optimizers.base import OptimizerSpec
from keras_optkit.specs.value import Conflict


@register_spec
class SGDSpec(OptimizerSpec):
    """Stochastic gradient descent with momentum, as ``keras.optimizers.SGD``.

    For weights ``w`` with gradient ``g``: ``v = momentum * v - learning_rate * g``, then ``w = w + v``; with
    ``nesterov``, ``w = w + momentum * v - learning_rate * g``.
    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning".

    Attributes:
        momentum: in [0, 1); 0 is plain gradient descent.
        nesterov: whether to use Nesterov momentum; needs ``momentum`` > 0.

    Examples:
        >>> weight = keras.Variable([1.0])
        >>> optimizer = build_optimizer(SGDSpec(learning_rate=0.1))
        >>> optimizer.apply([keras.ops.array([2.0])], [weight])
        >>> print(f"{weight.numpy()[0]:.4f}")  # 1 - 0.1 * 2
        0.8000
    """

    learning_rate: LearningRate = 0.01
    momentum: Momentum = 0.0
    nesterov: Flag = False

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        if self.nesterov and self.momentum == 0:
            yield Conflict("nesterov", "has no effect without momentum; set it, for example to 0.9")
