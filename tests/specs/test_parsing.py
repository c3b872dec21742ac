"""parse_spec: a spec from a mapping, a name or a spec, and a ValidationError from everything else."""

from __future__ import annotations

import enum
from collections import OrderedDict, UserDict
from types import MappingProxyType

import numpy as np
import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from strategies import SPEC_STRATEGIES, specs

from keras_optkit import (
    AdamSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    OptimizerSpec,
    ScheduleSpec,
    SGDSpec,
    parse_spec,
)
from keras_optkit.specs.base import Spec
from keras_optkit.specs.registry import registered

DECAY = {"initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.9}


class Choice(enum.StrEnum):
    ADAM = "adam"


# What is read


@pytest.mark.parametrize(
    "name",
    [
        "Adam",
        "adam",
        "ADAM",
        "a_dam",
        "_Adam_",
        "AdamSpec",
        "adam-spec",
        "adam_spec",
        np.str_("adam"),
        np.str_("Adam"),
        Choice.ADAM,
    ],
    ids=repr,
)
def test_the_name_of_a_type_counts_without_case_underscores_hyphens_and_spec(name):
    for data in (name, {"type": name}):
        spec = parse_spec(data)
        assert spec == AdamSpec()
        assert type(spec) is AdamSpec
        assert type(spec.type) is str


@pytest.mark.parametrize(
    "name",
    [
        "ExponentialDecay",
        "exponential_decay",
        "exponentialdecay",
        "EXPONENTIAL_DECAY",
        "exponential-decay",
        "ExponentialDecaySpec",
    ],
)
def test_a_mapping_with_a_type_is_that_spec_in_its_canonical_spelling(name):
    spec = parse_spec({"type": name, **DECAY})
    assert spec == ExponentialDecaySpec(**DECAY)
    assert spec.model_dump()["type"] == "ExponentialDecay"


@pytest.mark.parametrize("mapping", [dict, OrderedDict, MappingProxyType, UserDict])
@pytest.mark.parametrize("name", ["SGD", "sgd"])
def test_any_mapping_is_read(mapping, name):
    data = mapping({"type": name, "learning_rate": mapping({"type": "exponential_decay", **DECAY})})
    assert parse_spec(data) == SGDSpec(learning_rate=ExponentialDecaySpec(**DECAY))


def test_reading_leaves_the_mapping_as_it_was():
    data = {"type": "sgd", "learning_rate": {"type": "exponential_decay", **DECAY}}
    parse_spec(data)
    assert data == {"type": "sgd", "learning_rate": {"type": "exponential_decay", **DECAY}}


@given(specs())
def test_a_spec_is_returned_as_it_is_and_its_dump_is_read_back(spec):
    assert parse_spec(spec) is spec
    assert parse_spec(spec.model_dump()) == spec
    assert parse_spec(spec.model_dump(mode="json")) == spec


# What is refused


@pytest.mark.parametrize("name", ["adm", "adamm", "", "Adam Spec", "torch.optim.Adam", "x" * 10_000])
def test_an_unknown_type_is_answered_with_all_the_known(name, refusal):
    meant = ["adm", "adamm", "Adam Spec", "torch.optim.Adam"]
    for data, at in ((name, ()), ({"type": name}, ("type",))):
        path, message = refusal(parse_spec, data)
        assert path == at
        kinds = [kind for kind in (OptimizerSpec, ScheduleSpec) if name not in meant or kind is OptimizerSpec]
        assert all(known in message for kind in kinds for known in registered(kind))


@pytest.mark.parametrize("text", ["{}", ' {"type": "adam"}', "{"])
def test_json_text_is_no_name_of_a_type(text, refusal):
    assert refusal(parse_spec, text) == ((), f"must not be JSON text, received {text!r}; read it with json.loads first")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("adm", "Adam"),
        ("SDG", "SGD"),
        ("cosine", "CosineDecay"),
        ("cosine_decay_restart", "CosineDecayRestarts"),
        ("expdecay", "ExponentialDecay"),
    ],
)
def test_an_unknown_type_is_answered_with_the_one_that_was_meant(name, first, refusal):
    assert f"did you mean {first!r}? The known types are " in refusal(parse_spec, {"type": name}).message


def test_a_mapping_without_a_type_is_answered_with_what_a_type_is(refusal):
    for data in ({}, {"learning_rate": 0.1}, {None: 1}):
        rule = "required; it is the name of the optimizer or schedule, such as 'Adam' or 'CosineDecay'"
        assert refusal(parse_spec, data) == (("type",), rule)
        message = refusal(ScheduleSpec.model_validate, data).message
        assert all(known in message for known in registered(ScheduleSpec))
    assert {"Adam", "CosineDecay"} <= registered(Spec).keys()


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        ({"Type": "adam"}, "write 'type': 'Adam' instead of 'Type': 'adam'"),
        ({"name": "AdamW", "lr": 1}, "write 'type': 'AdamW' instead of 'name': 'AdamW'"),
        ({"_target_": "torch.optim.Adam"}, "write 'type': 'Adam' instead of '_target_': 'torch.optim.Adam'"),
        ({"cosine_decay": {}}, "write 'type': 'CosineDecay', with the fields beside it, not under 'cosine_decay'"),
    ],
)
def test_a_type_that_is_written_elsewhere_is_answered_with_where_it_belongs(data, remedy, refusal):
    assert refusal(parse_spec, data) == (("type",), f"required; {remedy}")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tf.keras.optimizers.Adam", "Adam"),
        ("Adam(learning_rate=0.1)", "Adam"),
        ("AdamOptimizer", "Adam"),
        ("adamw_torch", "AdamW"),
        ("paged_adamw_8bit", "AdamW"),
        ("apex.fused_adam", "Adam"),
        ("nadamw", "Nadam"),
        ("linear_schedule_with_warmup", "Warmup"),
        ("torch.optim.lr_scheduler.MultiStepLR", "PiecewiseConstantDecay"),
        ("stepwise", "PiecewiseConstantDecay"),
        ("CosineAnnealingLR", "CosineDecay"),
        ("CosineAnnealingWarmRestarts", "CosineDecayRestarts"),
        ("constant_with_warmup", "Warmup"),
        ("inverse_sqrt", "InverseSqrtDecay"),
    ],
)
def test_the_name_that_another_library_has_is_answered_with_the_one_here(name, meant, refusal):
    message = refusal(parse_spec, name).message
    start = f"unknown optimizer or schedule, received {name!r}; did you mean {meant!r}? The known types are "
    assert message.startswith(start)


@pytest.mark.parametrize(
    ("name", "instead"),
    [("RAdam", "Keras does not have it"), ("ReduceLROnPlateau", "keras.callbacks"), ("LambdaLR", "ScheduleSpec")],
)
def test_what_keras_does_not_have_is_not_answered_with_something_like_it(name, instead, refusal):
    message = refusal(parse_spec, name).message
    assert instead in message
    assert "did you mean" not in message


def test_what_keras_serializes_is_answered_with_the_form_of_a_spec(refusal):
    serialized = {"module": "keras.optimizers", "class_name": "SGD", "config": {"learning_rate": 0.1}}
    path, message = refusal(parse_spec, serialized)
    assert path == ("type",)
    assert "'class_name'" in message
    assert "spec_of(...)" in message
    assert "'type'" in message


@pytest.mark.parametrize(
    "name", [None, 3, True, 0.5, b"adam", ["adam"], {"adam"}, {"type": "adam"}, AdamSpec], ids=repr
)
def test_a_type_that_is_no_string_is_refused(name, refusal):
    path, message = refusal(parse_spec, {"type": name})
    assert path == ("type",)
    assert message.startswith("must be the name of a type, received ")


@pytest.mark.parametrize("data", [None, 3, 0.1, True, [], [1], (), {1}, b"adam", object(), iter([])])
def test_what_is_no_mapping_no_name_and_no_spec_is_refused(data, refusal):
    path, message = refusal(parse_spec, data)
    assert path == ()
    assert message.startswith(
        "must be an optimizer or schedule spec, a mapping with a 'type', or the name of a type, received "
    )


@pytest.mark.parametrize(
    ("kind", "name", "remedy"),
    [
        (OptimizerSpec, "an optimizer spec", ""),
        (ScheduleSpec, "a schedule spec", "; for a constant rate, use ConstantSpec(learning_rate=0.1)"),
    ],
)
def test_a_number_is_no_spec_of_a_kind(kind, name, remedy, refusal):
    path, message = refusal(kind.model_validate, 0.1)
    assert path == ()
    assert message == f"must be {name}, a mapping with a 'type', or the name of a type, received 0.1{remedy}"


@pytest.mark.parametrize("number", [10**5000, -(10**5000)], ids=["long", "long and negative"])
def test_a_number_too_long_to_print_is_refused_like_any_other(number, refusal):
    assert refusal(parse_spec, number).path == ()
    assert refusal(parse_spec, {"type": number}).path == ("type",)


def test_data_that_contains_itself_is_refused(refusal):
    schedule: dict[str, object] = {"type": "ExponentialDecay", **DECAY}
    schedule["initial_learning_rate"] = schedule
    assert refusal(parse_spec, schedule).path == ("initial_learning_rate",)
    optimizer: dict[str, object] = {"type": "sgd"}
    optimizer["learning_rate"] = optimizer
    assert refusal(parse_spec, optimizer).path == ("learning_rate", "type")


def test_the_name_of_a_type_with_required_fields_is_not_enough(refusals):
    (line,) = refusals(parse_spec, "exponential_decay")
    fields = ", ".join(f"{field!r}: ..." for field in DECAY)
    assert line.path == ()
    mapping = f"{{'type': 'ExponentialDecay', {fields}}}"
    assert line.message == f"needs more than its name, received 'exponential_decay'; write {mapping}"


# Whatever comes, it is a spec or a ValidationError

#: Anything that a config file could hold, also with surrogates, nan and infinity.
json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)

#: Values that have broken readers of numbers before.
oddities = st.sampled_from(
    [
        np.timedelta64(5, "D"),
        np.datetime64("2020"),
        np.ma.masked,
        np.array(True),
        np.array([1.0, 2.0]),
        np.complex64(1),
        np.float16("nan"),
        np.uint64(2**64 - 1),
        b"0.1",
        "\ud800",
        "{}",
        "1" * 5000,
        2**64,
        -(2**64),
        {1, 2},
        1j,
        object,
        SGDSpec(),
        ExponentialDecaySpec(**DECAY),
    ]
)

anything = json_data | oddities


def spec_or_refusal(read, data):
    """The spec, if there is one; it must then hold what a spec holds."""
    try:
        spec = read(data)
    except ValidationError as error:
        lines = error.errors()
        assert lines
        assert all(line["msg"] for line in lines)
        assert len({(line["loc"], line["msg"]) for line in lines}) == len(lines)
    else:
        assert parse_spec(spec.model_dump()) == spec
        assert hash(parse_spec(spec.model_dump())) == hash(spec)


@given(anything)
def test_anything_is_a_spec_or_refused(data):
    spec_or_refusal(parse_spec, data)


@given(st.sampled_from(sorted(registered(Spec))), st.dictionaries(st.text(), anything, max_size=4))
def test_any_fields_are_a_spec_or_refused(name, fields):
    spec_or_refusal(parse_spec, fields | {"type": name})


@pytest.mark.parametrize("cls", SPEC_STRATEGIES)
@examples(50)
@given(st.data())
def test_a_spec_with_some_fields_overwritten_by_anything_is_a_spec_or_refused(cls, data):
    written = data.draw(SPEC_STRATEGIES[cls]).model_dump()
    overwritten = data.draw(st.dictionaries(st.sampled_from(sorted(written)), anything, min_size=1, max_size=3))
    spec_or_refusal(cls.model_validate, written | overwritten)
    spec_or_refusal(lambda fields: SGDSpec(learning_rate=fields), written | overwritten)


# In the place of an optimizer only optimizers are known, and in that of a schedule only schedules


@pytest.mark.parametrize(
    ("kind", "name", "noun", "meant", "other"),
    [
        (OptimizerSpec, "adm", "optimizer", "Adam", "CosineDecay"),
        (ScheduleSpec, "cosine", "schedule", "CosineDecay", "Adam"),
    ],
)
def test_an_unknown_type_is_answered_with_what_fits_in_its_place(kind, name, noun, meant, other, refusal):
    message = refusal(kind.model_validate, name).message
    known = ", ".join(sorted(registered(kind), key=str.lower))
    assert message == f"unknown {noun}, received {name!r}; did you mean {meant!r}? The known types are {known}"
    assert f"{other}," not in message
    message = refusal(kind.model_validate, "zzz").message
    assert message == f"unknown {noun}, received 'zzz'; the known types are {known}"
    unlike = refusal(kind.model_validate, other).message
    assert unlike.startswith(f"must be {'an' if noun == 'optimizer' else 'a'} {noun}, received {other!r}; {other} is ")


def test_a_word_in_the_place_of_a_rate_is_answered_with_the_schedule_that_was_meant(refusal):
    path, message = refusal(SGDSpec, learning_rate="cosine")
    assert path == ("learning_rate",)
    assert message.startswith(
        "must be a number or a schedule, received 'cosine'; did you mean 'CosineDecay'? The known types are Clamp, "
    )


class SGD:
    """A stand-in for the class of Keras, which is told by its name."""


@pytest.mark.parametrize("read", [parse_spec, OptimizerSpec.model_validate])
def test_a_keras_object_is_answered_with_the_function_that_reads_it(read, refusal):
    assert refusal(read, SGD()).message.endswith("; spec_of(...) returns the SGDSpec of a Keras optimizer")


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        (AdamSpec(), ", received AdamSpec(); AdamSpec is an optimizer"),
        (CosineDecaySpec, "; write CosineDecaySpec(...), not the class CosineDecaySpec"),
        (SGD(), "; this is a Keras optimizer"),
        (int, "the name of a type, received "),
        (True, "the name of a type, received True"),
        (3, ", received 3; for a constant rate, use ConstantSpec(learning_rate=3)"),
    ],
)
def test_what_is_no_schedule_is_answered_with_what_it_is(data, remedy, refusal):
    assert remedy in refusal(ScheduleSpec.model_validate, data).message
    if remedy.startswith(";"):
        assert remedy in refusal(SGDSpec, learning_rate=data).message
