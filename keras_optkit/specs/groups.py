"""Which variables: patterns over variable paths, and ``ParamGroup``, what differs for the variables they select."""

from __future__ import annotations

from collections.abc import Iterator

from keras_optkit.specs.fields import Listed, NonNegative
from keras_optkit.specs.patterns import Pattern
from keras_optkit.specs.value import Conflict, Value

#: The word that selects biases and the parameters of normalization layers.
BIAS_AND_NORM = "bias_and_norm"


Patterns = Listed[Pattern]


class ParamGroup(Value):
    """A group of variables with a learning rate or a weight decay of its own.

    A variable belongs to the first group that matches it; a variable that none matches is trained as the optimizer
    says. The group is trained as by an optimizer whose rate is ``learning_rate_multiplier`` times the rate: the step
    is scaled, and the weight decay with it, not the gradient.

    Attributes:
        match: a regular expression that is searched in the variable's path, beginning at a component of it
            (``"encoder"`` finds ``encoder/dense/kernel`` and ``net/encoder_2/bias``), or ``"bias_and_norm"``.
        learning_rate_multiplier: >= 0; 0 freezes the group.
        weight_decay: >= 0; None leaves it at the optimizer's.
    """

    match: Pattern
    learning_rate_multiplier: NonNegative = 1.0
    weight_decay: NonNegative | None = None

    def conflicts(self) -> Iterator[Conflict]:
        if self.learning_rate_multiplier == 0 and self.weight_decay:
            yield Conflict("weight_decay", "has no effect on a frozen group (learning_rate_multiplier=0)")


def is_bias_or_norm(path: str) -> bool:
    """Whether the last name in ``path`` is one that Keras gives to biases and to normalization's parameters."""
    name = path.rpartition("/")[2]
    return "bias" in name.split("_") or name in {"gamma", "beta", "scale"}
