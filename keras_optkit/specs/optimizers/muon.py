"""``MuonSpec``, as Keras's ``Muon``."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.fields import Flag, Momentum, NonNegative, Number, Positive, Range
from keras_optkit.specs.learning_rate import LearningRate
from keras_optkit.specs.lists import Listed
from keras_optkit.specs.optimizers.base import OptimizerSpec
from keras_optkit.specs.patterns import KerasPattern
from keras_optkit.specs.value import Conflict


def _none_for_empty(patterns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return patterns or None


@register_spec
class MuonSpec(OptimizerSpec):
    """Muon for matrices and Adam for everything else, as ``keras.optimizers.Muon``.

    For a matrix ``w`` with gradient ``g``: ``m = momentum * m + g``, then ``w = w - learning_rate * s * O``, where
    ``O`` is ``m`` (with ``nesterov``, ``g + momentum * m``) made nearly orthogonal by ``ns_steps`` Newton-Schulz
    iterations ``X = a X + (b A + c A A) X`` with ``A = X X^T``, and ``s = rms_rate * sqrt(max(rows, columns))``.
    Variables that are not matrices, embeddings and excluded layers take Adam's step.
    Source: Jordan 2024, "Muon"; ``rms_rate``: Liu et al. 2025, arXiv:2502.16982.

    Attributes:
        weight_decay: >= 0 or None, for the variables with Muon's step.
        adam_beta_1: in [0, 1), for Adam's step.
        adam_beta_2: in [0, 1), for Adam's step.
        adam_weight_decay: >= 0 or None, for the variables with Adam's step.
        epsilon: > 0, for Adam's step.
        exclude_layers: regular expressions; a variable takes Adam's step if one of them matches its path.
        exclude_embeddings: whether embeddings take Adam's step.
        muon_a: the a above.
        muon_b: the b above.
        muon_c: the c above.
        adam_lr_ratio: > 0; the rate of Adam's step is this times ``learning_rate``.
        momentum: in [0, 1).
        ns_steps: in [1, 100].
        nesterov: whether to use Nesterov momentum; needs ``momentum`` > 0.
        rms_rate: > 0; None leaves ``s`` out.

    Examples:
        >>> MuonSpec(learning_rate=0.002, exclude_layers=["head"])
        MuonSpec(learning_rate=0.002, exclude_layers=('head',))
    """

    # Earlier versions have one weight decay instead of two, and fail at the first step on TensorFlow.
    since_keras: ClassVar[str] = "3.13"

    learning_rate: LearningRate = 0.001
    weight_decay: NonNegative | None = 0.004
    adam_beta_1: Momentum = 0.9
    adam_beta_2: Momentum = 0.999
    adam_weight_decay: NonNegative | None = 0.004
    epsilon: Positive = 1e-7
    exclude_layers: Annotated[Listed[KerasPattern] | None, AfterValidator(_none_for_empty)] = None
    exclude_embeddings: Flag = True
    muon_a: Number = 3.4445
    muon_b: Number = -4.775
    muon_c: Number = 2.0315
    adam_lr_ratio: Positive = 1.0
    momentum: Momentum = 0.95
    # Keras adds each iteration to the graph: 1,000 take 24 s to trace. People use 5 to 10.
    ns_steps: Annotated[int, Range("[1, 100]")] = 5
    nesterov: Flag = True
    rms_rate: Positive | None = 0.2

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        if self.nesterov and self.momentum == 0:
            yield Conflict("nesterov", "has no effect without momentum; set it, or set nesterov=False")

    def decays_weights(self) -> bool:
        return super().decays_weights() or self.adam_weight_decay is not None
