"""The fields of SGD and Adam: what each accepts, what it refuses, and which go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_optkit import AdamSpec, ExponentialDecaySpec, SGDSpec

NAN, INF = float("nan"), float("inf")
DECAY = {"type": "ExponentialDecay", "initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.9}

#: (field, accepted, refused, the rule that the message gives)
SHARED = [
    ("learning_rate", [1.2e-38, 0.1, 1, 3.4e38], [0, -1.2e-38, -0.1, "0", "-1"], "must be > 0"),
    ("weight_decay", [None, 0, 1.2e-38, 0.01, 2], [-1.2e-38, -0.1], "must be >= 0"),
    ("clipnorm", [None, 1.2e-38, 1], [0, -1], "must be > 0"),
    ("clipvalue", [None, 1.2e-38, 1], [0, -1], "must be > 0"),
    ("global_clipnorm", [None, 1.2e-38, 1], [0, -1], "must be > 0"),
    ("ema_momentum", [0, 0.5, 0.9999999], [-1.2e-38, 1, 2], "must be in [0, 1)"),
    ("ema_overwrite_frequency", [None, 1, 100], [0, -1], "must be > 0"),
    ("loss_scale_factor", [None, 1.2e-38, 1, 1024], [0, -1], "must be > 0"),
    ("gradient_accumulation_steps", [None, 2, 100], [0, -1], "must be >= 1"),
    ("use_ema", [True, False], [1, 0, "true", "false", None], "must be true or false"),
    ("exclude_from_weight_decay", [(), ("bias_and_norm", "gamma$")], ["bias", {"bias"}, None], "must be a list"),
    ("groups", [()], ["encoder", {"match": "encoder"}, None], "must be a list"),
    ("name", [None, "opt", "opt_1"], ["", "an optimizer", 3], "must "),
]
FIELDS = {
    SGDSpec: [
        *SHARED,
        ("momentum", [0, 1.2e-38, 0.9, 0.9999999], [-1.2e-38, -0.9, 1, 1.5], "must be in [0, 1)"),
        ("nesterov", [True, False], [1, 0, "true", "false", None], "must be true or false"),
    ],
    AdamSpec: [
        *SHARED,
        ("beta_1", [0, 1.2e-38, 0.9, 0.9999999], [-1.2e-38, 1, 2], "must be in [0, 1)"),
        ("beta_2", [0, 1.2e-38, 0.999, 0.9999999], [-1.2e-38, 1, 2], "must be in [0, 1)"),
        ("epsilon", [1.2e-38, 1e-7, 1], [0, -1], "must be > 0"),
        ("amsgrad", [True, False], [1, 0, "true", "false", None], "must be true or false"),
    ],
}
#: What a field needs beside it to have an effect.
NEEDS: dict[str, dict[str, Any]] = {
    "nesterov": {"momentum": 0.9},
    "ema_momentum": {"use_ema": True},
    "ema_overwrite_frequency": {"use_ema": True},
    "exclude_from_weight_decay": {"weight_decay": 0.01},
}
NUMBERS = [
    (cls, field)
    for cls, rows in FIELDS.items()
    for field, _, _, rule in rows
    if field not in ("ema_overwrite_frequency", "gradient_accumulation_steps")
    and rule[:9] in ("must be >", "must be i")
]


@pytest.mark.parametrize("cls", FIELDS)
def test_the_table_above_has_every_field(cls):
    assert {field for field, *_ in FIELDS[cls]} | {"type"} == set(cls.model_fields)


@pytest.mark.parametrize(
    ("cls", "field", "value"),
    [(cls, field, value) for cls, rows in FIELDS.items() for field, accepted, _, _ in rows for value in accepted],
)
def test_a_value_within_its_range_is_accepted_and_kept(cls, field, value):
    assert getattr(cls(**NEEDS.get(field, {}) | {field: value}), field) == value


@pytest.mark.parametrize(
    ("cls", "field", "value", "rule"),
    [(cls, field, value, rule) for cls, rows in FIELDS.items() for field, _, bad, rule in rows for value in bad],
)
def test_a_value_out_of_its_range_is_refused_with_the_rule_and_the_value(cls, field, value, rule, refusal):
    path, message = refusal(cls, **NEEDS.get(field, {}) | {field: value})
    assert path == (field,)
    assert message.startswith(rule)
    assert message.partition("; ")[0].endswith(f", received {value!r}")


@pytest.mark.parametrize(("cls", "field"), NUMBERS)
def test_every_number_is_finite_fits_into_float32_and_is_no_boolean(cls, field, refusal):
    for value in (NAN, INF, -INF, "nan", np.float32("inf"), 1e39, 1e-46, True, np.True_, "x", [0.1]):
        path, message = refusal(cls, **NEEDS.get(field, {}) | {field: value})
        assert path == (field,)
        assert message.partition("; ")[0].endswith(f", received {value!r}")


@pytest.mark.parametrize("field", ["ema_overwrite_frequency", "gradient_accumulation_steps"])
def test_a_count_is_a_whole_number(field, refusal):
    for value in (2.0, np.float32(2), "2.0", True, NAN, [2]):
        path, message = refusal(SGDSpec, **NEEDS.get(field, {}) | {field: value})
        assert path == (field,)
        assert message.startswith("must be a whole number")


# What Keras accepts in silence (reference/silent_mistakes.md), and what it refuses though it is right


@pytest.mark.parametrize(
    ("cls", "fields", "path"),
    [
        (SGDSpec, {"learning_rate": NAN}, "learning_rate"),
        (SGDSpec, {"learning_rate": INF}, "learning_rate"),
        (SGDSpec, {"learning_rate": 0.1, "momentum": NAN}, "momentum"),
        (SGDSpec, {"learning_rate": -0.1}, "learning_rate"),
        (AdamSpec, {"beta_1": 1.0}, "beta_1"),
        (AdamSpec, {"beta_2": 2.0}, "beta_2"),
        (AdamSpec, {"beta_1": 0.99999999}, "beta_1"),
        (AdamSpec, {"epsilon": -1.0}, "epsilon"),
        (AdamSpec, {"weight_decay": -0.1}, "weight_decay"),
        (SGDSpec, {"clipnorm": 0.0}, "clipnorm"),
        (AdamSpec, {"clipnorm": -1.0}, "clipnorm"),
        (SGDSpec, {"gradient_accumulation_steps": 0}, "gradient_accumulation_steps"),
        (SGDSpec, {"use_ema": True, "ema_overwrite_frequency": 0}, "ema_overwrite_frequency"),
        (SGDSpec, {"nesterov": True}, "nesterov"),
        (SGDSpec, {"nesterov": True, "momentum": 0}, "nesterov"),
        (SGDSpec, {"ema_overwrite_frequency": 10}, "ema_overwrite_frequency"),
        (SGDSpec, {"ema_momentum": 0.9}, "ema_momentum"),
        (SGDSpec, {"learning_rate": 0.1, "momentum": 0.9, "nesterov": "false"}, "nesterov"),
        (SGDSpec, {"learning_rate": 0.1, "decay": 1e-3}, "decay"),
        (AdamSpec, {"learning_rate": 1e39}, "learning_rate"),
        (AdamSpec, {"epsilon": 1e-46}, "epsilon"),
    ],
)
def test_a_mistake_that_keras_lets_through_gives_one_error_where_it_was_made(cls, fields, path, refusal):
    assert refusal(cls, **fields).path == (path,)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (1, 1.0),
        ("1e-3", 0.001),
        (np.float32(0.1), 0.1),
        (np.float16(0.1), 0.1),
        (np.int64(1), 1.0),
        (np.array(0.1), 0.1),
    ],
    ids=repr,
)
def test_a_right_rate_that_keras_refuses_is_accepted(written, meant):
    assert SGDSpec(learning_rate=written) == SGDSpec(learning_rate=meant)
    assert type(SGDSpec(learning_rate=written).learning_rate) is float


# A learning rate is a number or a schedule


@pytest.mark.parametrize(
    "written",
    [DECAY, DECAY | {"type": "exponential_decay"}, ExponentialDecaySpec(**DECAY)],
    ids=["mapping", "other spelling", "spec"],
)
def test_a_learning_rate_can_be_a_schedule(written):
    assert AdamSpec(learning_rate=written).learning_rate == ExponentialDecaySpec(
        initial_learning_rate=0.1, decay_steps=1000, decay_rate=0.9
    )


@pytest.mark.parametrize(
    "value",
    [None, True, "fast", "", [0.1], (0.1,), {0.1}, b"0.1", 1j, AdamSpec(), ExponentialDecaySpec, np.array([0.1])],
)
def test_what_is_neither_a_number_nor_a_schedule_gives_one_error_without_a_union_tag(value, refusal):
    path, message = refusal(AdamSpec, learning_rate=value)
    assert path == ("learning_rate",)
    assert message.startswith("must be a number or a schedule")


def test_a_mistake_in_a_schedule_is_reported_inside_it_and_not_as_a_wrong_number(refusal):
    path, message = refusal(SGDSpec, learning_rate=DECAY | {"decay_rate": 1.5})
    assert (path, message) == (
        ("learning_rate", "decay_rate"),
        "must be in (0, 1], received 1.5; for a rate that grows, use RampSpec with shape='exponential'",
    )


def test_a_word_for_a_learning_rate_is_answered_with_the_schedule_that_was_meant_and_all_others(refusal):
    message = refusal(SGDSpec, learning_rate="cosin_decay").message
    assert message.startswith(
        "must be a number or a schedule, received 'cosin_decay'; did you mean 'CosineDecay'? The known types are "
    )
    assert message.endswith("WarmupStableDecay")
    assert "did you mean 'ExponentialDecay'?" in refusal(SGDSpec, learning_rate="exponential").message


def test_an_optimizer_is_no_learning_rate(refusal):
    path, message = refusal(SGDSpec, learning_rate={"type": "adam"})
    assert path == ("learning_rate", "type")
    assert message == "must be a schedule, received 'adam'; Adam is an optimizer"


def test_a_schedule_of_keras_is_answered_with_its_spec(refusal):
    class CosineDecay:
        """Stands for Keras's own, by its name."""

    assert "CosineDecaySpec" in refusal(SGDSpec, learning_rate=CosineDecay()).message


# Rules between fields


@pytest.mark.parametrize(
    ("clips", "path"),
    [
        ({"clipnorm": 1, "clipvalue": 1}, "clipvalue"),
        ({"clipnorm": 1, "global_clipnorm": 1}, "global_clipnorm"),
        ({"clipvalue": 1, "global_clipnorm": 1}, "global_clipnorm"),
        ({"clipnorm": 1, "clipvalue": 1, "global_clipnorm": 1}, "global_clipnorm"),
    ],
)
@pytest.mark.parametrize("cls", [SGDSpec, AdamSpec])
def test_only_one_clip_can_be_set(cls, clips, path, refusal):
    refused = refusal(cls, **clips)
    assert refused.path == (path,)
    assert refused.message.startswith("only one of ")
    assert all(clip in refused.message for clip in clips)


@pytest.mark.parametrize("clip", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_a_clip_beside_clips_that_are_none_is_the_only_one(clip):
    spec = SGDSpec(**{"clipnorm": None, "clipvalue": None, "global_clipnorm": None} | {clip: 1})
    assert getattr(spec, clip) == 1


def test_nesterov_without_momentum_says_what_to_do(refusal):
    path, message = refusal(SGDSpec, nesterov=True)
    assert path == ("nesterov",)
    assert "momentum" in message
    assert SGDSpec(nesterov=True, momentum=1.2e-38).nesterov is True


@pytest.mark.parametrize("averaging", [{"ema_momentum": 0.9}, {"ema_momentum": 0}, {"ema_overwrite_frequency": 1}])
def test_settings_of_the_average_need_use_ema(averaging, refusal):
    [field] = averaging
    for off in ({}, {"use_ema": False}):
        path, message = refusal(AdamSpec, **averaging, **off)
        assert path == (field,)
        assert "use_ema" in message
    assert AdamSpec(**averaging, use_ema=True).use_ema is True


def test_the_defaults_of_the_average_can_be_written_without_use_ema():
    assert SGDSpec(use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None) == SGDSpec()


@pytest.mark.parametrize("one", [1, "1", np.int64(1)], ids=repr)
def test_accumulating_over_one_batch_is_the_same_as_none(one):
    assert SGDSpec(gradient_accumulation_steps=one) == SGDSpec()
    assert SGDSpec(gradient_accumulation_steps=one).gradient_accumulation_steps is None


DEEP = "(" * 5000 + ")" * 5000


@pytest.mark.parametrize("pattern", ["", "(", "*", "a{99999999999}", DEEP, 3, None], ids=lambda value: repr(value)[:20])
def test_a_pattern_is_a_regular_expression(pattern, refusal):
    excluding = refusal(SGDSpec, weight_decay=0.01, exclude_from_weight_decay=["bias", pattern])
    assert excluding.path == ("exclude_from_weight_decay", 1)
    assert refusal(SGDSpec, groups=[{"match": pattern}]).path == ("groups", 0, "match")
