"""``ConstantSpec``: one rate."""

from typing import Annotated, Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.errors import IfZero
from keras_optkit.specs.fields import Rate
from keras_optkit.specs.schedules.base import ScheduleSpec


@register_spec
class ConstantSpec(ScheduleSpec):
    """The same rate at every step. Use it as a piece of a ``JoinSpec``.

    Attributes:
        learning_rate: the rate, > 0.

    Examples:
        >>> learning_rates(ConstantSpec(learning_rate=0.1), [0, 10, 1000]).tolist()
        [0.1, 0.1, 0.1]
    """

    learning_rate: Annotated[Rate, IfZero("to freeze weights, set trainable=False")]

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.learning_rate
