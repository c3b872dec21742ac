"""What a spec will do, before the run: as text."""

from __future__ import annotations

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from schedule_strategies import schedule_specs

from keras_optkit import (
    AdamSpec,
    CosineDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    RampSpec,
    SGDSpec,
    WarmupSpec,
    describe,
)

RAMP = RampSpec(initial_learning_rate=0, end_learning_rate=10, steps=10)
WARM = AdamSpec(
    learning_rate=WarmupSpec(
        schedule=CosineDecaySpec(initial_learning_rate=0.001, decay_steps="18 epochs"), warmup_steps="10%"
    )
)
RUN = {"steps_per_epoch": 100, "epochs": 20}


@pytest.mark.parametrize(
    ("spec", "run", "text"),
    [
        (
            SGDSpec(learning_rate=WARM.learning_rate),
            RUN,
            """
SGDSpec(learning_rate=WarmupSpec(schedule=CosineDecaySpec(initial_learning_rate=0.001, decay_steps='18 epochs'), \
warmup_steps='10%'))
2000 steps (epochs: 20, steps per epoch: 100)
step  epoch  learning rate
   0      0              0  start
 200      2          0.001  end of the warm-up
1999  19.99    7.61543e-10  last step of the run
2000     20              0  end of the decay
""",
        ),
        (
            {"type": "ramp", "initial_learning_rate": 0, "end_learning_rate": 10, "steps": 10},
            {},
            """
RampSpec(initial_learning_rate=0.0, end_learning_rate=10.0, steps=10)
step  learning rate
   0              0  start
  10             10  end of the ramp
""",
        ),
        (
            OneCycleSpec(max_learning_rate=8, total_steps=20, div_factor=4, final_div_factor=2),
            {"steps_per_epoch": 7, "epochs": 2},
            """
OneCycleSpec(max_learning_rate=8.0, total_steps=20, div_factor=4.0, final_div_factor=2.0)
14 steps (epochs: 2, steps per epoch: 7)
step   epoch  learning rate
   0       0              2  start
   6  0.8571              8  peak
  13   1.857            4.5  last step of the run
  20   2.857              1  end of the cycle, after the run
warning: total_steps: the cycle ends at step 20, but the run ends at step 14: its last rate is 4.5, not 1; \
with total_steps='100%' both end together
""",
        ),
        (
            JoinSpec(schedules=[RAMP, PiecewiseConstantDecaySpec(boundaries=[5], values=[4, 2])], boundaries=[10]),
            {"steps_per_epoch": 10},
            """
JoinSpec(schedules=(RampSpec(initial_learning_rate=0.0, end_learning_rate=10.0, steps=10), \
PiecewiseConstantDecaySpec(boundaries=(5,), values=(4.0, 2.0))), boundaries=(10,))
step  epoch  learning rate
   0      0              0  start
  10      1              4  PiecewiseConstantDecay begins
  16    1.6              2  boundary passed
""",
        ),
        (
            "adam",
            {"steps_per_epoch": 10, "epochs": 3},
            """
AdamSpec()
30 steps (epochs: 3, steps per epoch: 10)
learning rate 0.001 at every step
""",
        ),
    ],
    ids=["warm-up", "ramp", "one cycle", "join", "adam"],
)  # fmt: skip
def test_a_description_says_what_will_be_built_and_the_rate_where_it_matters(spec, run, text):
    assert describe(spec, **run) == text.strip("\n")


def test_a_long_description_is_cut_short():
    spec = PiecewiseConstantDecaySpec(boundaries=range(10, 1010, 10), values=range(101, 0, -1))
    lines = describe(SGDSpec(learning_rate=spec), steps_per_epoch=10, epochs=200).splitlines()
    assert len(lines) < 25
    assert max(map(len, lines)) <= 500
    assert lines[-1].split(maxsplit=3) == ["1999", "199.9", "1", "last step of the run"]


@examples(60)
@given(schedule_specs(), st.integers(1, 10**6), st.integers(1, 10**4))
def test_every_schedule_that_fits_into_a_run_is_described(spec, steps_per_epoch, epochs):
    run = {"steps_per_epoch": steps_per_epoch, "epochs": epochs}
    try:
        resolved = spec.resolve(**run)
    except ValueError:
        return
    text = describe(spec, **run)
    assert text.startswith(type(spec).__name__)
    assert "last step of the run" in text
    assert "nan" not in describe(resolved)


@pytest.mark.parametrize(("boundaries", "left_out"), [(14, 0), (15, 1), (20, 6)])
def test_of_more_than_fifteen_steps_the_table_says_how_many_it_leaves_out(boundaries, left_out):
    spec = {
        "type": "PiecewiseConstantDecay",
        "boundaries": range(1, boundaries + 1),
        "values": [0.1] * (boundaries + 1),
    }
    table = describe(spec).splitlines()[1:]
    assert len(table) == (17 if left_out else 16)
    assert [line for line in table if "more" in line] == ([f"... {left_out} more, up to"] if left_out else [])
