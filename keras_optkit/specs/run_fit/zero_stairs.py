"""A warm-up from 0 in stairs, whose first stair trains nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keras_optkit.specs.durations import in_steps
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit.curve import Curve, rate_of
from keras_optkit.specs.run_fit.misfit import Misfit, counted
from keras_optkit.specs.run_fit.stretches import Stretch
from keras_optkit.specs.schedules import StaircaseSpec

# Of the run. A shorter stair at rate 0 is not worth a word, as the first step of a warm-up from 0 is not.
_LONGEST = 1 / 20


def zero_first_stairs(played: Sequence[Stretch], curve: Curve, run: RunLength) -> Iterator[Misfit]:
    """The stairs that begin at a rate of 0 and hold it for more than a twentieth of the run."""
    for stretch in played:
        if not isinstance(stretch.schedule, StaircaseSpec) or stretch.first != stretch.start:
            continue
        stair = min(in_steps(stretch.schedule.every), stretch.end - stretch.start)
        # Only where the stairs make it so: it may also be written as 0 for that long.
        without = rate_of(stretch.schedule.schedule, stair // 2)
        if stair > _LONGEST * curve.length and stretch.rate(0) == 0 < without:
            text = f"the rate is 0 in the whole first stair, which is {counted(stair, run)}"
            yield Misfit((*stretch.path, "every"), f"{text}: let the warm-up start above 0, or leave out the stairs")
