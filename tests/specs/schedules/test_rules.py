"""The package's own schedules: which fields go together, and which do not."""

from __future__ import annotations

from typing import Any

import pytest
from least_schedules import COSINE, LEAST, ONE

from keras_optkit import (
    ClampSpec,
    CosineDecaySpec,
    CyclicalSpec,
    InverseSqrtDecaySpec,
    JoinSpec,
    OneCycleSpec,
    RampSpec,
    ScheduleSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)
from keras_optkit.specs.registry import registered

ZERO_START = CosineDecaySpec(initial_learning_rate=0, decay_steps=9, warmup_target=0.1, warmup_steps=3)
FROM_ZERO = RampSpec(initial_learning_rate=0, end_learning_rate=1, steps=5)
TINY = 1.2e-38

#: (accepted, refused, path, rule); in what is accepted and refused, LEAST is left out.
RULES: dict[type[ScheduleSpec], list[tuple[dict[str, Any], dict[str, Any], tuple[str | int, ...], str]]] = {
    RampSpec: [
        (
            {"initial_learning_rate": 0, "end_learning_rate": TINY},
            {"initial_learning_rate": 0, "end_learning_rate": 0},
            ("end_learning_rate",),
            "must be > 0 if the ramp starts at 0",
        ),
        (
            {"initial_learning_rate": TINY, "shape": "exponential"},
            {"initial_learning_rate": 0, "shape": "exponential"},
            ("initial_learning_rate",),
            "must be > 0 for an exponential ramp",
        ),
        (
            {"end_learning_rate": TINY, "shape": "exponential"},
            {"end_learning_rate": 0, "shape": "exponential"},
            ("end_learning_rate",),
            "must be > 0 for an exponential ramp",
        ),
        ({"shape": "polynomial", "power": 2}, {"shape": "linear", "power": 2}, ("power",), "has no effect without"),
    ],
    JoinSpec: [
        (
            {"schedules": [ONE], "boundaries": []},
            {"schedules": [ONE], "boundaries": [5]},
            ("boundaries",),
            "must have one entry fewer than schedules (0), not 1",
        ),
        (
            {"schedules": [ONE] * 3, "boundaries": [5, 6]},
            {"schedules": [ONE] * 3, "boundaries": [5]},
            ("boundaries",),
            "must have one entry fewer than schedules (2), not 1",
        ),
        (
            {"schedules": [ONE] * 3, "boundaries": [5, "1 epoch"]},
            {"schedules": [ONE] * 3, "boundaries": [5, 5]},
            ("boundaries",),
            "must be strictly increasing, but 5 follows 5",
        ),
        (
            {"schedules": [ONE] * 3, "boundaries": ["5%", "6%"]},
            {"schedules": [ONE] * 3, "boundaries": ["5%", "4%"]},
            ("boundaries",),
            "must be strictly increasing, but '4%' follows '5%'",
        ),
        ({"boundaries": [1]}, {"boundaries": [0]}, ("boundaries", 0), "must be > 0"),
        (
            {"schedules": [ONE, {"type": "constant", "learning_rate": 1}]},
            {"schedules": [ONE, "constant"]},
            ("schedules", 1),
            "needs more than its name, received 'constant'; write {'type': 'Constant', 'learning_rate': ...}",
        ),
        ({"schedules": [ONE, COSINE]}, {"schedules": [ONE, 0.1]}, ("schedules", 1), "must be a schedule spec"),
        (
            {"shared_clock": True},
            {"shared_clock": True, "schedules": [ONE], "boundaries": []},
            ("shared_clock",),
            "has no effect with a single schedule",
        ),
    ],
    ClampSpec: [
        (
            {"minimum": 0, "maximum": 0.1},
            {"minimum": 0},
            ("minimum",),
            "must be > 0 if no maximum is given, received 0.0; a clamp without limits has no effect",
        ),
        (
            {"minimum": 0.1, "maximum": 0.11},
            {"minimum": 0.1, "maximum": 0.1},
            ("maximum",),
            "must be > minimum (0.1), received 0.1; for a constant rate, use ConstantSpec",
        ),
        ({"maximum": 0.011}, {"maximum": 0.009}, ("maximum",), "must be > minimum (0.01)"),
    ],
    WarmupSpec: [
        (
            {"initial_learning_rate": 0.1},
            {"initial_learning_rate": 0.11},
            ("initial_learning_rate",),
            "must not be above the first rate of the schedule (0.1)",
        ),
        (
            {"initial_learning_rate": TINY, "shape": "exponential"},
            {"shape": "exponential"},
            ("initial_learning_rate",),
            "must be > 0 for an exponential warm-up",
        ),
        ({"shape": "polynomial", "power": 2}, {"shape": "cosine", "power": 2}, ("power",), "has no effect without"),
        (
            {"schedule": JoinSpec(schedules=[ONE, FROM_ZERO], boundaries=[5])},
            {"schedule": FROM_ZERO},
            ("schedule",),
            "must have a rate > 0 at its first step",
        ),
        ({"schedule": COSINE}, {"schedule": ZERO_START}, ("schedule",), "must have a rate > 0 at its first step"),
        (
            {"schedule": COSINE},
            {"schedule": WarmupSpec(schedule=COSINE, warmup_steps=5)},
            ("schedule",),
            "must have a rate > 0 at its first step",
        ),
        # What counts under overlay is the rate at the end of the warm-up.
        (
            {"overlay": True, "warmup_steps": 50, "initial_learning_rate": 0.05},
            {"overlay": True, "warmup_steps": 51, "initial_learning_rate": 0.05},
            ("initial_learning_rate",),
            "must not be above the rate of the schedule at step 51 (0.04",
        ),
        (
            {"overlay": True, "warmup_steps": 99},
            {"overlay": True, "warmup_steps": 100},
            ("schedule",),
            "must have a rate > 0 at step 100",
        ),
        (
            {"overlay": True, "schedule": FROM_ZERO},
            {"schedule": FROM_ZERO},
            ("schedule",),
            "must have a rate > 0 at its first step",
        ),
        (
            {"overlay": True, "initial_learning_rate": TINY, "shape": "exponential"},
            {"overlay": True, "shape": "exponential"},
            ("initial_learning_rate",),
            "must be > 0 for an exponential warm-up",
        ),
    ],
    OneCycleSpec: [
        (
            {"div_factor": 4, "final_div_factor": 0.25},
            {"div_factor": 4, "final_div_factor": 0.24},
            ("final_div_factor",),
            "must be >= 1 / div_factor (0.25), received 0.24; otherwise the last rate is above the peak",
        ),
        (
            {"max_learning_rate": 1e-30, "final_div_factor": 1e6},
            {"max_learning_rate": 1e-30, "final_div_factor": 1e8},
            ("final_div_factor",),
            "makes the last rate 4e-40, which float32 cannot hold",
        ),
        (
            {"total_steps": 2},
            {"total_steps": 1},
            ("total_steps",),
            "leaves a phase without steps, received 1; the peak would be at step 0 of 1",
        ),
        (
            {"total_steps": 4, "pct_start": 0.85},
            {"total_steps": 4, "pct_start": 0.9},
            ("total_steps",),
            "leaves a phase without steps, received 4; the peak would be at step 4 of 4",
        ),
    ],
    WarmupStableDecaySpec: [
        (
            {"total_steps": 21},
            {"total_steps": 20},
            ("total_steps",),
            "leaves no stable phase, received 20; the warm-up of 10 and the decay of 10 take up all 20",
        ),
        (
            {"warmup_steps": "50%", "decay_steps": "49%"},
            {"warmup_steps": "50%", "decay_steps": "50%"},
            ("total_steps",),
            "leaves no stable phase, received '100%'; the warm-up of 50% and the decay of 50% take up all 100%",
        ),
        (
            {"initial_learning_rate": 0.1},
            {"initial_learning_rate": 0.11},
            ("initial_learning_rate",),
            "must not be above peak_learning_rate (0.1)",
        ),
        (
            {"end_learning_rate": 0.1},
            {"end_learning_rate": 0.11},
            ("end_learning_rate",),
            "must not be above peak_learning_rate (0.1)",
        ),
        (
            {"shape": "exponential", "end_learning_rate": TINY},
            {"shape": "exponential"},
            ("end_learning_rate",),
            "must be > 0 for an exponential decay",
        ),
        ({"shape": "polynomial", "power": 0.5}, {"power": 0.5}, ("power",), "has no effect without"),
    ],
    InverseSqrtDecaySpec: [
        (
            {"warmup_steps": 0, "timescale": 1},
            {"warmup_steps": 0},
            ("warmup_steps",),
            "must be > 0 if no timescale is given",
        ),
        (
            {"warmup_steps": "0%", "timescale": 1},
            {"warmup_steps": "0 epochs"},
            ("warmup_steps",),
            "must be > 0 if no timescale is given",
        ),
    ],
    CyclicalSpec: [
        (
            {"initial_learning_rate": 0.2},
            {"initial_learning_rate": 0.21},
            ("maximal_learning_rate",),
            "must not be below initial_learning_rate (0.21)",
        ),
        (
            {"mode": "exp_range", "gamma": 0.9},
            {"mode": "triangular2", "gamma": 0.9},
            ("gamma",),
            "has no effect without mode='exp_range'",
        ),
    ],
}


@pytest.mark.parametrize(
    ("cls", "accepted", "refused", "path", "rule"), [(cls, *row) for cls, rows in RULES.items() for row in rows]
)
def test_fields_that_are_wrong_together_are_refused_at_one_of_them(cls, accepted, refused, path, rule, refusal):
    assert type(cls(**LEAST[cls] | accepted)) is cls
    found = refusal(cls, **LEAST[cls] | refused)
    assert found.path == path
    assert found.message.startswith(rule)


def test_six_schedules_are_those_of_keras():
    mirrored = {name for name, cls in registered(ScheduleSpec).items() if cls.mirrors_keras}
    assert mirrored == {
        "CosineDecay",
        "CosineDecayRestarts",
        "ExponentialDecay",
        "InverseTimeDecay",
        "PiecewiseConstantDecay",
        "PolynomialDecay",
    }


@pytest.mark.parametrize(("written", "is_a_rate"), [(0.1, True), (1, True), (True, False), ("0.1 or so", False)])
def test_a_number_for_a_schedule_is_answered_with_the_constant_rate(written, is_a_rate, refusal):
    message = refusal(JoinSpec, schedules=[written], boundaries=[]).message
    assert ("for a constant rate, use ConstantSpec(learning_rate=" in message) is is_a_rate
