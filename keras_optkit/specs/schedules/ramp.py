"""``RampSpec``: from one rate to another; recipes are made of ramps."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.errors import IfZero
from keras_optkit.specs.fields import Positive, RateOrZero, Steps
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.counting import between, half_cosine, share
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.value import Conflict

Shape = Literal["linear", "cosine", "exponential", "polynomial"]


@register_spec
class RampSpec(ScheduleSpec):
    """A ramp from one rate to another in a number of steps. The rate then stays.

    With a and b the two rates and ``t = min(step / steps, 1)``: linear ``a + (b - a) * t``; cosine
    ``a + (b - a) * (1 - cos(pi * t)) / 2``; exponential ``a * (b / a) ** t``; polynomial ``a + (b - a) * t ** power``.
    At step 0 the rate is exactly a, and from ``steps`` on exactly b.

    Attributes:
        initial_learning_rate: the rate at step 0, >= 0.
        end_learning_rate: the rate from step ``steps`` on, >= 0. The two rates must not both be 0.
        steps: the length of the ramp, > 0.
        shape: one of the four above. In an exponential ramp, neither rate can be 0.
        power: > 0, for ``shape="polynomial"``; 0.5 is the "1-sqrt" cool-down.

    Examples:
        >>> spec = RampSpec(initial_learning_rate=0.1, end_learning_rate=0.001, steps=100, shape="exponential")
        >>> learning_rates(spec, [0, 50, 100, 200]).round(6).tolist()
        [0.1, 0.01, 0.001, 0.001]
    """

    initial_learning_rate: RateOrZero
    end_learning_rate: RateOrZero
    steps: Annotated[Steps, IfZero("without a ramp, use ConstantSpec")]
    shape: Shape = "linear"
    power: Positive = 1.0

    def conflicts(self) -> Iterator[Conflict]:
        yield from power_without_polynomial(self.shape, self.power)
        a, b = self.initial_learning_rate, self.end_learning_rate
        if a == b == 0:
            yield Conflict("end_learning_rate", "must be > 0 if the ramp starts at 0")
        elif self.shape == "exponential" and a * b == 0:
            zero = "initial_learning_rate" if a == 0 else "end_learning_rate"
            yield Conflict(zero, "must be > 0 for an exponential ramp; it never reaches or leaves 0")

    def value(self, step: Any, xp: Any = np) -> Any:
        steps = in_steps(self.steps)
        a, b = self.initial_learning_rate, self.end_learning_rate
        if self.shape == "cosine":
            return between(b, a, half_cosine(step, steps, xp), xp)
        t = share(step, steps, xp)
        if self.shape == "exponential":
            # Limited to b, because the rounded quotient misses b and can go past it.
            cut = xp.minimum if a <= b else xp.maximum
            return xp.where(step < steps, cut(a * xp.power(b / a, t), b), b)
        if self.shape == "polynomial":
            t = xp.power(t, self.power)
        return between(a, b, t, xp)

    def _phases(self) -> Iterator[Phase]:
        yield Phase(Kind.DECAY, "ramp", ("steps",), in_steps(self.steps))


def power_without_polynomial(shape: str, power: float) -> Iterator[Conflict]:
    """The conflict of a ``power`` that ``shape`` does not use."""
    if power != 1 and shape != "polynomial":
        yield Conflict("power", "has no effect without shape='polynomial'")
