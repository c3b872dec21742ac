"""Numbers of steps that read as epochs: which field is named, and which decay means what it says."""

import pytest

from keras_optkit import ExponentialDecaySpec, JoinSpec, PiecewiseConstantDecaySpec, RampSpec, SGDSpec
from keras_optkit.specs.base import Spec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits


def said(spec: Spec, steps_per_epoch: int, epochs: int) -> list[str]:
    return [str(misfit) for misfit in misfits(spec, RunLength.of(steps_per_epoch, epochs))]


PIECES = PiecewiseConstantDecaySpec(boundaries=[30, 60, 80], values=[0.1, 0.01, 0.001, 0.0001])
RAMP = RampSpec(initial_learning_rate=0.1, end_learning_rate=0.01, steps=20)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (PIECES, "boundaries"),
        (SGDSpec(learning_rate=PIECES), "learning_rate.boundaries"),
        (PIECES.replace(boundaries=[30], values=[0.1, 0.01]), "boundaries.0"),
        (SGDSpec(learning_rate=JoinSpec(schedules=[RAMP, RAMP], boundaries=[30])), "learning_rate.schedules.0.steps"),
    ],
)
def test_the_list_is_named_where_all_numbers_are_in_it_and_else_the_first_of_them(spec: Spec, field: str) -> None:
    (text,) = said(spec, 50, 100)
    assert text.startswith(f"{field}: ")
    assert "did you mean" in text


@pytest.mark.parametrize(
    ("boundaries", "words"),
    [
        (
            [30, 60],
            "30 and 60 are numbers of batches, at most 1% of the run: did you mean '30 epochs' and '60 epochs'?",
        ),
        (
            [30, 40, 50, 60],
            "30, 40, 50 and 60 are numbers of batches, at most 1% of the run: "
            "did you mean '30 epochs', '40 epochs', '50 epochs' and '60 epochs'?",
        ),
        (
            [30, 40, 50, 60, 70],
            "30, 40, 50, ... and 70 are numbers of batches, at most 1% of the run: "
            "did you mean '30 epochs', '40 epochs', '50 epochs', ... and '70 epochs'?",
        ),
    ],
)
def test_of_many_numbers_the_first_three_and_the_last_are_said(boundaries: list[int], words: str) -> None:
    values = [0.1 * 0.5**piece for piece in range(len(boundaries) + 1)]
    assert said(PiecewiseConstantDecaySpec(boundaries=boundaries, values=values), 50, 100) == [f"boundaries: {words}"]


@pytest.mark.parametrize(
    ("steps_per_epoch", "decay_steps", "decay_rate", "told"),
    [
        (10, 9, 0.75, True),  # at the last step, 99, it falls from 5.6% to 4.2% of its peak
        (20, 10, 0.858, False),  # at the last step, 199, it is 5.4%, one step after the run 4.7%
        (20, 10, 0.855, False),  # 5.1%
        (20, 10, 0.8532, True),  # 4.9%
    ],
)
def test_a_decay_in_stairs_that_leaves_a_twentieth_of_the_rate_at_the_last_step_is_meant_so(
    steps_per_epoch: int, decay_steps: int, decay_rate: float, told: bool
) -> None:
    decay = ExponentialDecaySpec(
        initial_learning_rate=0.1, decay_steps=decay_steps, decay_rate=decay_rate, staircase=True
    )
    assert bool(said(decay, steps_per_epoch, 10)) is told
