"""Type names and spec classes: finding the package's own, registering a user's."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample
from pydantic import BaseModel
from strategies import SPEC_STRATEGIES

from keras_optkit import AdamSpec, OptimizerSpec, ScheduleSpec, SGDSpec, parse_spec, register_spec
from keras_optkit.specs.base import Spec
from keras_optkit.specs.registry import registered

OWN = [cls for cls in registered(Spec).values() if cls.__module__.startswith("keras_optkit.")]


class HalvingSpec(ScheduleSpec):
    """A user's schedule."""

    initial_learning_rate: float
    half_life: int = 10

    def value(self, step: Any, xp: Any = None) -> Any:
        return self.initial_learning_rate * 0.5 ** (step / self.half_life)


class SignSpec(OptimizerSpec):
    """A user's optimizer."""

    learning_rate: float | ScheduleSpec = 0.1


def test_every_spec_of_the_package_has_a_strategy():
    assert set(SPEC_STRATEGIES) == set(OWN)


@pytest.mark.parametrize("cls", SPEC_STRATEGIES)
def test_every_strategy_varies_every_field(cls):
    same = cls.model_fields.keys() - {"type"}

    def has_varied_all(spec):
        same.difference_update(spec.model_dump(exclude_defaults=True))
        return not same

    first = settings(max_examples=1000, phases=[Phase.generate], database=None)
    with contextlib.suppress(NoSuchExample):
        find(SPEC_STRATEGIES[cls], has_varied_all, settings=first)
    assert not same


@pytest.mark.parametrize("cls", OWN)
def test_the_type_is_the_class_name_without_spec_and_names_the_class(cls):
    name = cls.__name__.removesuffix("Spec")
    assert cls.model_fields["type"].default == name
    assert registered(Spec)[name] is cls


def test_the_registered_are_listed_by_kind():
    assert registered(Spec) == registered(OptimizerSpec) | registered(ScheduleSpec)
    assert not registered(OptimizerSpec).keys() & registered(ScheduleSpec).keys()
    assert registered(OptimizerSpec)["Adam"] is AdamSpec


# A user's own


@pytest.mark.usefixtures("registry")
def test_a_registered_schedule_is_read_by_its_name_alone_and_in_an_optimizer():
    assert register_spec(HalvingSpec) is HalvingSpec
    halving = {"type": "halving", "initial_learning_rate": 0.5}
    assert parse_spec(halving) == HalvingSpec(initial_learning_rate=0.5)
    assert SGDSpec(learning_rate=halving).learning_rate == HalvingSpec(initial_learning_rate=0.5)
    spec = AdamSpec(learning_rate=HalvingSpec(initial_learning_rate=0.5, half_life=3))
    assert AdamSpec.model_validate_json(spec.model_dump_json()) == spec
    assert parse_spec(spec.model_dump()) == spec


@pytest.mark.usefixtures("registry")
def test_a_registered_optimizer_is_read_by_its_name(refusal):
    register_spec(SignSpec)
    assert parse_spec("sign") == SignSpec()
    assert refusal(parse_spec, {"type": "Sign", "clipnorm": 0}).path == ("clipnorm",)
    assert refusal(SGDSpec, learning_rate={"type": "sign"}).path == ("learning_rate", "type")


def test_a_class_that_is_not_registered_can_be_used_but_not_read(refusal):
    spec = SGDSpec(learning_rate=HalvingSpec(initial_learning_rate=0.5))
    assert spec.learning_rate == HalvingSpec(initial_learning_rate=0.5)
    assert refusal(parse_spec, spec.model_dump()).path == ("learning_rate", "type")


@pytest.mark.parametrize("name", ["AdamSpec", "Adam", "ADAMSpec", "A_dam", "ExponentialDecaySpec"])
def test_a_name_that_is_taken_is_refused(name, registry):
    before = dict(registry)
    clash = type(name, (SignSpec,), {"__module__": __name__})
    with pytest.raises(ValueError, match="is already registered by keras_optkit"):
        register_spec(clash)
    assert registry == before


@pytest.mark.usefixtures("registry")
def test_the_same_class_can_be_registered_again_and_the_latest_counts():
    versions = [type("AgainSpec", (SignSpec,), {"__module__": __name__}) for _ in range(2)]
    for version in versions:
        register_spec(version)
    assert type(parse_spec("again")) is versions[1]


class OfNoKindSpec(Spec):
    pass


class Unrelated(BaseModel):
    type: str = "Unrelated"


@pytest.mark.parametrize(
    "thing",
    [int, object, BaseModel, Unrelated, OfNoKindSpec, Spec, OptimizerSpec, ScheduleSpec, AdamSpec(), "Adam", None, 3],
    ids=lambda thing: getattr(thing, "__name__", repr(thing)),
)
def test_only_a_subclass_of_a_kind_can_be_registered(thing, registry):
    before = dict(registry)
    with pytest.raises(TypeError, match="register_spec takes a subclass of OptimizerSpec or ScheduleSpec"):
        register_spec(thing)
    assert registry == before
