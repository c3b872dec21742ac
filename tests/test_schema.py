"""``json_schema``: what it lets through and what it stops, what it says to an editor, and that it does not drift."""

from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import Any

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from strategies import SPEC_STRATEGIES

from keras_optkit import (
    ConstantSpec,
    OptimizerSpec,
    ScheduleSpec,
    SGDSpec,
    json_schema,
    parse_spec,
    register_spec,
)

GOLDEN = Path(__file__).parent / "json_schema.json"
VALIDATOR = Draft202012Validator(json_schema())
DEFINITIONS: dict[str, Any] = json_schema()["$defs"]


def written(spec: Any, **options: Any) -> Any:
    """What stands in a config file for ``spec``, a schedule in an optimizer."""
    spec = spec if isinstance(spec, OptimizerSpec) else SGDSpec(learning_rate=spec)
    return json.loads(json.dumps(spec.model_dump(mode="json", **options)))


def test_the_schema_is_the_golden_file():
    renew = "if the format of config files was to change: python -m keras_optkit schema > tests/json_schema.json"
    assert json.dumps(json_schema(), indent=2) + "\n" == GOLDEN.read_text(encoding="utf-8"), renew


def test_the_schema_is_a_valid_one_of_draft_2020_12():
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(json_schema())


def test_each_call_makes_a_schema_of_its_own():
    json_schema()["$defs"].clear()
    assert json_schema()["$defs"] == DEFINITIONS


# What it lets through and what it stops


@pytest.mark.parametrize("cls", SPEC_STRATEGIES)
def test_every_spec_as_it_is_saved_is_valid(cls):
    @examples(15)
    @given(SPEC_STRATEGIES[cls], st.booleans())
    def is_valid(spec, short):
        VALIDATOR.validate(written(spec, exclude_defaults=short))

    is_valid()


COSINE = {"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 1000}
JOIN = {"type": "Join", "schedules": [COSINE, COSINE], "boundaries": [10]}


def sgd(**fields: Any) -> dict[str, Any]:
    return {"type": "SGD", **fields}


def cosine(**fields: Any) -> dict[str, Any]:
    return sgd(learning_rate={**COSINE, **fields})


@pytest.mark.parametrize(
    "steps", [1, 1000, 2**53, "10 epochs", "1 epoch", "0.5 epochs", "5%", "12.5 percent", "1e2 epochs"]
)
def test_a_duration_that_is_read_is_valid(steps):
    assert parse_spec(cosine(decay_steps=steps))
    VALIDATOR.validate(cosine(decay_steps=steps))


@pytest.mark.parametrize("number", ["0.9", ".9", "9e-1", "0.", "0e0"])
def test_a_number_as_text_is_read_though_it_is_not_valid(number):
    assert parse_spec(sgd(momentum=number)).momentum == float(number)
    assert not VALIDATOR.is_valid(sgd(momentum=number))


MISTAKES = {
    "no type": {"momentum": 0.9},
    "an unknown type": {"type": "Sdg"},
    "a type that is no text": {"type": 3},
    "a number": 3,
    "a list": [sgd()],
    "nothing": None,
    "a wrong field": sgd(momentun=0.9),
    "a field of another optimizer": sgd(beta_1=0.9),
    "a number as text": sgd(momentum="much"),
    "a flag for a number": sgd(momentum=True),
    "a number for a flag": sgd(nesterov=1),
    "a text for a flag": sgd(nesterov="yes"),
    "null for a number": sgd(momentum=None),
    "a fraction of an update": sgd(gradient_accumulation_steps=1.5),
    "no update": sgd(gradient_accumulation_steps=0),
    "a momentum of 1": sgd(momentum=1),
    "a negative momentum": sgd(momentum=-0.1),
    "a rate of 0": sgd(learning_rate=0),
    "a negative clip": sgd(clipnorm=-1),
    "a flag for a rate": sgd(learning_rate=True),
    "null for a rate": sgd(learning_rate=None),
    "a list for a rate": sgd(learning_rate=[0.1]),
    "a name with a space": sgd(name="my optimizer"),
    "a pattern that is empty": sgd(weight_decay=0.1, exclude_from_weight_decay=[""]),
    "a pattern for a list of them": sgd(weight_decay=0.1, exclude_from_weight_decay="bias"),
    "a group that is a pattern": sgd(groups=["head/"]),
    "a group without a pattern": sgd(groups=[{"learning_rate_multiplier": 2}]),
    "a wrong field in a group": sgd(groups=[{"match": "head/", "lr_mult": 2}]),
    "a negative multiplier": sgd(groups=[{"match": "head/", "learning_rate_multiplier": -1}]),
    "a schedule without a type": sgd(learning_rate={"initial_learning_rate": 0.1, "decay_steps": 1000}),
    "an optimizer for a schedule": sgd(learning_rate=sgd()),
    "an unknown schedule": sgd(learning_rate={**COSINE, "type": "Cosine"}),
    "a wrong field in a schedule": cosine(decay_stepz=3),
    "a missing field": sgd(learning_rate={"type": "CosineDecay", "initial_learning_rate": 0.1}),
    "a fraction above 1": cosine(alpha=1.1),
    "a decay rate above 1": sgd(
        learning_rate={"type": "ExponentialDecay", "initial_learning_rate": 0.1, "decay_steps": 9, "decay_rate": 2}
    ),
    "no steps": cosine(decay_steps=0),
    "half a step": cosine(decay_steps=0.5),
    "more steps than can be counted": cosine(decay_steps=2**53 + 1),
    "a flag for steps": cosine(decay_steps=True),
    "an unknown unit": cosine(decay_steps="10 weeks"),
    "a unit alone": cosine(decay_steps="epochs"),
    "a negative duration": cosine(decay_steps="-10 epochs"),
    "a fraction of a step": cosine(decay_steps="1.5 steps"),
    "no pieces": sgd(learning_rate={**JOIN, "schedules": []}),
    "a number as a piece": sgd(learning_rate={**JOIN, "schedules": [0.1, COSINE]}),
    "a wrong duration in a list": sgd(learning_rate={**JOIN, "boundaries": ["soon"]}),
    "a wrong piece": sgd(learning_rate={**JOIN, "schedules": [COSINE, {**COSINE, "alpha": -1}]}),
    "an unknown shape": sgd(learning_rate={"type": "OneCycle", "max_learning_rate": 0.1, "shape": "round"}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_neither_valid_nor_read(mistake):
    assert not VALIDATOR.is_valid(MISTAKES[mistake])
    with pytest.raises(ValueError, match=r"validation error"):
        parse_spec(MISTAKES[mistake])


def test_a_schedule_alone_is_no_optimizer():
    assert not VALIDATOR.is_valid(COSINE)


def test_what_the_table_of_mistakes_is_made_of_is_right():
    for right in (sgd(), cosine(), sgd(learning_rate=JOIN), sgd(groups=[{"match": "head/"}])):
        VALIDATOR.validate(right)
        assert parse_spec(right)


# What it says to an editor

NODES = [name for name, definition in DEFINITIONS.items() if "properties" in definition]


def test_there_is_a_definition_of_every_spec_and_of_what_they_hold():
    assert set(DEFINITIONS) == {cls.__name__ for cls in SPEC_STRATEGIES} | {"ParamGroup", "ScheduleSpec"}
    assert set(NODES) == set(DEFINITIONS) - {"ScheduleSpec"}


@pytest.mark.parametrize("name", NODES)
def test_every_node_says_what_it_is_and_what_each_of_its_fields_is(name):
    definition = DEFINITIONS[name]
    assert len(definition["description"]) > 20
    assert "Attributes:" not in definition["description"]
    assert [field for field, node in definition["properties"].items() if len(node.get("description", "")) < 4] == []
    assert definition["properties"].get("type", definition)["description"] == definition["description"]


@pytest.mark.parametrize("cls", SPEC_STRATEGIES)
def test_every_node_needs_the_fields_without_a_default(cls):
    definition = DEFINITIONS[cls.__name__]
    assert definition.get("required", []) == [name for name, field in cls.model_fields.items() if field.is_required()]
    assert definition["properties"]["type"]["anyOf"][0] == {"const": cls.model_fields["type"].default}
    assert definition["additionalProperties"] is False
    assert list(definition["properties"]) == list(cls.model_fields)


def test_a_field_says_its_range_unit_and_default():
    assert DEFINITIONS["SGDSpec"]["properties"]["momentum"] == {
        "type": "number",
        "minimum": 0,
        "exclusiveMaximum": 1,
        "default": 0.0,
        "description": "in [0, 1); 0 is plain gradient descent.",
    }
    steps = DEFINITIONS["CosineDecaySpec"]["properties"]["decay_steps"]
    assert steps["type"] == ["integer", "string"]
    assert steps["minimum"] == 1
    assert steps["description"] == "the length of the cosine, > 0, without the warm-up."


# A user's own


class Phase(enum.StrEnum):
    UP = "up"
    DOWN = "down"


class Corner(BaseModel):
    """A user's own part of a schedule."""

    step: int = 0


class CornersSpec(ScheduleSpec):
    """A user's schedule.

    Attributes:
        title: a field that is called like a keyword of JSON Schema.
        phase: one of two.
        corners: some.
        inner: another schedule.
    """

    title: str
    phase: Phase = Phase.UP
    corners: tuple[Corner, ...] = ()
    inner: ScheduleSpec | None = None

    def value(self, step: Any, xp: Any = None) -> Any:
        return 0.1


@pytest.mark.usefixtures("registry")
def test_a_users_own_spec_is_in_the_schema_with_all_its_parts():
    register_spec(CornersSpec)
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    spec = CornersSpec(title="a", phase="down", corners=[{"step": 3}], inner=ConstantSpec(learning_rate=0.1))
    assert parse_spec(written(spec)) == SGDSpec(learning_rate=spec)
    Draft202012Validator(schema).validate(written(spec))
    properties = schema["$defs"]["CornersSpec"]["properties"]
    assert properties["title"]["description"] == "a field that is called like a keyword of JSON Schema."
    assert properties["inner"]["description"] == "another schedule."
    for wrong in ({"title": 3}, {"phase": "sideways"}, {"corners": [{"step": "a"}]}, {"inner": sgd()}):
        assert not Draft202012Validator(schema).is_valid(sgd(learning_rate={"type": "Corners", "title": "a", **wrong}))


@pytest.mark.usefixtures("registry")
def test_a_users_own_optimizer_is_one_of_the_optimizers():
    register_spec(type("SignSpec", (SGDSpec,), {"__doc__": "Sign.", "__module__": __name__}))
    assert Draft202012Validator(json_schema()).is_valid({"type": "Sign", "momentum": 0.9})
    assert not Draft202012Validator(json_schema()).is_valid({"type": "Sign", "momentum": 2})
    assert not VALIDATOR.is_valid({"type": "Sign"})
