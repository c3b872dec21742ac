"""A warm-up from 0 in stairs: its first stair trains nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit.curve import Curve, rate_of
from keras_optkit.specs.run_fit.misfit import Misfit, counted
from keras_optkit.specs.run_fit.stretches import Stretch
from keras_optkit.specs.schedules import StaircaseSpec

# Of the run. A shorter stair at rate 0 does no harm, like the first step of a warm-up from 0.
_LONGEST = 1 / 20


def zero_first_stairs(played: Sequence[Stretch], curve: Curve, run: RunLength) -> Iterator[Misfit]:
    """The stairs that start at a rate of 0 and keep it for more than 5% of the run."""
    for stretch in played:
        if not isinstance(stretch.schedule, StaircaseSpec) or stretch.first != stretch.start:
            continue
        stair = min(in_steps(stretch.schedule.every), stretch.end - stretch.start)
        # Only if the stairs cause it: the schedule inside may be 0 for that long on purpose.
        without = rate_of(stretch.schedule.schedule, stair // 2)
        if stair > _LONGEST * curve.length and stretch.rate(0) == 0 < without:
            text = f"the rate is 0 during the whole first stair, which is {counted(stair, run)}"
            yield Misfit((*stretch.path, "every"), f"{text}: start the warm-up above 0, or remove the stairs")
