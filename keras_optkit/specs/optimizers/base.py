"""``OptimizerSpec``: the base of all optimizers."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from keras_optkit.specs.base import Spec
from keras_optkit.specs.fields import AccumulationSteps, Count, Flag, Momentum, Name, NonNegative, Positive
from keras_optkit.specs.groups import ParamGroup, Patterns
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.lists import Listed
from keras_optkit.specs.overriding import overridden
from keras_optkit.specs.tracebacks import short_traceback
from keras_optkit.specs.value import Conflict


class OptimizerSpec(Spec, kind=True):
    """The base of all optimizers, with the fields that every Keras optimizer has.

    Attributes:
        learning_rate: a rate > 0 per step (one batch), or a schedule.
        weight_decay: >= 0; each update first subtracts ``weight_decay * learning_rate * w`` from each weight ``w``
            (decoupled decay: Loshchilov and Hutter 2017, arXiv:1711.05101).
        clipnorm: > 0; the maximum L2 norm of each variable's gradient.
        clipvalue: > 0; the maximum absolute value of each element of a gradient.
        global_clipnorm: > 0; the maximum L2 norm of all gradients together. Set at most one of the three.
        use_ema: whether to keep an exponential moving average of the weights. ``fit`` copies it into the model when
            it ends.
        ema_momentum: in [0, 1), the decay of the average at each step; needs ``use_ema``.
        ema_overwrite_frequency: > 0; also copy the average into the model after every so many updates; needs
            ``use_ema``.
        loss_scale_factor: > 0; the loss is multiplied by it and the gradients are divided by it.
        gradient_accumulation_steps: the number of batches whose gradients are averaged for one update. 1 means no
            accumulation and is stored as None.
        name: the optimizer's name; None lets Keras choose one.
        exclude_from_weight_decay: regular expressions, as in ``ParamGroup.match``, the word ``"bias_and_norm"``
            (biases, and the parameters of normalization layers) or ``"embeddings"``; the variables they select are not
            decayed.
        groups: variables to train differently. A variable belongs to the first group that matches it.

    Examples:
        >>> OptimizerSpec.model_validate({"type": "adam", "clipnorm": 1})
        AdamSpec(clipnorm=1.0)
    """

    _noun: ClassVar[str] = "optimizer"
    mirrors_keras: ClassVar[bool] = True

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
    exclude_from_weight_decay: Patterns = ()
    groups: Listed[ParamGroup] = ()

    def conflicts(self) -> Iterator[Conflict]:
        if (self.clipnorm, self.clipvalue, self.global_clipnorm).count(None) < 2:
            *others, last = (name for name in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, name))
            yield Conflict(last, f"only one of {', '.join(others)} and {last} can be set")
        if not self.use_ema:
            if self.ema_momentum != 0.99:
                yield Conflict("ema_momentum", "has no effect without use_ema=True")
            if self.ema_overwrite_frequency is not None:
                yield Conflict("ema_overwrite_frequency", "has no effect without use_ema=True")
        if self.exclude_from_weight_decay and not self.decays_weights():
            yield Conflict("exclude_from_weight_decay", "has no effect without weight_decay")

    @short_traceback
    def override(self, changes: Mapping[str, Any]) -> "OptimizerSpec":
        """Return a copy with ``changes`` by dotted path, validated like a new spec.

        To change an entry of a list, use its index. If you change the ``type`` of a node, its other fields are dropped.

        Raises:
            pydantic.ValidationError: a path does not exist, or the result is invalid.

        Examples:
            >>> cosine = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=1000)
            >>> SGDSpec(learning_rate=cosine).override({"learning_rate.decay_steps": "10 epochs", "momentum": 0.9})
            SGDSpec(learning_rate=CosineDecaySpec(initial_learning_rate=0.1, decay_steps='10 epochs'), momentum=0.9)
        """
        return overridden(OptimizerSpec, self, changes)

    def decay_per_rate(self) -> Iterator[tuple[tuple[str | int, ...], float]]:
        """The share of a weight that a step subtracts as decay, divided by the rate, with the path of its field.

        There is one for the variables in no group, and one for each group.
        """
        if self.weight_decay:
            yield ("weight_decay",), self.weight_decay
        for number, group in enumerate(self.groups):
            decay = self.weight_decay if group.weight_decay is None else group.weight_decay
            if decay:
                yield ("groups", number), decay * group.learning_rate_multiplier

    def decays_weights(self) -> bool:
        """Whether a weight decay is set, even if it is 0.

        Examples:
            >>> AdamSpec().decays_weights(), AdamWSpec().decays_weights()
            (False, True)
        """
        return self.weight_decay is not None or any(group.weight_decay is not None for group in self.groups)
