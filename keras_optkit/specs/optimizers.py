"""``OptimizerSpec`` and Keras's optimizers, except for those of Adam's family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from keras_optkit.specs.base import Conflict, Spec
from keras_optkit.specs.fields import (
    AccumulationSteps,
    Count,
    Flag,
    Listed,
    Momentum,
    Name,
    Negative,
    NonNegative,
    NotPositive,
    Number,
    Positive,
)
from keras_optkit.specs.groups import ParamGroup, Patterns
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.overriding import overridden
from keras_optkit.specs.registry import register_spec


def _none_for_empty(patterns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return patterns or None


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
        exclude_from_weight_decay: regular expressions, as in ``ParamGroup.match``, or the word ``"bias_and_norm"``
            (biases, and the parameters of normalization layers); the variables they select are not decayed.
        groups: variables that are trained differently; the first group that matches a variable counts.
    """

    if TYPE_CHECKING:
        # Tells build_optimizer's overloads for one class from that for any, which would take in a union of the former.
        _is_mirrored: ClassVar[Literal[False]]

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


if TYPE_CHECKING:

    class MirroredOptimizerSpec(OptimizerSpec):
        """For type checkers, a spec for which ``build_optimizer`` has an overload of its own."""

        _is_mirrored: ClassVar[Literal[True]]  # type: ignore[assignment]
else:
    MirroredOptimizerSpec = OptimizerSpec


@register_spec
class SGDSpec(MirroredOptimizerSpec):
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
class RMSpropSpec(MirroredOptimizerSpec):
    """RMSprop, as ``keras.optimizers.RMSprop``.

    For weights ``w`` with gradient ``g``: ``v = rho * v + (1 - rho) * g**2``, then
    ``w = w - learning_rate * g / sqrt(v + epsilon)``; with ``momentum`` the quotient ``u`` is first added up,
    ``m = momentum * m + u``; with ``centered``, ``v`` less the square of the gradients' average is used.
    Source: Hinton 2012, Coursera lecture 6e; ``centered``: Graves 2013, arXiv:1308.0850.

    Attributes:
        rho: in [0, 1), the decay of the average of squared gradients.
        momentum: in [0, 1).
        epsilon: > 0, under the root.
        centered: whether to divide by the estimated variance instead of the second moment.
    """

    learning_rate: LearningRate = 0.001
    rho: Momentum = 0.9
    momentum: Momentum = 0.0
    epsilon: Positive = 1e-7
    centered: Flag = False


@register_spec
class AdagradSpec(MirroredOptimizerSpec):
    """Adagrad, as ``keras.optimizers.Adagrad``.

    For weights ``w`` with gradient ``g``: ``n = n + g**2``, then ``w = w - learning_rate * g / sqrt(n + epsilon)``.
    Source: Duchi et al. 2011, JMLR 12.

    Attributes:
        initial_accumulator_value: >= 0, what ``n`` begins with.
        epsilon: > 0, under the root.
    """

    learning_rate: LearningRate = 0.001
    initial_accumulator_value: NonNegative = 0.1
    epsilon: Positive = 1e-7


@register_spec
class AdadeltaSpec(MirroredOptimizerSpec):
    """Adadelta, as ``keras.optimizers.Adadelta``.

    For weights ``w`` with gradient ``g``: ``n = rho * n + (1 - rho) * g**2``,
    ``u = g * sqrt(d + epsilon) / sqrt(n + epsilon)``, ``d = rho * d + (1 - rho) * u**2``, then
    ``w = w - learning_rate * u``. The paper has a ``learning_rate`` of 1.
    Source: Zeiler 2012, arXiv:1212.5701.

    Attributes:
        rho: in [0, 1), the decay of both averages.
        epsilon: > 0, under both roots.
    """

    learning_rate: LearningRate = 0.001
    rho: Momentum = 0.95
    epsilon: Positive = 1e-7


@register_spec
class FtrlSpec(MirroredOptimizerSpec):
    """Follow the regularized leader, as ``keras.optimizers.Ftrl``.

    For weights ``w`` with gradient ``g``, and p for ``-learning_rate_power``: ``n_new = n + g**2``,
    ``z = z + g - (n_new**p - n**p) / learning_rate * w``, then ``w = 0`` where ``|z| < l1``, else
    ``w = (sign(z) * l1 - z) / (n_new**p / learning_rate + 2 * (l2 + beta / (2 * learning_rate)))``.
    Source: McMahan et al. 2013, "Ad click prediction: a view from the trenches".

    Attributes:
        learning_rate_power: <= 0; 0 keeps the rate as it is.
        initial_accumulator_value: >= 0, what ``n`` begins with.
        l1_regularization_strength: >= 0, the l1 above.
        l2_regularization_strength: >= 0, the l2 above.
        l2_shrinkage_regularization_strength: >= 0; twice this times ``w`` is added to the gradient in ``z``.
        beta: >= 0.
    """

    learning_rate: LearningRate = 0.001
    learning_rate_power: NotPositive = -0.5
    initial_accumulator_value: NonNegative = 0.1
    l1_regularization_strength: NonNegative = 0.0
    l2_regularization_strength: NonNegative = 0.0
    l2_shrinkage_regularization_strength: NonNegative = 0.0
    beta: NonNegative = 0.0

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        if any(group.weight_decay for group in self.groups):
            rule = (
                "must not have a weight_decay: Ftrl computes the weights anew from sums of gradients, "
                "which a decay of the weights does not reach; use l2_regularization_strength"
            )
            yield Conflict("groups", rule)


@register_spec
class AdafactorSpec(MirroredOptimizerSpec):
    """Adafactor, as ``keras.optimizers.Adafactor``.

    Keeps, of the second moments of a matrix, only the averages over rows and columns. At update t the moments decay
    by ``1 - t**beta_2_decay``, and the step is at most ``1 / sqrt(t)`` in terms of the weights' size.
    Source: Shazeer and Stern 2018, arXiv:1804.04235.

    Attributes:
        beta_2_decay: < 0, the exponent above.
        epsilon_1: > 0, added to squared gradients.
        epsilon_2: > 0, the least size that weights are taken to have.
        clip_threshold: > 0, the root mean square above which an update is scaled down.
        relative_step: whether a constant ``learning_rate`` is bounded by ``1 / sqrt(t)`` also where it is used alone;
            a schedule is taken as it is.
    """

    learning_rate: LearningRate = 0.001
    beta_2_decay: Negative = -0.8
    epsilon_1: Positive = 1e-30
    epsilon_2: Positive = 1e-3
    clip_threshold: Positive = 1.0
    relative_step: Flag = True


@register_spec
class MuonSpec(MirroredOptimizerSpec):
    """Muon for matrices and Adam for everything else, as ``keras.optimizers.Muon``.

    For a matrix ``w`` with gradient ``g``: ``m = momentum * m + g``, then ``w = w - learning_rate * s * O``, where
    ``O`` is ``m`` (with ``nesterov``, ``g + momentum * m``) made nearly orthogonal by ``ns_steps`` Newton-Schulz
    iterations ``X = a X + (b A + c A A) X`` with ``A = X X^T``, and ``s = rms_rate * sqrt(max(rows, columns))``.
    Variables that are not matrices, embeddings and excluded layers take Adam's step.
    Source: Jordan 2024, "Muon"; ``rms_rate``: Liu et al. 2025, arXiv:2502.16982.

    Attributes:
        weight_decay: >= 0 or None, for the variables with Muon's step.
        adam_beta_1: in [0, 1), for Adam's step, like the next.
        adam_beta_2: in [0, 1).
        adam_weight_decay: >= 0 or None, for the variables with Adam's step.
        epsilon: > 0, for Adam's step.
        exclude_layers: regular expressions; a variable whose path one of them is found in takes Adam's step.
        exclude_embeddings: whether embeddings take Adam's step.
        muon_a: the a above.
        muon_b: the b above.
        muon_c: the c above.
        adam_lr_ratio: > 0, the rate of Adam's step in terms of ``learning_rate``.
        momentum: in [0, 1).
        ns_steps: > 0.
        nesterov: whether to look ahead; needs ``momentum`` > 0.
        rms_rate: > 0; None leaves ``s`` out.
    """

    learning_rate: LearningRate = 0.001
    weight_decay: NonNegative | None = 0.004
    adam_beta_1: Momentum = 0.9
    adam_beta_2: Momentum = 0.999
    adam_weight_decay: NonNegative | None = 0.004
    epsilon: Positive = 1e-7
    exclude_layers: Annotated[Patterns | None, AfterValidator(_none_for_empty)] = None
    exclude_embeddings: Flag = True
    muon_a: Number = 3.4445
    muon_b: Number = -4.775
    muon_c: Number = 2.0315
    adam_lr_ratio: Positive = 1.0
    momentum: Momentum = 0.95
    ns_steps: Count = 5
    nesterov: Flag = True
    rms_rate: Positive | None = 0.2

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        if self.nesterov and self.momentum == 0:
            yield Conflict("nesterov", "has no effect without momentum: set it, or nesterov=False")

    def decays_weights(self) -> bool:
        return super().decays_weights() or self.adam_weight_decay is not None
