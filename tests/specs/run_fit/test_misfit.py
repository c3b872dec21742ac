"""How a share, a duration and a number of steps are said."""

import pytest

from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit.misfit import Misfit, as_duration, counted, shown_share

RUN = RunLength.of(50, 40)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (1, 2000, "0.05%"),
        (94, 10_000, "0.9%"),
        (95, 10_000, "1%"),
        (1, 50, "2%"),
        (3, 2, "150%"),
        (1501, 1000, "2 times"),
        (88, 1, "88 times"),
        (123_456, 1, "123,456 times"),
    ],
)
def test_a_share_is_a_percentage_and_from_one_and_a_half_on_a_multiple(part: float, whole: float, said: str) -> None:
    assert shown_share(part, whole) == said


@pytest.mark.parametrize(
    ("steps", "run", "said"),
    [
        (200, RUN, "'10%'"),
        (250, RUN, "'12.5%'"),
        (252, RUN, "'12.6%'"),
        (2000, RUN, "'100%'"),
        (50, RunLength.of(50, 60), "'1 epoch'"),
        (100, RunLength.of(50, 60), "'2 epochs'"),
        (251, RUN, "251"),
        (49, RunLength.of(50, 60), "49"),
        (53, RunLength.of(50, 60), "53"),
    ],
)
def test_a_duration_is_said_in_percent_or_epochs_where_it_is_even(steps: int, run: RunLength, said: str) -> None:
    assert as_duration(steps, run) == said


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (1, "1 batch, 0.05% of the run"),
        (2, "2 batches, 0.1% of the run"),
        (1999, "1,999 batches, 100% of the run"),
        (3000, "3,000 batches, 150% of the run"),
        (4000, "4,000 batches, 2 times the run"),
    ],
)
def test_steps_are_said_with_their_share_of_the_run(steps: int, said: str) -> None:
    assert counted(steps, RUN) == said


def test_a_misfit_without_a_field_is_its_text_alone() -> None:
    assert str(Misfit((), "it is over")) == "it is over"
    assert str(Misfit(("schedules", 1, "steps"), "it is over")) == "schedules.1.steps: it is over"
