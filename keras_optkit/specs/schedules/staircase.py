"""``StaircaseSpec``: changes the rate of a schedule once per epoch."""

from collections.abc import Iterable
from typing import Annotated, Any

from keras_optkit.specs.array_namespace import np
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import Duration, in_steps
from keras_optkit.specs.errors import IfZero
from keras_optkit.specs.fields import Steps
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.counting import last_multiple
from keras_optkit.specs.schedules.phase import Kind, Phase


@register_spec
class StaircaseSpec(ScheduleSpec):
    """Any schedule in stairs: the rate changes only at multiples of ``every``.

    ``rate(step) = schedule(step // every * every)``. The default of one epoch does what Keras's
    ``LearningRateScheduler`` does, which sets the rate at the start of each epoch. A ``PiecewiseConstantDecaySpec``
    still has the old rate at its boundary, so it would keep it for the whole stair that begins there. Use a
    ``JoinSpec`` of constants instead.

    Attributes:
        schedule: the schedule that gives the rate of each stair.
        every: the length of a stair, > 0.

    Examples:
        >>> decay = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps="1 epoch", decay_rate=0.5)
        >>> learning_rates(StaircaseSpec(schedule=decay), [0, 99, 100, 199, 200], steps_per_epoch=100).round(6).tolist()
        [0.1, 0.1, 0.05, 0.05, 0.025]
    """

    schedule: ScheduleSpec
    every: Annotated[Steps, IfZero("without stairs, use the schedule itself")] = Duration("1 epoch")

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.schedule.value(last_multiple(step, in_steps(self.every), xp), xp)

    def landmarks(self) -> Iterable[tuple[int, str]]:
        yield from super().landmarks()
        every = in_steps(self.every)
        for step, text in self.schedule.landmarks():
            yield -(-step // every) * every, text  # the first stair at or after the step

    def _phases(self) -> Iterable[Phase]:
        yield Phase(Kind.STAIR, "first stair", ("every",), in_steps(self.every))
