"""Patterns that select variables by their paths, and ``ParamGroup``, the settings for the selected variables."""

from collections.abc import Iterator

from keras_optkit.specs.fields import NonNegative
from keras_optkit.specs.lists import Listed
from keras_optkit.specs.patterns import Pattern
from keras_optkit.specs.value import Conflict, Value

#: The word that selects biases and the parameters of normalization layers.
BIAS_AND_NORM = "bias_and_norm"
#: The word that selects embeddings.
EMBEDDINGS = "embeddings"
WORDS = (BIAS_AND_NORM, EMBEDDINGS)

Patterns = Listed[Pattern]


class ParamGroup(Value):
    """A group of variables with its own learning rate or weight decay.

    A variable belongs to the first group that matches it. A variable that no group matches uses the optimizer's
    settings. The group trains as if the optimizer's rate were multiplied by ``learning_rate_multiplier``. This scales
    the step and the weight decay, not the gradient.

    Attributes:
        match: a regular expression that is searched in the variable's path, starting at one of its components
            (``"encoder"`` matches ``encoder/dense/kernel`` and ``net/encoder_2/bias``). The word ``"bias_and_norm"``
            selects biases and the parameters of normalization layers, and ``"embeddings"`` selects embeddings.
        learning_rate_multiplier: >= 0; 0 freezes the group.
        weight_decay: >= 0; None uses the optimizer's.

    Examples:
        >>> slow = ParamGroup(match="encoder", learning_rate_multiplier=0.1)
        >>> AdamWSpec(groups=[slow, ParamGroup(match="head", weight_decay=0)]).groups[1]
        ParamGroup(match='head', weight_decay=0.0)
    """

    match: Pattern
    learning_rate_multiplier: NonNegative = 1.0
    weight_decay: NonNegative | None = None

    def conflicts(self) -> Iterator[Conflict]:
        if self.learning_rate_multiplier == 0 and self.weight_decay:
            yield Conflict("weight_decay", "has no effect on a frozen group (learning_rate_multiplier=0)")


def word_for(path: str) -> str | None:
    """The word that selects the variable at ``path``; "" if none does, None if the name alone is not enough to tell.

    The last name in the path is enough if it is one that Keras's layers give to their weights.
    """
    names = path.rpartition("/")[2].split("_")
    if "bias" in names or names[0] in {"gamma", "beta", "scale"}:
        return BIAS_AND_NORM
    if "embeddings" in names or "embedding" in names:
        return EMBEDDINGS
    return "" if "kernel" in names or "alpha" in names else None
