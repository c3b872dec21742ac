"""How specs are printed: in lines that can be read, and always as Python that makes them."""

from __future__ import annotations

import pprint
from typing import Any

import rich.pretty
from hypothesis import given, settings
from pydantic import BaseModel
from strategies import specs

import keras_optkit
from keras_optkit import AdamWSpec, CosineDecaySpec, ParamGroup, ScheduleSpec, SGDSpec, WarmupSpec
from keras_optkit.specs.errors import in_short
from keras_optkit.specs.layout import WIDTH, on_one_line

PUBLIC = {name: getattr(keras_optkit, name) for name in keras_optkit.__all__}
WARM = WarmupSpec(schedule=CosineDecaySpec(initial_learning_rate=0.1, decay_steps="90%"), warmup_steps="10%")
LONG = CosineDecaySpec(initial_learning_rate=0.001, decay_steps="100000 epochs", alpha=0.01)
NESTED = AdamWSpec(
    learning_rate=WARM.replace(schedule=LONG), weight_decay=0.05, groups=[ParamGroup(match="head", weight_decay=0)]
)
LINES = """\
AdamWSpec(
    learning_rate=WarmupSpec(
        schedule=CosineDecaySpec(initial_learning_rate=0.001, decay_steps='100000 epochs', alpha=0.01),
        warmup_steps='10%',
    ),
    weight_decay=0.05,
    groups=(ParamGroup(match='head', weight_decay=0.0),),
)"""


def test_a_nested_spec_is_printed_with_a_field_a_line():
    assert repr(NESTED) == LINES
    assert str(NESTED) == pprint.pformat(NESTED) == LINES


def test_a_spec_that_fits_is_printed_on_one_line():
    assert repr(WARM) == on_one_line(WARM)
    assert len(repr(WARM)) <= WIDTH < len(on_one_line(NESTED))


@settings(max_examples=100)
@given(specs())
def test_what_is_printed_is_the_python_that_makes_it(spec):
    assert eval(repr(spec), dict(PUBLIC)) == spec
    assert eval(on_one_line(spec), dict(PUBLIC)) == spec
    assert "\n" not in on_one_line(spec)
    # A line is longer only if it has a single field or entry, which cannot be broken.
    assert all(len(line) <= WIDTH or "=" not in line.partition("=")[2] for line in repr(spec).splitlines())


def test_rich_prints_it_in_lines_too():
    assert rich.pretty.pretty_repr(NESTED, max_width=80).splitlines()[:3] == [
        "AdamWSpec(",
        "    learning_rate=WarmupSpec(",
        "        schedule=CosineDecaySpec(",
    ]


def test_a_message_stays_on_one_line():
    assert "\n" not in in_short(NESTED)
    assert in_short(WARM).startswith("WarmupSpec(schedule=CosineDecaySpec(")


class Corner(BaseModel):
    step: int


class Mine:
    def __repr__(self) -> str:
        return "<mine>"


class ManySpec(ScheduleSpec, arbitrary_types_allowed=True):
    corners: dict[str, list[Corner]]
    mine: Any = None

    def value(self, step: Any, xp: Any = None) -> Any:
        return 0.1


def test_fields_of_a_spec_of_ones_own_are_printed_alike():
    many = ManySpec(corners={"a": [Corner(step=step) for step in range(12)], "b": []}, mine=Mine())
    lines = repr(many).splitlines()
    assert lines[:4] == ["ManySpec(", "    corners={", "        'a': [", "            Corner(step=0),"]
    assert lines[-4:] == ["        'b': [],", "    },", "    mine=<mine>,", ")"]
    assert repr(SGDSpec(learning_rate=many)).splitlines()[1] == "    learning_rate=ManySpec("
