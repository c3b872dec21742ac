"""The JSON Schema of somebody's own pydantic model or FastAPI program that has specs in its fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

import fastapi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from strategies import SPEC_STRATEGIES, optimizer_specs, schedule_specs

from keras_optkit import (
    AdamSpec,
    AdamWSpec,
    OptimizerSpec,
    ParamGroup,
    ScheduleSpec,
    SGDSpec,
    json_schema,
    register_spec,
)
from keras_optkit.fields import LearningRate, Rate, Steps
from keras_optkit.specs.base import Spec

COSINE = {"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": "10 epochs"}
MODES = ("validation", "serialization")


class Training(BaseModel):
    """A user's own model, with specs wherever they may stand."""

    optimizer: OptimizerSpec
    schedule: ScheduleSpec | None = None
    rate: ScheduleSpec | float = 0.1
    learning_rate: LearningRate = 0.1
    stages: dict[str, list[OptimizerSpec]] = {}
    exactly: AdamSpec = AdamSpec()
    one_of: Annotated[AdamSpec | SGDSpec, Field(discriminator="type")] = AdamSpec()
    whatever: Spec | None = None
    group: ParamGroup | None = None


VALIDATORS = {mode: Draft202012Validator(Training.model_json_schema(mode=mode)) for mode in MODES}


def is_valid(mode: str = "validation", /, **fields: Any) -> bool:
    return VALIDATORS[mode].is_valid({"optimizer": {"type": "SGD"}, **fields})


@pytest.mark.parametrize("mode", MODES)
def test_a_field_has_the_whole_union(mode):
    schema = Training.model_json_schema(mode=mode)
    Draft202012Validator.check_schema(schema)
    assert "x-kind" not in json.dumps(schema)
    assert schema["properties"]["optimizer"] == {"$ref": "#/$defs/OptimizerSpec"}
    assert {cls.__name__ for cls in SPEC_STRATEGIES} <= schema["$defs"].keys()
    momentum = schema["$defs"]["SGDSpec"]["properties"]["momentum"]
    assert momentum == json_schema()["$defs"]["SGDSpec"]["properties"]["momentum"]
    kind = schema["$defs"]["ScheduleSpec"]
    assert {"$ref": "#/$defs/CosineDecaySpec"} in kind["oneOf"]
    assert kind["discriminator"]["mapping"]["CosineDecay"] == "#/$defs/CosineDecaySpec"
    rate = schema["$defs"]["AdamSpec"]["properties"]["learning_rate"]
    assert rate["anyOf"] == [{"type": "number", "exclusiveMinimum": 0}, {"$ref": "#/$defs/ScheduleSpec"}]


def test_the_schema_of_a_config_file_is_that_of_a_field():
    named = {"$schema", "title"}
    assert {key: part for key, part in json_schema().items() if key not in named} == TypeAdapter(
        OptimizerSpec
    ).json_schema()


@settings(max_examples=30)
@given(optimizer_specs(), schedule_specs())
def test_what_a_model_dumps_is_valid_for_reading_and_for_writing(optimizer, schedule):
    training = Training(
        optimizer=optimizer, schedule=schedule, rate=schedule, stages={"first": [optimizer]}, whatever=schedule
    )
    for dumped in (training.model_dump(mode="json"), json.loads(training.model_dump_json(exclude_defaults=True))):
        for validator in VALIDATORS.values():
            validator.validate(dumped)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "wrong",
    [
        {"optimizer": 3},
        {"optimizer": {"momentum": 0.9}},
        {"optimizer": {"type": "SGD", "momentum": 1}},
        {"optimizer": COSINE},
        {"schedule": {"type": "SGD"}},
        {"rate": {**COSINE, "decay_steps": "10 weeks"}},
        {"learning_rate": -1},
        {"learning_rate": {"type": "SGD"}},
        {"stages": {"first": [{"type": "AdamW", "weight_decay": None}]}},
        {"exactly": {"type": "SGD"}},
        {"one_of": {"type": "Adam", "beta_1": 1}},
        {"one_of": {"type": "Lion"}},
        {"whatever": {"type": "Sdg"}},
        {"group": {"match": ""}},
    ],
    ids=str,
)
def test_a_mistake_in_a_field_is_neither_valid_nor_read(wrong, mode):
    assert not is_valid(mode, **wrong)
    with pytest.raises(ValidationError):
        Training(**{"optimizer": {"type": "SGD"}, **wrong})


# The spellings that are read


@pytest.mark.parametrize("name", ["AdamW", "adamw", "adam_w", "ADAM-W", "AdamWSpec", "adam_w_spec"])
def test_a_type_is_valid_in_every_spelling_that_is_read(name):
    for optimizer in ({"type": name}, name):
        assert is_valid(optimizer=optimizer)
        assert Training(optimizer=optimizer).optimizer.type == "AdamW"


@pytest.mark.parametrize("name", ["Adam", "adamx", " adamw", "adamw ", "adam w", "adamwspecs", "w_adam", ""])
def test_a_type_of_another_spelling_is_not_valid(name):
    schema = TypeAdapter(OptimizerSpec).json_schema()["$defs"]["AdamWSpec"]
    assert not Draft202012Validator(schema).is_valid({"type": name})
    with pytest.raises(ValidationError):
        AdamWSpec(type=name)


def test_a_name_is_enough_only_where_all_fields_have_defaults():
    assert is_valid(optimizer="lion")
    assert not is_valid(schedule="cosine_decay")
    assert not is_valid("serialization", optimizer="lion")


def test_a_type_is_needed_only_where_there_is_a_choice():
    assert is_valid(exactly={"beta_1": 0.8})
    assert Training(optimizer="sgd", exactly={"beta_1": 0.8}).exactly == AdamSpec(beta_1=0.8)
    assert not is_valid(optimizer={"centered": True})
    assert not is_valid("serialization", exactly={"beta_1": 0.8})


# Agreement with the reader

LEAVES = [
    *(None, True, 0, 1, -1, 2, 0.5, -0.5, 1.5, 1e-9, 1e3, "", "5%", "0%", "10 epochs", "10 Epochs", "10 weeks"),
    *("linear", "sgd", "CosineDecay", [], [0.1], ["bias$"], {}, {"type": "Constant", "learning_rate": 0.1}),
]


def changed(document: Any, draw: Callable[[Any], Any]) -> Any:
    """``document`` with another value in one place, or with a field more or less."""
    if isinstance(document, (dict, list)) and document and draw(st.integers(0, 9)):
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        copy, key = document.copy(), draw(st.sampled_from(keys))
        match draw(st.integers(0, 9)):
            case 0:
                del copy[key]
            case 1 if isinstance(copy, dict):
                copy[draw(st.sampled_from(["beta_1", "decay_steps", "lr"]))] = draw(st.sampled_from(LEAVES))
            case _:
                copy[key] = changed(document[key], draw)
        return copy
    return draw(st.sampled_from(LEAVES))


@settings(max_examples=150)
@given(st.data(), optimizer_specs() | schedule_specs().map(lambda schedule: SGDSpec(learning_rate=schedule)))
def test_the_schema_and_the_reader_agree_but_for_rules_between_fields(data, spec):
    document = changed(json.loads(spec.model_dump_json(exclude_defaults=True)), data.draw)
    try:
        OptimizerSpec.model_validate(document)
        mistakes = set()
    except ValidationError as error:
        mistakes = {line["type"] for line in error.errors()}
    if mistakes != {"conflict"}:
        assert FILE_VALIDATOR.is_valid(document) == (not mistakes), (document, mistakes)


FILE_VALIDATOR = Draft202012Validator(json_schema())

# Specs of one's own


class HalfLifeSpec(ScheduleSpec):
    """Half the rate, again and again.

    It has two paragraphs
    and a ``value``.
    """

    start: Rate = Field(alias="from")
    half_life: Steps = Field("1 epoch", title="Half-life", description="until the rate is half")
    then: ScheduleSpec | None = None

    def value(self, step: Any, xp: Any = None) -> Any:
        return self.start


class PlainSpec(SGDSpec):
    share: Annotated[float, Field(description="a share")] = 0.5


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("mode", MODES)
def test_a_spec_of_ones_own_is_in_the_schema_whenever_it_was_registered(mode):
    class Config(BaseModel):
        optimizer: OptimizerSpec

    document = {"optimizer": {"type": "SGD", "learning_rate": {"type": "HalfLife", "from": 0.1, "then": COSINE}}}
    assert not Draft202012Validator(Config.model_json_schema(mode=mode)).is_valid(document)
    register_spec(HalfLifeSpec)
    register_spec(PlainSpec)
    schema = Config.model_json_schema(mode=mode)
    Draft202012Validator.check_schema(schema)
    written = {"mode": "json", "by_alias": True} if mode == "serialization" else {}
    if not written:
        Draft202012Validator(schema).validate(document)
        Draft202012Validator(schema).validate({"optimizer": "plain"})
    Draft202012Validator(schema).validate(Config.model_validate(document).model_dump(mode="json", by_alias=True))
    for wrong in ({"from": 0}, {"half_life": "soon"}, {"then": {"type": "SGD"}}):
        one = {"type": "HalfLife", "from": 0.1} | wrong
        assert not Draft202012Validator(schema).is_valid({"optimizer": {"type": "SGD", "learning_rate": one}})
    half_life = schema["$defs"]["HalfLifeSpec"]
    assert half_life["description"] == "Half the rate, again and again.\n\nIt has two paragraphs and a `value`."
    assert half_life["properties"]["from"]["description"] == "> 0"
    assert half_life["properties"]["half_life"]["description"] == "until the rate is half"
    assert half_life["properties"]["half_life"]["title"] == "Half-life"
    plain = schema["$defs"]["PlainSpec"]
    assert "description" not in plain
    assert plain["properties"]["share"]["description"] == "a share"
    assert plain["properties"]["momentum"]["description"] == "in [0, 1); 0 is plain gradient descent."


def test_a_kind_without_specs_and_a_kind_of_one_spec_have_a_schema():
    class LonelySpec(Spec, kind=True):
        pass

    assert TypeAdapter(LonelySpec).json_schema()


# FastAPI


class Run(BaseModel):
    """What a program takes and returns."""

    optimizer: OptimizerSpec
    rate: ScheduleSpec | float = 0.1


# FastAPI hides this warning of pydantic's where it makes adapters; models that are built when first used warn later.
@pytest.mark.filterwarnings("ignore:The 'alias' attribute")
def test_a_fastapi_program_documents_the_specs_it_takes_and_returns():
    app = fastapi.FastAPI()

    @app.post("/train")
    def train(run: Run) -> Run:
        return run

    @app.post("/schedule")
    def schedule(schedule: ScheduleSpec) -> dict[Literal["then"], ScheduleSpec]:
        return {"then": schedule}

    document = app.openapi()
    schemas = document["components"]["schemas"]
    assert "x-kind" not in json.dumps(document)
    for side in ("Input", "Output"):
        assert schemas[f"Run-{side}"]["properties"]["optimizer"] == {
            "$ref": f"#/components/schemas/OptimizerSpec-{side}"
        }
        momentum = schemas[f"SGDSpec-{side}"]["properties"]["momentum"]
        assert (momentum["exclusiveMaximum"], momentum["description"][:9]) == (1, "in [0, 1)")
        refer = {"components": {"schemas": schemas}, "$ref": f"#/components/schemas/Run-{side}"}
        checked = Draft202012Validator(refer)
        assert checked.is_valid({"optimizer": {"type": "SGD"}, "rate": COSINE})
        assert not checked.is_valid({"optimizer": {"type": "SGD", "momentum": 1}})
    body = document["paths"]["/schedule"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"] == "#/components/schemas/ScheduleSpec-Input"
