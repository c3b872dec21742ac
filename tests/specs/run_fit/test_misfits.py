"""What does not fit a run, with the whole text that its writer gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_optkit import (
    AdamSpec,
    ClampSpec,
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    InverseSqrtDecaySpec,
    InverseTimeDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleFreeAdamWSpec,
    ScheduleSpec,
    SGDSpec,
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)
from keras_optkit.specs.base import Spec
from keras_optkit.specs.fields import Rate, Steps
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits

#: The run of the README: 1,140 steps.
README = (57, 20)


def cosine(decay_steps: Any, **fields: Any) -> CosineDecaySpec:
    return CosineDecaySpec(**{"initial_learning_rate": 0.1, "decay_steps": decay_steps} | fields)


def exponential(decay_steps: Any, decay_rate: float, **fields: Any) -> ExponentialDecaySpec:
    return ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=decay_steps, decay_rate=decay_rate, **fields)


def drops(*boundaries: Any) -> PiecewiseConstantDecaySpec:
    values = tuple(0.1 / 10**n for n in range(len(boundaries) + 1))
    return PiecewiseConstantDecaySpec(boundaries=boundaries, values=values)


def warm(warmup_steps: Any, schedule: ScheduleSpec) -> WarmupSpec:
    return WarmupSpec(warmup_steps=warmup_steps, schedule=schedule)


def found(spec: Spec, run: tuple[int, int]) -> list[str]:
    return [str(misfit) for misfit in misfits(spec, RunLength.of(*run))]


EPOCHS_AS_STEPS: list[tuple[Spec, tuple[int, int], str]] = [
    (
        SGDSpec(learning_rate=cosine(20)),
        README,
        "learning_rate.decay_steps: 20 is 20 batches, 2% of the run: did you mean '20 epochs'?",
    ),
    (
        drops(30, 60, 80),
        (391, 90),
        "boundaries: 30, 60 and 80 are numbers of batches, at most 0.2% of the run: "
        "did you mean '30 epochs', '60 epochs' and '80 epochs'?",
    ),
    (
        drops(*range(10, 90, 10)),
        (391, 90),
        "boundaries: 10, 20, 30, ... and 80 are numbers of batches, at most 0.2% of the run: "
        "did you mean '10 epochs', '20 epochs', '30 epochs', ... and '80 epochs'?",
    ),
    (warm(1, cosine("19 epochs")), README, "warmup_steps: 1 is 1 batch, 0.09% of the run: did you mean '1 epoch'?"),
    (
        warm(2, cosine(18)),
        README,
        "schedule.decay_steps: 18 and 2 are numbers of batches, at most 2% of the run: "
        "did you mean '18 epochs' and '2 epochs'?",
    ),
    (
        JoinSpec(schedules=[ConstantSpec(learning_rate=0.1), exponential(5, 0.5)], boundaries=[10]),
        README,
        "schedules.1.decay_steps: 5 and 10 are numbers of batches, at most 0.9% of the run: "
        "did you mean '5 epochs' and '10 epochs'?",
    ),
    (
        exponential(2, 0.97),
        (5000, 350),
        "decay_steps: 2 is 2 batches, 0.0001% of the run: did you mean '2 epochs'?",
    ),
    (
        CosineDecayRestartsSpec(initial_learning_rate=0.1, first_decay_steps=10),
        (10, 20),
        "first_decay_steps: 10 is 10 batches, 5% of the run: did you mean '10 epochs'?",
    ),
    (
        StaircaseSpec(schedule=cosine("100%"), every=1),
        README,
        "every: 1 is 1 batch, 0.09% of the run: did you mean '1 epoch'?",
    ),
    (
        ScheduleFreeAdamWSpec(warmup_steps=2),
        README,
        "warmup_steps: 2 is 2 batches, 0.2% of the run: did you mean '2 epochs'?",
    ),
]

AFTER_THE_RUN: list[tuple[Spec, tuple[int, int], str]] = [
    (
        warm("5%", cosine(2000)).replace(overlay=True),
        README,
        "schedule.decay_steps: the decay ends at step 2,000, but the run ends at step 1,140: its last rate is "
        "0.03917, not 0; with decay_steps='100%' both end together",
    ),
    (
        warm(1200, cosine(2000)).replace(overlay=True),
        README,
        "warmup_steps: the warm-up ends at step 1,200, but the run ends at step 1,140: its last rate is 0.03279, not "
        "0.03455; a warm-up of '5%' fits any run",
    ),
    (
        JoinSpec(schedules=[cosine("50%"), cosine(2000)], boundaries=["50%"], shared_clock=True),
        README,
        "schedules.1.decay_steps: the decay ends at step 2,000, but the run ends at step 1,140: its last rate is "
        "0.03917, not 0; with decay_steps='100%' both end together",
    ),
    # What a clamp makes of the rates is what is told.
    (
        ClampSpec(schedule=warm(57, cosine(2000)), minimum=0.001),
        README,
        "schedule.schedule.decay_steps: the decay ends at step 2,057, but the run ends at step 1,140: its last rate "
        "is 0.04358, not 0.001; with decay_steps='95%' both end together",
    ),
    (
        ClampSpec(schedule=ClampSpec(schedule=cosine(2000), maximum=0.03), minimum=0.02),
        README,
        "schedule.schedule.decay_steps: the decay ends at step 2,000, but the run ends at step 1,140: its last rate "
        "is 0.03, not 0.02; with decay_steps='100%' both end together",
    ),
    (
        StaircaseSpec(schedule=cosine("100%"), every=2000),
        README,
        "every: the first stair ends at step 2,000, but the run ends at step 1,140: the rate never changes; every='1 "
        "epoch' fits any run",
    ),
    (
        cosine(2000),
        README,
        "decay_steps: the decay ends at step 2,000, but the run ends at step 1,140: its last rate is 0.03917, not 0; "
        "with decay_steps='100%' both end together",
    ),
    (
        warm("10%", cosine("100%")),
        README,
        "schedule.decay_steps: the decay ends at step 1,254, but the run ends at step 1,140: its last rate is "
        "0.00249, not 0; with decay_steps='90%' both end together",
    ),
    (
        cosine(1140, initial_learning_rate=0.0, warmup_target=0.1, warmup_steps=171),
        README,
        "decay_steps: the decay ends at step 1,311, but the run ends at step 1,140: its last rate is 0.005512, not "
        "0; with decay_steps='85%' both end together",
    ),
    (
        warm(100, PolynomialDecaySpec(initial_learning_rate=0.1, decay_steps=1140)),
        README,
        "schedule.decay_steps: the decay ends at step 1,240, but the run ends at step 1,140: its last rate is "
        "0.008951, not 0.0001; with decay_steps=1040 both end together",
    ),
    (
        RampSpec(initial_learning_rate=0.1, end_learning_rate=0.0, steps="40 epochs"),
        README,
        "steps: the ramp ends at step 2,280, but the run ends at step 1,140: its last rate is 0.05004, not 0; with "
        "steps='100%' both end together",
    ),
    (
        OneCycleSpec(max_learning_rate=0.1, total_steps=1500),
        README,
        "total_steps: the cycle ends at step 1,500, but the run ends at step 1,140: its last rate is 0.02644, not "
        "4e-07; with total_steps='100%' both end together",
    ),
    (
        WarmupStableDecaySpec(peak_learning_rate=0.1, warmup_steps=50, decay_steps=200, total_steps=10_000),
        README,
        "total_steps: the decay ends at step 10,000, but the run ends at step 1,140: its last rate is 0.1, not 0; "
        "with total_steps='100%' both end together",
    ),
    (
        warm(3000, cosine("90%")),
        README,
        "warmup_steps: the warm-up ends at step 3,000, but the run ends at step 1,140: its last rate is 0.03797, not "
        "0.1; a warm-up of '5%' fits any run",
    ),
    (
        warm("20 epochs", cosine("50%")),
        README,
        "warmup_steps: the warm-up ends at step 1,140, but the run ends at step 1,140: its last rate is 0.09991, not "
        "0.1; a warm-up of '5%' fits any run",
    ),
    (
        InverseSqrtDecaySpec(peak_learning_rate=0.1, warmup_steps=4000),
        README,
        "warmup_steps: the warm-up ends at step 4,000, but the run ends at step 1,140: its last rate is 0.02848, not "
        "0.1; a warm-up of '5%' fits any run",
    ),
    (
        drops("50%", 30_000, 60_000),
        README,
        "boundaries.1: the boundary is at step 30,000, but the run ends at step 1,140: the next piece is never used; "
        "a boundary of '50%' fits any run",
    ),
    (
        JoinSpec(schedules=[exponential("1 epoch", 0.9), cosine("50%")], boundaries=[1142]),
        README,
        "boundaries.0: the boundary is at step 1,142, but the run ends at step 1,140: the next piece is never used; "
        "a boundary of '50%' fits any run",
    ),
    (
        # The boundary is late because the decay is long: that is one mistake.
        JoinSpec(schedules=[cosine(5000), cosine("50%")], boundaries=[5000]),
        README,
        "schedules.0.decay_steps: the decay ends at step 5,000, but the run ends at step 1,140: its last rate is "
        "0.08773, not 0; with decay_steps='100%' both end together",
    ),
    (
        JoinSpec(schedules=[cosine("50%"), warm("25%", cosine("50%"))], boundaries=["50%"]),
        (100, 10),
        "schedules.1.schedule.decay_steps: the decay ends at step 1,250, but the run ends at step 1,000: its last "
        "rate is 0.05031, not 0; with decay_steps='25%' both end together",
    ),
    (
        CosineDecayRestartsSpec(initial_learning_rate=0.1, first_decay_steps=2000),
        README,
        "first_decay_steps: the first period ends at step 2,000, but the run ends at step 1,140: it is never "
        "completed; with first_decay_steps='100%' both end together",
    ),
    (
        CyclicalSpec(initial_learning_rate=0.0, maximal_learning_rate=0.1, step_size=2000),
        README,
        "step_size: the first cycle ends at step 4,000, but the run ends at step 1,140: it is never completed; with "
        "step_size='50%' both end together",
    ),
    (
        PolynomialDecaySpec(initial_learning_rate=0.1, decay_steps="30 epochs", cycle=True),
        README,
        "decay_steps: the first cycle ends at step 1,710, but the run ends at step 1,140: it is never completed; "
        "with decay_steps='100%' both end together",
    ),
    (cosine("120%"), README, "decay_steps: '120%' is longer than the run, which is '100%'"),
    (
        SGDSpec(learning_rate=warm("5%", drops("50%", "150%"))),
        README,
        "learning_rate.schedule.boundaries.1: '150%' is longer than the run, which is '100%'",
    ),
]

LOW: list[tuple[Spec, tuple[int, int], str]] = [
    (
        warm("5%", cosine("70%")).replace(overlay=True),
        README,
        "schedule.decay_steps: the decay ends at step 798, and the run ends at step 1,140: the rate is 0 for 30% of "
        "the run; decay_steps='100%' closes the gap",
    ),
    (
        StaircaseSpec(schedule=warm("3 epochs", cosine("7 epochs"))),
        (57, 10),
        "every: the rate is 0 during the whole first stair, which is 57 batches, 10% of the run: start the warm-up "
        "above 0, or remove the stairs",
    ),
    (
        ClampSpec(schedule=StaircaseSpec(schedule=warm("3%", cosine("97%"))), maximum=0.05),
        (57, 1),
        "schedule.every: the rate is 0 during the whole first stair, which is 57 batches, 100% of the run: start the "
        "warm-up above 0, or remove the stairs",
    ),
    (
        StaircaseSpec(schedule=cosine(600)),
        README,
        "schedule.decay_steps: the decay ends at step 600, and the run ends at step 1,140: the rate is 0 for 45% of "
        "the run; decay_steps='100%' closes the gap",
    ),
    (
        ClampSpec(schedule=cosine(600), minimum=1e-12),
        README,
        "schedule.decay_steps: the decay ends at step 600, and the run ends at step 1,140: the rate is below a "
        "millionth of its peak of 0.1 for 47% of the run; decay_steps='100%' closes the gap",
    ),
    (
        # Steps that were divided by the batch size twice.
        cosine(36),
        README,
        "decay_steps: the decay ends at step 36, and the run ends at step 1,140: the rate is 0 for 97% of the run; "
        "decay_steps='100%' closes the gap",
    ),
    (
        PolynomialDecaySpec(initial_learning_rate=0.001, decay_steps=36),
        README,
        "decay_steps: the decay ends at step 36, and the run ends at step 1,140: the rate is 0.0001 for 97% of the "
        "run; decay_steps='100%' closes the gap",
    ),
    (
        warm("10%", cosine("50%")),
        README,
        "schedule.decay_steps: the decay ends at step 684, and the run ends at step 1,140: the rate is 0 for 40% of "
        "the run; decay_steps='90%' closes the gap",
    ),
    (
        cosine("50%", alpha=1e-4),
        README,
        "decay_steps: the decay ends at step 570, and the run ends at step 1,140: the rate is below a thousandth of "
        "its peak of 0.1 for 50% of the run; decay_steps='100%' closes the gap",
    ),
    (
        OneCycleSpec(max_learning_rate=0.1, total_steps=500),
        README,
        "total_steps: the cycle ends at step 500, and the run ends at step 1,140: the rate is below a thousandth of "
        "its peak of 0.1 for 56% of the run; total_steps='100%' closes the gap",
    ),
    (
        JoinSpec(schedules=[cosine("30%"), cosine("50%")], boundaries=["50%"]),
        README,
        "schedules.0.decay_steps: the decay ends at step 342, and the next schedule begins at step 570: the rate is "
        "0 for 20% of the run; decay_steps='50%' closes the gap",
    ),
    (
        PiecewiseConstantDecaySpec(boundaries=["50%"], values=[0.1, 0.0]),
        README,
        "the rate is 0 for 50% of the run, from step 571 on",
    ),
    (
        PiecewiseConstantDecaySpec(boundaries=["10%"], values=[0.0, 0.1]),
        README,
        "the rate is 0 for 10% of the run, from step 0 to step 114",
    ),
    (
        exponential(30, 0.1),
        README,
        "decay_steps: the rate is below a thousandth of its peak of 0.1 for 92% of the run, from step 91 on; "
        "decay_steps is 30 batches, 3% of the run: make it longer",
    ),
    (
        warm(50, exponential("1 epoch", 0.1)),
        (1000, 10),
        "schedule.decay_steps: the rate is below a thousandth of its peak of 0.1 for 69% of the run, from step 3,054 "
        "on; decay_steps is 1,000 batches, 10% of the run: make it longer",
    ),
]

SLOW: list[tuple[Spec, tuple[int, int], str]] = [
    (
        warm("5%", exponential(10**7, 0.9)).replace(overlay=True),
        README,
        "schedule.decay_steps: the rate changes by less than 1%, from 0.1 to 0.1, from step 57 on: "
        "decay_steps is 10,000,000 batches, 8,772 times the run; '10%' fits any run",
    ),
    (
        StaircaseSpec(schedule=exponential(10**7, 0.9), every="100%"),
        README,
        "schedule.decay_steps: the rate changes by less than 1%, from 0.1 to 0.1, in the whole run: "
        "decay_steps is 10,000,000 batches, 8,772 times the run; '10%' fits any run",
    ),
    (
        exponential(100_000, 0.96),
        README,
        "decay_steps: the rate changes by less than 1%, from 0.1 to 0.09995, in the whole run: "
        "decay_steps is 100,000 batches, 88 times the run; '10%' fits any run",
    ),
    (
        exponential(2000, 0.5, staircase=True),
        README,
        "decay_steps: the rate never changes in the whole run: "
        "decay_steps is 2,000 batches, 2 times the run; '10%' fits any run",
    ),
    (
        warm("10%", exponential(1140, 0.5, staircase=True)),
        README,
        "schedule.decay_steps: the rate never changes from step 114 on: "
        "decay_steps is 1,140 batches, 100% of the run; '10%' fits any run",
    ),
    (
        ClampSpec(schedule=InverseSqrtDecaySpec(peak_learning_rate=25.0, warmup_steps="5%"), maximum=1.0),
        README,
        "schedule: the rate never changes from step 57 on: a clamp keeps it there",
    ),
    (
        InverseTimeDecaySpec(initial_learning_rate=0.1, decay_steps=1, decay_rate=1e-7),
        README,
        "decay_rate: the rate changes by less than 1%, from 0.1 to 0.09999, in the whole run: decay_rate 1e-07 in 1 "
        "batch, 0.09% of the run, changes it too little",
    ),
    (
        InverseSqrtDecaySpec(peak_learning_rate=0.1, warmup_steps="5%", timescale=10**6),
        README,
        "timescale: the rate changes by less than 1%, from 0.1 to 0.09995, from step 57 on: "
        "timescale is 1,000,000 batches, 877 times the run; '10%' fits any run",
    ),
]

UPDATES: list[tuple[Spec, tuple[int, int], str]] = [
    (
        AdamSpec(gradient_accumulation_steps=1141),
        README,
        "gradient_accumulation_steps: one update needs 1,141 batches, but the run has 1,140: nothing is trained",
    ),
    (
        AdamSpec(use_ema=True, ema_overwrite_frequency=1141),
        README,
        "ema_overwrite_frequency: the average is copied into the model after 1,141 updates, but the run has 1,140; "
        "without it, fit copies the average when it ends",
    ),
    (
        AdamSpec(use_ema=True, ema_overwrite_frequency=286, gradient_accumulation_steps=4),
        README,
        "ema_overwrite_frequency: the average is copied into the model after 286 updates, but the run has 285; "
        "without it, fit copies the average when it ends",
    ),
    (
        SGDSpec(learning_rate=cosine("100%"), weight_decay=21),
        README,
        "weight_decay: at the highest rate, learning_rate * weight_decay is 2.1; above 2, each step flips the sign "
        "of a weight and makes it larger",
    ),
    (
        ScheduleFreeAdamWSpec(warmup_steps=1140),
        README,
        "warmup_steps: the warm-up lasts 1,140 updates, but the run has 1,140: the rate never reaches its peak",
    ),
]


@pytest.mark.parametrize(("spec", "run", "text"), [*EPOCHS_AS_STEPS, *AFTER_THE_RUN, *LOW, *SLOW, *UPDATES])
def test_one_mistake_is_said_once_with_its_field_the_numbers_and_what_to_write(
    spec: Spec, run: tuple[int, int], text: str
) -> None:
    assert found(spec, run) == [text]


@pytest.mark.parametrize(("spec", "run", "text"), [*AFTER_THE_RUN, *LOW, *SLOW])
def test_a_mistake_in_an_optimizers_schedule_is_told_with_the_path_from_the_optimizer_on(
    spec: Any, run: tuple[int, int], text: str
) -> None:
    optimizer = spec if isinstance(spec, SGDSpec) else SGDSpec(learning_rate=spec)
    (misfit,) = misfits(optimizer, RunLength.of(*run))
    assert misfit.path[0] == "learning_rate"
    assert str(misfit).endswith(text.removeprefix("learning_rate."))


def test_independent_mistakes_are_told_together() -> None:
    spec = AdamSpec(gradient_accumulation_steps=5000, learning_rate=warm("150%", cosine("200%")))
    assert [".".join(map(str, misfit.path)) for misfit in misfits(spec, RunLength.of(*README))] == [
        "gradient_accumulation_steps",
        "learning_rate.schedule.decay_steps",
        "learning_rate.warmup_steps",
    ]


def test_nothing_is_said_where_the_length_of_the_run_is_not_known() -> None:
    assert misfits(cosine(20), RunLength.of(None, None)) == []
    assert misfits(cosine("20 epochs"), RunLength.of(57, None)) == []


class HalfLifeSpec(ScheduleSpec):
    """Somebody's own, with no more than a formula."""

    initial_learning_rate: Rate
    half_life: Steps

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.initial_learning_rate * xp.power(0.5, step / self.half_life)


class LineSpec(ScheduleSpec):
    """Somebody's own, with a formula and a landmark at which it comes to rest."""

    length: Steps

    def value(self, step: Any, xp: Any = np) -> Any:
        return 1.0 - xp.minimum(step / self.length, 1.0)

    def landmarks(self) -> Any:
        yield self.length, "line"


class EpochTableSpec(ScheduleSpec):
    """Somebody's own, which has no rate after its last epoch."""

    rates: tuple[Rate, ...]

    def value(self, step: Any, xp: Any = np) -> Any:
        return xp.take(xp.array(self.rates), step // 57)


OWN: list[tuple[Spec, list[str]]] = [
    (
        HalfLifeSpec(initial_learning_rate=1, half_life="2000 epochs"),
        ["the rate changes by less than 1%, from 1 to 0.9931, in the whole run"],
    ),
    (
        HalfLifeSpec(initial_learning_rate=1, half_life=5),
        ["half_life: 5 is 5 batches, 0.4% of the run: did you mean '5 epochs'?"],
    ),
    (
        HalfLifeSpec(initial_learning_rate=1, half_life=21),
        ["the rate is below a millionth of its peak of 1 for 63% of the run, from step 419 on"],
    ),
    (HalfLifeSpec(initial_learning_rate=1, half_life="5 epochs"), []),
    (
        LineSpec(length=2000),
        ["the line ends at step 2,000, but the run ends at step 1,140: its last rate is 0.4305, not 0"],
    ),
    (
        LineSpec(length=200),
        ["the line ends at step 200, and the run ends at step 1,140: the rate is 0 for 82% of the run"],
    ),
    (LineSpec(length="100%"), []),
    (
        warm("10%", LineSpec(length="100%")),
        ["schedule: the line ends at step 1,254, but the run ends at step 1,140: its last rate is 0.1009, not 0"],
    ),
]


@pytest.mark.parametrize(("spec", "texts"), OWN)
def test_schedules_of_ones_own_are_judged_by_their_curve(spec: Spec, texts: list[str]) -> None:
    assert found(spec, README) == texts


class UnfinishedSpec(LineSpec):
    """Somebody's own, with landmarks that are none."""

    def landmarks(self) -> Any:
        raise NotImplementedError


def test_a_formula_of_ones_own_that_fails_somewhere_stops_nothing() -> None:
    assert found(UnfinishedSpec(length=2000), README) == []
    assert found(EpochTableSpec(rates=tuple(0.1 / n for n in range(1, 21))), README) == []
    assert found(EpochTableSpec(rates=(0.1,)), README) == []


@pytest.mark.parametrize(
    "spec",
    [
        cosine(1152),
        cosine(1082),
        exponential(4700, 0.96),
        exponential(1140, 0.5, staircase=True),
        warm(1140, ConstantSpec(learning_rate=0.1)),
        drops("30%", "60%", 1142),
        cosine("100.1%"),
        cosine(20, alpha=0.9),
        cosine(56, alpha=0.9),
        CosineDecayRestartsSpec(initial_learning_rate=0.1, first_decay_steps=1152),
        PiecewiseConstantDecaySpec(boundaries=["30%", "94%"], values=[0.1, 0.01, 0.0]),
    ],
    ids=str,
)
def test_a_little_more_than_what_is_right_is_told(spec: Spec) -> None:
    assert len(found(spec, README)) == 1
