"""``InverseSqrtDecaySpec``."""

from collections.abc import Iterator
from typing import Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.fields import Rate, Steps, StepsOrZero
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.value import Conflict


@register_spec
class InverseSqrtDecaySpec(ScheduleSpec):
    """Linear warm-up from 0, then decay with the inverse square root of the step. The decay never ends.

    Up to ``warmup_steps``: ``peak_learning_rate * step / warmup_steps``; then
    ``peak_learning_rate * sqrt(timescale / (timescale + step - warmup_steps))``.
    Source: Vaswani et al. 2017, arXiv:1706.03762; Zhai et al. 2021, arXiv:2106.04560.

    Attributes:
        peak_learning_rate: the rate at the end of the warm-up, > 0.
        warmup_steps: the length of the warm-up, >= 0.
        timescale: the time scale of the decay, > 0; None means ``warmup_steps``. At ``3 * timescale`` steps after the
            warm-up, the rate is half the peak.

    Examples:
        >>> spec = InverseSqrtDecaySpec(peak_learning_rate=0.1, warmup_steps=100)
        >>> learning_rates(spec, [0, 50, 100, 400, 10_000]).round(6).tolist()
        [0.0, 0.05, 0.1, 0.05, 0.01]
    """

    peak_learning_rate: Rate
    warmup_steps: StepsOrZero
    timescale: Steps | None = None

    def conflicts(self) -> Iterator[Conflict]:
        if self.timescale is None and not self.warmup_steps:
            yield Conflict("warmup_steps", "must be > 0 if no timescale is given")

    def value(self, step: Any, xp: Any = np) -> Any:
        warmup = in_steps(self.warmup_steps)
        timescale = warmup if self.timescale is None else in_steps(self.timescale)
        decay = self.peak_learning_rate * xp.sqrt(timescale / (timescale + xp.maximum(step - warmup, 0)))
        return xp.where(step < warmup, self.peak_learning_rate * (step / warmup), decay) if warmup else decay

    def _phases(self) -> Iterator[Phase]:
        yield Phase(Kind.WARMUP, "warm-up", ("warmup_steps",), in_steps(self.warmup_steps))
        yield Phase(Kind.ENDLESS, "decay", ("warmup_steps" if self.timescale is None else "timescale",), 0)
