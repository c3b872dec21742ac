"""A first stair at rate 0 is told with the batches of it that play."""

from keras_optkit import ConstantSpec, JoinSpec, StaircaseSpec, WarmupSpec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits

STAIRS = StaircaseSpec(schedule=WarmupSpec(schedule=ConstantSpec(learning_rate=0.1), warmup_steps=90), every=500)


def test_a_first_stair_that_the_next_schedule_cuts_off_counts_what_plays_of_it() -> None:
    steady = ConstantSpec(learning_rate=0.1)
    joined = JoinSpec(schedules=[steady, STAIRS, steady], boundaries=[100, 160])
    assert [str(misfit) for misfit in misfits(joined, RunLength.of(1000, 1))] == [
        "schedules.1.every: the rate is 0 during the whole first stair, which is 60 batches, 6% of the run: start "
        "the warm-up above 0, or remove the stairs"
    ]
