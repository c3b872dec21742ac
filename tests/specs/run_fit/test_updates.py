"""What an optimizer does every so many updates, in runs that are just too short and much too short."""

import pytest

from keras_optkit import AdamSpec, ScheduleFreeAdamWSpec
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits


def fields(spec: OptimizerSpec) -> list[str]:
    return [".".join(map(str, misfit.path)) for misfit in misfits(spec, RunLength.of(100, 10))]


@pytest.mark.parametrize("count", [1001, 1002, 5000])
def test_an_update_or_an_average_of_more_batches_than_the_run_has_is_told(count: int) -> None:
    assert fields(AdamSpec(gradient_accumulation_steps=count)) == ["gradient_accumulation_steps"]
    assert fields(AdamSpec(use_ema=True, ema_overwrite_frequency=count)) == ["ema_overwrite_frequency"]


@pytest.mark.parametrize("count", [1, 999, 1000])
def test_as_many_as_the_run_has_are_right(count: int) -> None:
    assert fields(AdamSpec(gradient_accumulation_steps=count)) == []
    assert fields(AdamSpec(use_ema=True, ema_overwrite_frequency=count)) == []


@pytest.mark.parametrize("count", [1000, 1001, 5000])
def test_a_warm_up_of_as_many_updates_as_the_run_has_is_told(count: int) -> None:
    assert fields(ScheduleFreeAdamWSpec(warmup_steps=count)) == ["warmup_steps"]


def test_a_warm_up_of_fewer_updates_is_right() -> None:
    assert fields(ScheduleFreeAdamWSpec(warmup_steps=999)) == []
