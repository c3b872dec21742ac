"""What the guide says of containers and flat dictionaries holds for every spec, not only for those that it shows."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from omegaconf import MissingMandatoryValue, OmegaConf
from pydantic import BaseModel
from strategies import optimizer_specs, schedule_specs, specs

from keras_optkit import OptimizerSpec, SGDSpec, parse_spec


def as_written(spec: Any) -> dict[str, Any]:
    data: dict[str, Any] = spec.model_dump(mode="json", exclude_defaults=True)
    return data


@given(specs())
def test_every_spec_is_read_back_from_a_dictconfig(spec: Any) -> None:
    assert parse_spec(OmegaConf.create(as_written(spec))) == spec


@given(specs())
def test_every_spec_can_be_copied_and_pickled(spec: Any) -> None:
    assert copy.deepcopy(spec) == spec == pickle.loads(pickle.dumps(spec))
    assert hash(copy.deepcopy(spec)) == hash(spec)


@given(optimizer_specs())
def test_every_optimizer_spec_is_a_field_of_a_users_model(spec: OptimizerSpec) -> None:
    class Training(BaseModel):
        optimizer: OptimizerSpec

    training = Training(optimizer=spec)
    assert Training.model_validate_json(training.model_dump_json()) == training
    assert Training.model_validate(OmegaConf.create({"optimizer": as_written(spec)})) == training


def flat(node: dict[str, Any], path: str = "") -> dict[str, Any]:
    """As in the guide: dotted paths to scalars, lists as texts in JSON."""
    row: dict[str, Any] = {}
    for name, value in node.items():
        if isinstance(value, dict):
            row |= flat(value, f"{path}{name}.")
        else:
            row[path + name] = json.dumps(value) if isinstance(value, list) else value
    return row


@given(optimizer_specs() | schedule_specs().map(lambda schedule: SGDSpec(learning_rate=schedule)))
def test_every_optimizer_spec_is_read_back_from_a_flat_dictionary(spec: OptimizerSpec) -> None:
    row = flat(as_written(spec))
    assert all(isinstance(value, (str, int, float, bool, type(None))) for value in row.values())
    changes = {path: json.loads(value) if str(value).startswith("[") else value for path, value in row.items()}
    defaults = parse_spec(row["type"])
    assert isinstance(defaults, OptimizerSpec)
    assert defaults.override(changes) == spec


def test_a_mandatory_value_that_is_missing_deep_in_a_dictconfig_is_named() -> None:
    config = OmegaConf.create(
        {"optimizer": {"type": "sgd", "learning_rate": {"type": "constant", "learning_rate": "???"}}}
    )
    with pytest.raises(MissingMandatoryValue, match=r"optimizer\.learning_rate\.learning_rate"):
        parse_spec(config.optimizer)


def test_a_mistake_in_a_dictconfig_is_reported_at_its_path(refusal: Callable[..., Any]) -> None:
    config = OmegaConf.create({"type": "adamw", "groups": [{"match": "a"}, {"match": "b", "weight_decy": 0.1}]})
    found = refusal(parse_spec, config)
    assert found.path == ("groups", 1, "weight_decy")
    assert found.message == "unknown field; did you mean 'weight_decay'?"


def test_a_closed_and_read_only_dictconfig_is_read_and_left_as_it_was() -> None:
    config = OmegaConf.create({"momentum": 0.9, "optimizer": {"type": "SGD", "momentum": "${momentum}"}})
    OmegaConf.set_struct(config, True)
    OmegaConf.set_readonly(config, True)
    before = copy.deepcopy(config)
    assert parse_spec(config.optimizer) == SGDSpec(momentum=0.9)
    assert config == before
