"""What is right is not told to be wrong: ordinary recipes, in every unit, for short runs and long ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_optkit import (
    AdamSpec,
    ClampSpec,
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    FtrlSpec,
    InverseSqrtDecaySpec,
    InverseTimeDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleFreeAdamWSpec,
    SGDSpec,
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
    parse_spec,
)
from keras_optkit.specs.base import Spec
from keras_optkit.specs.resolving import RunLength
from keras_optkit.specs.run_fit import misfits

runs = st.one_of(
    st.tuples(st.integers(1, 40), st.integers(10, 50)),
    st.tuples(st.integers(10, 10_000), st.integers(1, 100)),
    st.tuples(st.integers(1, 200), st.integers(100, 5_000)),
)
units = st.sampled_from(["percent", "epochs", "steps"])


def said(percent: int, unit: str, steps_per_epoch: int, epochs: int) -> Any:
    """So many percent of the run, in a unit in which somebody would say it."""
    whole = steps_per_epoch * epochs
    if unit == "epochs" and percent * epochs % 100 == 0:
        return f"{percent * epochs // 100} epochs"
    steps = whole * percent // 100
    # Numbers of steps are computed, and then there are more of them than epochs.
    return steps if unit == "steps" and steps > epochs else f"{percent}%"


@given(run=runs, unit=units, warmup=st.integers(1, 20), data=st.data())
def test_ordinary_recipes_fit(run: tuple[int, int], unit: str, warmup: int, data: st.DataObject) -> None:
    def share(percent: int) -> Any:
        return said(percent, unit, *run)

    def warmed(schedule: Any) -> WarmupSpec:
        return WarmupSpec(warmup_steps=share(warmup), schedule=schedule)

    rest = 100 - warmup
    cosine = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=share(rest))
    alpha = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=share(50), alpha=0.01)
    keras_way = CosineDecaySpec(
        initial_learning_rate=0.0, warmup_target=0.1, warmup_steps=share(warmup), decay_steps=share(rest)
    )
    recipes: dict[str, Spec] = {
        "constant": ConstantSpec(learning_rate=0.1),
        "warm-up, constant": warmed(ConstantSpec(learning_rate=0.1)),
        "cosine": cosine.replace(decay_steps=share(100)),
        "warm-up, cosine": warmed(cosine),
        "cosine with Keras's warm-up": keras_way,
        "cosine that leaves a rate": alpha,
        "linear": PolynomialDecaySpec(initial_learning_rate=0.1, decay_steps=share(100), end_learning_rate=0.0),
        "cubic": PolynomialDecaySpec(
            initial_learning_rate=0.1, decay_steps=share(100), end_learning_rate=0.0, power=3.0
        ),
        "warm-up, linear": warmed(RampSpec(initial_learning_rate=0.1, end_learning_rate=0.0, steps=share(rest))),
        "exponential ramp": RampSpec(
            initial_learning_rate=0.1, end_learning_rate=1e-5, steps=share(100), shape="exponential"
        ),
        "range test": RampSpec(initial_learning_rate=1e-8, end_learning_rate=1, steps=share(100), shape="exponential"),
        "warm-up, stable, decay": WarmupStableDecaySpec(
            peak_learning_rate=0.1, warmup_steps=share(warmup), decay_steps=share(20)
        ),
        "1-sqrt": WarmupStableDecaySpec(
            peak_learning_rate=0.1, warmup_steps=0, decay_steps=share(20), shape="polynomial", power=0.5
        ),
        "one cycle": OneCycleSpec(
            max_learning_rate=0.1, shape=data.draw(st.sampled_from(["cosine", "linear", "exponential"]))
        ),
        "inverse square root": InverseSqrtDecaySpec(peak_learning_rate=0.1, warmup_steps=share(warmup)),
        "exponential, per epoch": ExponentialDecaySpec(
            initial_learning_rate=0.1, decay_steps=share(10), decay_rate=0.6, staircase=data.draw(st.booleans())
        ),
        "Keras 2's decay": InverseTimeDecaySpec(
            initial_learning_rate=0.1, decay_steps=1, decay_rate=10 / (run[0] * run[1])
        ),
        "restarts": CosineDecayRestartsSpec(
            initial_learning_rate=0.1, first_decay_steps=share(10), t_mul=data.draw(st.sampled_from([1, 1.5, 2]))
        ),
        "restarts, each lower": CosineDecayRestartsSpec(
            initial_learning_rate=0.1, first_decay_steps=share(20), t_mul=1.0, m_mul=0.5
        ),
        "warm-up over a cosine": warmed(cosine.replace(decay_steps=share(100))).replace(overlay=True),
        "warm-up over an exponential": warmed(
            ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=share(10), decay_rate=0.6)
        ).replace(overlay=True),
        "one rate per epoch": StaircaseSpec(schedule=cosine.replace(decay_steps=share(100))),
        # From 0 the whole first epoch would train at rate 0.
        "a warm-up in epochs": StaircaseSpec(schedule=warmed(cosine).replace(initial_learning_rate=0.01)),
        "exponential with a floor": ClampSpec(
            schedule=ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=share(5), decay_rate=0.5), minimum=1e-6
        ),
        "cosine with a floor": ClampSpec(schedule=cosine.replace(decay_steps=share(70)), minimum=1e-5),
        "inverse square root with a cap": ClampSpec(
            schedule=InverseSqrtDecaySpec(peak_learning_rate=0.1, warmup_steps=share(warmup)), maximum=0.05
        ),
        "cyclical": CyclicalSpec(
            initial_learning_rate=0.0,
            maximal_learning_rate=0.1,
            step_size=share(data.draw(st.integers(5, 50))),
            mode=data.draw(st.sampled_from(["triangular", "triangular2"])),
        ),
    }
    if run[0] * run[1] >= 100:  # in a shorter one they may meet
        recipes["drops"] = PiecewiseConstantDecaySpec(
            boundaries=[share(30), share(60), share(90)], values=[0.1, 1e-2, 1e-3, 5e-5]
        )
        recipes["one after the other"] = JoinSpec(schedules=[warmed(cosine), alpha], boundaries=[share(50)])
    wrong = {
        name: told for name, spec in recipes.items() if (told := list(map(str, misfits(spec, RunLength.of(*run)))))
    }
    assert wrong == {}


def _cosine(decay_steps: Any, **fields: Any) -> CosineDecaySpec:
    return CosineDecaySpec(**{"initial_learning_rate": 0.1, "decay_steps": decay_steps} | fields)


def _warm(warmup_steps: Any, schedule: Any) -> WarmupSpec:
    return WarmupSpec(warmup_steps=warmup_steps, schedule=schedule)


def _drops(boundaries: Any, values: Any = (0.1, 0.01, 0.001, 0.0001)) -> PiecewiseConstantDecaySpec:
    return PiecewiseConstantDecaySpec(boundaries=boundaries, values=values)


def _exponential(decay_steps: Any, decay_rate: float, **fields: Any) -> ExponentialDecaySpec:
    return ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=decay_steps, decay_rate=decay_rate, **fields)


README = (57, 20)
BORDERLINE: list[tuple[Spec, tuple[int, int]]] = [
    # Drops that were computed as epochs times steps, and numbers that are too many to be epochs.
    (_drops([30 * 391, 60 * 391, 80 * 391]), (391, 90)),
    (_cosine(21), (1, 20)),
    (_drops([30, 60, 91]), (391, 90)),
    # An epoch of less than ten steps: 20 may be anything.
    (_cosine(20, alpha=0.1), (9, 20)),
    # A last piece that begins with the end of the run, or a step later where percentages were rounded.
    (_drops(["30%", "60%", "100%"]), README),
    (_drops([300, 600, 1141]), README),
    (JoinSpec(schedules=[_cosine("100%"), _cosine(5)], boundaries=[1140]), README),
    # Ends as late, or as early, as nobody would see.
    (_cosine(1151), README),
    (_cosine(1084), README),
    (_warm("5%", _cosine("95%")), (10, 1)),
    (_warm("5%", WarmupSpec(warmup_steps="5%", initial_learning_rate=0.05, schedule=_cosine("90%"))), (10, 1)),
    # A warm-up until the step before the last.
    (_warm(1139, _cosine("1%", alpha=0.5)), README),
    # A cut-off that was meant: what follows begins in time.
    (JoinSpec(schedules=[_cosine("90%"), _cosine("50%")], boundaries=["50%"]), README),
    (JoinSpec(schedules=[_warm(5000, _cosine("90%")), _cosine("50%")], boundaries=["50%"]), README),
    # A short cool-down at 0, and a rate that was written to be small.
    (_drops(["30%", "60%", "95%"], [0.1, 0.01, 0.001, 0.0]), README),
    (_drops(["30%", "60%", "80%"], [0.1, 0.01, 0.001, 0.5e-4]), README),
    # A short decay that is said to be short.
    (_cosine("4%", alpha=0.1), README),
    (_cosine(57, alpha=0.1), README),
    # A rise, not a decay, at the start.
    (RampSpec(initial_learning_rate=0.01, end_learning_rate=0.1, steps=40), README),
    # Steps that mean steps.
    (_exponential(1, 0.999), README),
    (_exponential(10, 0.99), README),
    (InverseTimeDecaySpec(initial_learning_rate=0.1, decay_steps=1, decay_rate=1e-3), README),
    (_warm(200, _cosine("99.6%")), (57, 1000)),
    (ScheduleFreeAdamWSpec(warmup_steps=100), (57, 200)),
    # A decay that does nothing, as written.
    (_exponential(1000, 1.0), README),
    (_exponential(1000, 1.0, staircase=True), README),
    (InverseTimeDecaySpec(initial_learning_rate=0.1, decay_steps=1000, decay_rate=0.0), README),
    # A decay of 1.01% and a stair just before the end.
    (_exponential(4583, 0.96), README),
    (_exponential(1139, 0.5, staircase=True), README),
    # A slow decay for the last moments only.
    (JoinSpec(schedules=[_cosine("96%", alpha=0.1), _exponential(10**6, 0.9)], boundaries=["96%"]), README),
    # A run of one step, and one of one epoch.
    (SGDSpec(learning_rate=_exponential("1 epoch", 0.9)), (1, 1)),
    (SGDSpec(), (1, 1)),
    (AdamSpec(learning_rate=_cosine("1 epoch")), (10, 1)),
    (ScheduleFreeAdamWSpec(warmup_steps=0), README),
    # Counts that are exactly the run.
    (AdamSpec(gradient_accumulation_steps=1140), README),
    (AdamSpec(use_ema=True, ema_overwrite_frequency=1140), README),
    (AdamSpec(use_ema=True, ema_overwrite_frequency=285, gradient_accumulation_steps=4), README),
    (ScheduleFreeAdamWSpec(warmup_steps=1139), README),
    # A decay that takes away all of a weight and no more than it again.
    (SGDSpec(learning_rate=_cosine("100%"), weight_decay=20), README),
    (FtrlSpec(learning_rate=1.0, weight_decay=20), README),
    # A first stair at rate 0 that is no more than a twentieth of the run.
    (StaircaseSpec(schedule=_warm("3 epochs", _cosine("17 epochs"))), README),
    # A start above 0.
    (StaircaseSpec(schedule=_warm("3 epochs", _cosine("7 epochs")).replace(initial_learning_rate=1e-4)), (57, 10)),
    # Stairs that a run of one epoch never leaves.
    (StaircaseSpec(schedule=_exponential("1 epoch", 0.9)), (100, 1)),
    (StaircaseSpec(schedule=_cosine("10 epochs")), (100, 10)),
    # A decay that ends after the run, but has come to its floor before.
    (ClampSpec(schedule=_cosine(2280), minimum=0.06), README),
    (ClampSpec(schedule=ClampSpec(schedule=_cosine("100%"), maximum=0.02), minimum=0.03), README),
    # A decay that is over before an overlaid warm-up is, but leaves a rate.
    (_warm("10%", _cosine("8%", alpha=0.5)).replace(overlay=True), README),
    # More steps than can be looked at one by one.
    (_warm("5%", _cosine("95%")), (2**26, 2**26)),
]


@pytest.mark.parametrize(("spec", "run"), BORDERLINE)
def test_what_is_just_right_is_right(spec: Spec, run: tuple[int, int]) -> None:
    assert misfits(spec, RunLength.of(*run)) == []


#: The published schedules of other projects' tests, each with the run that its table covers.
PUBLISHED: list[tuple[dict[str, Any], tuple[int, int]]] = [
    (
        {
            "type": "Warmup",
            "warmup_steps": 2,
            "schedule": {"type": "Ramp", "initial_learning_rate": 10.0, "end_learning_rate": 0.0, "steps": 8},
        },
        (10, 1),
    ),
    (
        {
            "type": "Warmup",
            "warmup_steps": 2,
            "schedule": {"type": "CosineDecay", "initial_learning_rate": 10.0, "decay_steps": 8},
        },
        (10, 1),
    ),
    (
        {
            "type": "OneCycle",
            "max_learning_rate": 1000.0,
            "total_steps": 5,
            "pct_start": 0.4,
            "div_factor": 10.0,
            "final_div_factor": 100.0,
        },
        (5, 1),
    ),
    (
        {
            "type": "ExponentialDecay",
            "initial_learning_rate": 0.1,
            "decay_steps": 1000,
            "decay_rate": 0.96,
            "staircase": True,
        },
        (2001, 1),
    ),
    ({"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 1000}, (1000, 1)),
]


@pytest.mark.parametrize(("data", "run"), PUBLISHED)
@pytest.mark.parametrize("as_epochs", [False, True])
def test_published_schedules_fit_their_own_runs(data: dict[str, Any], run: tuple[int, int], *, as_epochs: bool) -> None:
    steps_per_epoch, epochs = reversed(run) if as_epochs else run
    assert misfits(parse_spec(data), RunLength.of(steps_per_epoch, epochs)) == []
