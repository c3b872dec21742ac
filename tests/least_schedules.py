"""The least that must be written of each of the package's own schedules."""

from typing import Any

from keras_optkit import (
    ClampSpec,
    ConstantSpec,
    CosineDecaySpec,
    CyclicalSpec,
    InverseSqrtDecaySpec,
    JoinSpec,
    OneCycleSpec,
    RampSpec,
    ScheduleSpec,
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)

COSINE = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=100)
ONE = ConstantSpec(learning_rate=1)
LEAST: dict[type[ScheduleSpec], dict[str, Any]] = {
    ConstantSpec: {"learning_rate": 0.1},
    RampSpec: {"initial_learning_rate": 0.1, "end_learning_rate": 0.2, "steps": 10},
    JoinSpec: {"schedules": [ONE, COSINE], "boundaries": [10]},
    WarmupSpec: {"schedule": COSINE, "warmup_steps": 10},
    ClampSpec: {"schedule": COSINE, "minimum": 0.01},
    StaircaseSpec: {"schedule": COSINE},
    OneCycleSpec: {"max_learning_rate": 0.1},
    WarmupStableDecaySpec: {"peak_learning_rate": 0.1, "warmup_steps": 10, "decay_steps": 10},
    InverseSqrtDecaySpec: {"peak_learning_rate": 0.1, "warmup_steps": 10},
    CyclicalSpec: {"initial_learning_rate": 0.1, "maximal_learning_rate": 0.2, "step_size": 10},
}
