"""``CyclicalSpec``."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.errors import IfZero
from keras_optkit.specs.fields import DecayRate, Rate, RateOrZero, Steps
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.counting import periods, rest
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.value import Conflict


@register_spec
class CyclicalSpec(ScheduleSpec):
    """Cyclical learning rates: up and down between two rates, linearly.

    ``rate = initial_learning_rate + (maximal_learning_rate - initial_learning_rate) * height * scale``. The height
    rises from 0 to 1 in ``step_size`` steps and falls back to 0 in as many. The scale is 1 ("triangular"), is halved
    with each cycle ("triangular2") or is ``gamma ** step`` ("exp_range"). Source: Smith 2017, arXiv:1506.01186.

    Attributes:
        initial_learning_rate: the lower rate, >= 0.
        maximal_learning_rate: the upper rate, > 0 and not below ``initial_learning_rate``.
        step_size: the length of half a cycle, > 0.
        mode: one of the three above.
        gamma: in (0, 1], for ``mode="exp_range"``.

    Examples:
        >>> spec = CyclicalSpec(initial_learning_rate=0.1, maximal_learning_rate=0.5, step_size=10, mode="triangular2")
        >>> learning_rates(spec, [0, 5, 10, 20, 30]).round(6).tolist()
        [0.1, 0.3, 0.5, 0.1, 0.3]
    """

    initial_learning_rate: RateOrZero
    maximal_learning_rate: Rate
    step_size: Annotated[Steps, IfZero("without cycles, use ConstantSpec")]
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular"
    gamma: DecayRate = 1.0

    def conflicts(self) -> Iterator[Conflict]:
        if self.maximal_learning_rate < self.initial_learning_rate:
            rule = f"must not be below initial_learning_rate ({self.initial_learning_rate:g})"
            yield Conflict("maximal_learning_rate", rule)
        if self.gamma != 1 and self.mode != "exp_range":
            yield Conflict("gamma", "has no effect without mode='exp_range'")

    def value(self, step: Any, xp: Any = np) -> Any:
        half = in_steps(self.step_size)
        height = 1.0 - xp.abs(rest(step, 2 * half, xp) / half - 1.0)
        if self.mode == "triangular2":
            height = height * xp.power(0.5, periods(step, 2 * half, xp))
        elif self.mode == "exp_range":
            height = height * xp.power(self.gamma, step * 1.0)
        return self.initial_learning_rate + (self.maximal_learning_rate - self.initial_learning_rate) * height

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield in_steps(self.step_size), "top of the first cycle"
        yield from super().landmarks()

    def _phases(self) -> Iterator[Phase]:
        yield Phase(Kind.PERIOD, "first cycle", ("step_size",), 2 * in_steps(self.step_size), times=2)
