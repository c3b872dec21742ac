"""What every spec is: a value that is checked when it is made, closed, frozen, equal by content, shown as written."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from schedule_strategies import schedule_specs
from strategies import SPEC_STRATEGIES, optimizer_specs, specs

from keras_optkit import (
    AdamSpec,
    ExponentialDecaySpec,
    OptimizerSpec,
    ScheduleSpec,
    SGDSpec,
    parse_spec,
    register_spec,
)
from keras_optkit.specs.base import Spec
from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.value import Conflict

DECAY = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=1000, decay_rate=0.9)


# A value


def test_a_spec_is_frozen():
    spec = SGDSpec()
    with pytest.raises(ValidationError, match="frozen"):
        spec.momentum = 0.9
    with pytest.raises(ValidationError, match="frozen"):
        spec.nonsense = 1
    with pytest.raises(ValidationError, match="frozen"):
        del spec.momentum
    assert spec == SGDSpec()


def test_specs_are_equal_by_content_however_it_was_written():
    assert SGDSpec() == SGDSpec(learning_rate="0.01", momentum=0, name=None, type="sgd")
    assert hash(SGDSpec()) == hash(SGDSpec(learning_rate="0.01", momentum=0, name=None, type="sgd"))
    assert SGDSpec() != SGDSpec(momentum=0.9)
    assert SGDSpec() != AdamSpec(learning_rate=0.01)
    assert len({SGDSpec(), SGDSpec(momentum=0.0), SGDSpec(learning_rate=DECAY), SGDSpec(learning_rate=DECAY)}) == 2


@given(specs())
def test_every_spec_is_read_back_from_its_dump(spec):
    again = type(spec).model_validate(spec.model_dump())
    assert again == spec
    assert hash(again) == hash(spec)


@given(specs())
def test_every_spec_is_read_back_from_its_json(spec):
    again = type(spec).model_validate_json(spec.model_dump_json())
    assert again == spec
    assert hash(again) == hash(spec)


@given(specs())
def test_every_spec_is_read_back_from_a_dump_without_defaults(spec):
    for defaults in ({"exclude_defaults": True}, {"exclude_unset": True}):
        assert parse_spec(spec.model_dump(**defaults)) == spec
        assert type(spec).model_validate_json(spec.model_dump_json(**defaults)) == spec


def test_a_dump_holds_the_type_first_and_what_was_asked_for():
    assert list(SGDSpec(momentum=0.9).model_dump())[:2] == ["type", "learning_rate"]
    assert SGDSpec(momentum=0.9).model_dump(exclude_defaults=True) == {"type": "SGD", "momentum": 0.9}
    assert AdamSpec(learning_rate=DECAY).model_dump(exclude_unset=True) == {
        "type": "Adam",
        "learning_rate": {
            "type": "ExponentialDecay", "initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.9,
        },
    }  # fmt: skip
    assert "type" not in SGDSpec().model_dump(exclude={"type"})


@given(specs())
def test_every_spec_survives_pickling_and_copying(spec):
    for again in (pickle.loads(pickle.dumps(spec)), copy.copy(spec), copy.deepcopy(spec), spec.model_copy(deep=True)):
        assert type(again) is type(spec)
        assert again == spec
        assert hash(again) == hash(spec)


# As one writes it


@given(specs())
def test_the_repr_of_every_spec_is_code_that_makes_it(spec):
    assert eval(repr(spec), {cls.__name__: cls for cls in (*SPEC_STRATEGIES, ParamGroup)}) == spec
    assert str(spec) == repr(spec)


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        (SGDSpec(), "SGDSpec()"),
        (SGDSpec(learning_rate=0.01, momentum=0), "SGDSpec()"),
        (SGDSpec(momentum="0.9", learning_rate=1), "SGDSpec(learning_rate=1.0, momentum=0.9)"),
        (DECAY, "ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=1000, decay_rate=0.9)"),
        (AdamSpec(learning_rate=DECAY), f"AdamSpec(learning_rate={DECAY!r})"),
    ],
)
def test_the_repr_shows_required_fields_and_what_differs_from_the_defaults(spec, shown):
    assert repr(spec) == shown


@pytest.mark.parametrize(
    ("make", "keyword_form"),
    [
        (lambda: SGDSpec(0.1), "SGDSpec(learning_rate=0.1"),
        (lambda: AdamSpec(0.001, 0.9), "AdamSpec(learning_rate=0.001"),
        (lambda: ExponentialDecaySpec(0.1, 1000, 0.9), "ExponentialDecaySpec(initial_learning_rate=0.1"),
    ],
)
def test_positional_arguments_are_answered_with_the_keyword_form(make, keyword_form):
    with pytest.raises(TypeError) as caught:
        make()
    assert keyword_form in str(caught.value)


class BareSpec(ScheduleSpec):
    """A schedule without a field."""

    def value(self, step: Any, xp: Any = None) -> Any:
        return 0.1


def test_a_positional_argument_for_a_spec_without_fields_is_a_type_error_too():
    with pytest.raises(TypeError):
        BareSpec(0.1)


# Changes


@pytest.mark.parametrize("change", [SGDSpec.replace, lambda spec, **update: spec.model_copy(update=update)])
def test_a_changed_copy_is_checked_like_a_new_spec(change, refusal):
    spec = SGDSpec(momentum=0.9, nesterov=True)
    assert change(spec, momentum="0.5") == SGDSpec(momentum=0.5, nesterov=True)
    assert refusal(change, spec, momentum=1).path == ("momentum",)
    assert refusal(change, spec, momentum=0).path == ("nesterov",)
    assert refusal(change, spec, momentun=0.9).message == "unknown field; did you mean 'momentum'?"
    assert refusal(change, spec, learning_rate={"type": "adam"}).path == ("learning_rate", "type")
    assert spec == SGDSpec(momentum=0.9, nesterov=True)


@pytest.mark.parametrize("cls", SPEC_STRATEGIES)
@examples(30)
@given(st.data())
def test_replacing_every_field_gives_the_other_spec(cls, data):
    spec, other = data.draw(SPEC_STRATEGIES[cls]), data.draw(SPEC_STRATEGIES[cls])
    assert spec.replace() == spec
    assert spec.replace(**other.model_dump()) == other


# Closed


@pytest.mark.parametrize("cls", [SGDSpec, AdamSpec])
@pytest.mark.parametrize("field", ["momentums", "Learning_Rate", "", "model_config", "self", "value"])
def test_a_spec_is_closed_to_fields_it_does_not_have(cls, field, refusal):
    assert refusal(cls, **{field: 0.1}).path == (field,)
    assert refusal(cls.model_validate, {field: 0.1}).path == (field,)
    assert refusal(cls.model_validate_json, f'{{"{field}": 0.1}}').path == (field,)


def test_a_spec_of_another_type_is_refused(refusal):
    path, message = refusal(SGDSpec, type="Adam")
    assert path == ("type",)
    assert message.startswith("must be 'SGD'")
    assert message.endswith(", received 'Adam'; parse_spec reads any type")
    assert refusal(SGDSpec.model_validate, AdamSpec()).path == ()
    assert SGDSpec(type="sgd").type == "SGD"


# Kinds


@pytest.mark.parametrize("kind", [Spec, OptimizerSpec, ScheduleSpec])
def test_a_kind_of_spec_cannot_be_made(kind):
    with pytest.raises(TypeError):
        kind()
    with pytest.raises(TypeError):
        kind(type="SGD", learning_rate=0.1)


class Experiment(BaseModel):
    """A user's own model."""

    optimizer: OptimizerSpec
    schedule: ScheduleSpec | None = None
    others: dict[str, OptimizerSpec] = {}


@given(optimizer_specs(), schedule_specs())
def test_kinds_are_the_types_of_fields_in_other_models(optimizer, schedule):
    experiment = Experiment(optimizer=optimizer, schedule=schedule, others={"a": optimizer})
    assert Experiment.model_validate(experiment.model_dump()) == experiment
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment
    assert type(Experiment.model_validate_json(experiment.model_dump_json()).optimizer) is type(optimizer)


def test_a_field_of_a_kind_reads_mappings_and_names_and_reports_the_whole_path(refusal):
    decay = {"type": "exponential_decay", "initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.9}
    experiment = Experiment(optimizer="adam", schedule=decay, others={"a": {"type": "sgd", "learning_rate": decay}})
    assert experiment == Experiment(optimizer=AdamSpec(), schedule=DECAY, others={"a": SGDSpec(learning_rate=DECAY)})
    wrong = {"type": "sgd", "learning_rate": decay | {"decay_rate": 2}}
    assert refusal(Experiment, optimizer="adam", others={"a": wrong}) == (
        ("others", "a", "learning_rate", "decay_rate"),
        "must be in (0, 1], received 2; for a rate that grows, use RampSpec with shape='exponential'",
    )


@pytest.mark.parametrize(
    ("field", "value"), [("optimizer", DECAY), ("optimizer", "cosine_decay"), ("schedule", "adam")]
)
def test_a_field_of_one_kind_refuses_the_other(field, value, refusal):
    assert refusal(Experiment, **{"optimizer": "adam"} | {field: value}).path == (field,)


# A user's own


class ShrinkingSpec(AdamSpec):
    """Adam with one more field, and a rule about it."""

    factor: float = 1.0

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        if self.factor > self.beta_1:
            yield Conflict("factor", "must not be above beta_1")


def test_a_subclass_has_its_name_as_type_and_its_parents_fields_and_rules(refusals):
    spec = ShrinkingSpec(factor=0.5, learning_rate="1e-3")
    assert spec.type == "Shrinking"
    assert spec.learning_rate == 0.001
    lines = refusals(ShrinkingSpec, factor=0.95, ema_momentum=0.5)
    assert [line.path for line in lines] == [("ema_momentum",), ("factor",)]
    assert lines[1].message == "must not be above beta_1, received 0.95"


def test_a_subclass_is_no_spec_of_its_parents_type():
    assert ShrinkingSpec(factor=0.5) != AdamSpec()
    assert pickle.loads(pickle.dumps(ShrinkingSpec(factor=0.5))) == ShrinkingSpec(factor=0.5)


# Frozen


def test_an_assignment_is_answered_with_the_way_to_change_a_copy(refusal):
    spec = SGDSpec()
    path, message = refusal(setattr, spec, "momentum", 0.9)
    assert (path, message) == (("momentum",), "SGDSpec is immutable; replace(momentum=0.9) returns a changed copy")
    assert refusal(delattr, spec, "momentum").message.endswith("; replace(momentum=...) returns a changed copy")
    with pytest.raises(ValidationError) as caught:
        spec.momentum = 0.9
    assert "https" not in str(caught.value)


# Kinds of one's own, and what pydantic must not do


class FamilySpec(ScheduleSpec, kind=True):
    """A kind of one's own."""


def test_a_kind_of_ones_own_is_abstract_and_reads_its_registered_subclasses(registry, refusal):
    @register_spec
    class MemberSpec(FamilySpec):
        rate: float = 0.1

        def value(self, step: Any, xp: Any = None) -> Any:
            return self.rate

    assert FamilySpec.is_kind
    assert not MemberSpec.is_kind
    assert FamilySpec.model_validate("member") == MemberSpec()
    assert refusal(FamilySpec.model_validate, "cosine_decay").message.startswith("must be a schedule, received 'cosine")
    with pytest.raises(TypeError, match="register_spec takes a subclass"):
        register_spec(FamilySpec)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Spec, ""),  # too many to be of help
        (OptimizerSpec, r" \(AdadeltaSpec, .*, SGDSpec\)"),
        (ScheduleSpec, r" \(ClampSpec, .*, WarmupStableDecaySpec\)"),
        (FamilySpec, ""),
    ],
)
def test_a_kind_says_that_it_is_abstract_and_what_can_be_made(kind, names):
    text = rf"^{kind.__name__} is abstract; create one of its subclasses{names}, or use parse_spec$"
    for make in (kind, kind.model_construct, lambda: kind(learning_rate=0.1), lambda: kind("adam")):
        with pytest.raises(TypeError, match=text):
            make()


@pytest.mark.parametrize("cls", [*SPEC_STRATEGIES, ParamGroup])
def test_pydantic_does_not_call_the_constructor_for_nested_values(cls):
    # By this attribute pydantic decides: with True, reading a spec with a schedule takes twice as long.
    assert cls.__pydantic_custom_init__ is False
