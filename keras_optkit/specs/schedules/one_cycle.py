"""``OneCycleSpec``."""

from collections.abc import Iterable, Iterator
from typing import Literal

from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import Duration, in_steps
from keras_optkit.specs.fields import Factor, OpenFraction, Positive, Rate, Steps
from keras_optkit.specs.numbers import SMALLEST
from keras_optkit.specs.schedules.join import JoinSpec
from keras_optkit.specs.schedules.phase import Kind, Phase
from keras_optkit.specs.schedules.ramp import RampSpec
from keras_optkit.specs.schedules.recipe import Recipe
from keras_optkit.specs.value import Conflict


@register_spec
class OneCycleSpec(Recipe):
    """The 1cycle policy: the rate rises to a peak, then falls far below its initial value.

    The rate starts at ``max_learning_rate / div_factor`` and peaks at step ``round(pct_start * total_steps)``.
    It then falls to ``max_learning_rate / (div_factor * final_div_factor)`` at ``total_steps``, and stays there.
    Source: Smith and Topin 2017, arXiv:1708.07120; names and defaults as in PyTorch and optax.

    Attributes:
        max_learning_rate: the peak, > 0.
        total_steps: the length of both phases together, > 0.
        pct_start: the fraction of the steps, in (0, 1), during which the rate rises.
        shape: the shape of both phases, as in ``RampSpec``.
        div_factor: the peak divided by the first rate, >= 1.
        final_div_factor: the first rate divided by the last, > 0; the last rate must not be above the peak.

    Examples:
        >>> spec = OneCycleSpec(max_learning_rate=0.1, total_steps=100, div_factor=10, final_div_factor=10)
        >>> learning_rates(spec, [0, 15, 30, 65, 100]).round(6).tolist()
        [0.01, 0.055, 0.1, 0.0505, 0.001]
    """

    max_learning_rate: Rate
    total_steps: Steps = Duration("100%")
    pct_start: OpenFraction = 0.3
    shape: Literal["linear", "cosine", "exponential"] = "cosine"
    div_factor: Factor = 25.0
    final_div_factor: Positive = 1e4

    def conflicts(self) -> Iterator[Conflict]:
        if self.div_factor * self.final_div_factor < 1:
            rule = f"must be >= 1 / div_factor ({1 / self.div_factor:g}); otherwise the last rate is above the peak"
            yield Conflict("final_div_factor", rule)
        elif (last := self.max_learning_rate / self.div_factor / self.final_div_factor) < SMALLEST:
            yield Conflict("final_div_factor", f"makes the last rate {last:g}, which float32 cannot hold")
        if isinstance(self.total_steps, int) and not 0 < (peak := self._peak()) < self.total_steps:
            rule = f"leaves a phase without steps; the peak would be at step {peak} of {self.total_steps}"
            yield Conflict("total_steps", rule)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield self._peak(), "peak"
        yield from super().landmarks()

    def _phases(self) -> Iterator[Phase]:
        yield Phase(Kind.DECAY, "cycle", ("total_steps",), in_steps(self.total_steps))

    def _peak(self) -> int:
        return round(self.pct_start * in_steps(self.total_steps))

    def expand(self) -> JoinSpec:
        peak, total = self._peak(), in_steps(self.total_steps)
        first = self.max_learning_rate / self.div_factor
        up = RampSpec(
            initial_learning_rate=first, end_learning_rate=self.max_learning_rate, steps=peak, shape=self.shape
        )
        down = RampSpec(
            initial_learning_rate=self.max_learning_rate,
            end_learning_rate=first / self.final_div_factor,
            steps=total - peak,
            shape=self.shape,
        )
        return JoinSpec(schedules=(up, down), boundaries=(peak,))
