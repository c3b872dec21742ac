"""``OptimizerSpec``: the base of all optimizers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from keras_optkit.specs.base import Spec
from keras_optkit.specs.fields import AccumulationSteps, Count, Flag, Listed, Momentum, Name, NonNegative, Positive
from keras_optkit.specs.groups import ParamGroup, Patterns
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.overriding import overridden
from keras_optkit.specs.value import Conflict


class OptimizerSpec(Spec, kind=True):
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
        exclude_from_weight_decay: regular expressions, as in ``ParamGroup.match``, or the word ``"bias_and_norm"``
            (biases, and the parameters of normalization layers); the variables they select are not decayed.
        groups: variables that are trained differently; the first group that matches a variable counts.
    """

    _noun: ClassVar[str] = "optimizer"

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

    def override(self, changes: Mapping[str, Any]) -> OptimizerSpec:
        """A copy with ``changes`` made by dotted path, checked like a new spec.

        ``spec.override({"learning_rate.decay_steps": "10 epochs", "momentum": 0.8})``; an entry of a list goes by its
        number. A change of a node's ``type`` drops that node's other fields.

        Raises:
            pydantic.ValidationError: a path leads nowhere, or the result is not a right spec.
        """
        return overridden(OptimizerSpec, self, changes)

    def decays_weights(self) -> bool:
        """Whether a weight decay is set, be it 0."""
        return self.weight_decay is not None or any(group.weight_decay is not None for group in self.groups)
