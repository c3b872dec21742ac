"""What an unknown field is answered with: a slip's correction, another library's word, or what to do instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_optkit import (
    AdadeltaSpec,
    AdamSpec,
    AdamWSpec,
    ClampSpec,
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    FtrlSpec,
    InverseTimeDecaySpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    RMSpropSpec,
    SGDSpec,
)
from keras_optkit.specs.base import Spec
from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.hints import TODAY, nearest
from keras_optkit.specs.registry import registered

LEAST: dict[type, dict[str, Any]] = {
    ExponentialDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.9},
    PiecewiseConstantDecaySpec: {"boundaries": [50, 100], "values": [0.1, 0.01, 0.001]},
    PolynomialDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 1000},
    CosineDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 1000},
    CosineDecayRestartsSpec: {"initial_learning_rate": 0.1, "first_decay_steps": 1000},
}


@pytest.mark.parametrize(
    ("cls", "slip", "meant"),
    [
        (SGDSpec, "momentun", "momentum"),
        (SGDSpec, "Momentum", "momentum"),
        (SGDSpec, "learningRate", "learning_rate"),
        (SGDSpec, "learning_rat", "learning_rate"),
        (SGDSpec, "nestrov", "nesterov"),
        (SGDSpec, "weightdecay", "weight_decay"),
        (SGDSpec, "clip_norm", "clipnorm"),
        (SGDSpec, "clip_value", "clipvalue"),
        (AdamSpec, "beta1", "beta_1"),
        (AdamSpec, "epsilonn", "epsilon"),
        (AdamSpec, "amsgrat", "amsgrad"),
        (ExponentialDecaySpec, "decay_stepz", "decay_steps"),
        (ExponentialDecaySpec, "staircas", "staircase"),
        (PiecewiseConstantDecaySpec, "boundary", "boundaries"),
        (CosineDecaySpec, "warm_up_steps", "warmup_steps"),
        (CosineDecayRestartsSpec, "first_decay_step", "first_decay_steps"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(cls, slip, meant, refusal):
    assert refusal(cls, **LEAST.get(cls, {}) | {slip: 1}) == ((slip,), f"unknown field; did you mean {meant!r}?")


@pytest.mark.parametrize(
    ("cls", "word", "today"),
    [
        (SGDSpec, "lr", "learning_rate"),
        (SGDSpec, "eta", "learning_rate"),
        (SGDSpec, "beta_1", "momentum"),
        (SGDSpec, "wd", "weight_decay"),
        (SGDSpec, "max_grad_norm", "global_clipnorm"),
        (SGDSpec, "ema_decay", "ema_momentum"),
        (SGDSpec, "accumulate_grad_batches", "gradient_accumulation_steps"),
        (AdamSpec, "lr", "learning_rate"),
        (AdamSpec, "LR", "learning_rate"),
        (AdamSpec, "eps", "epsilon"),
        (AdamSpec, "b2", "beta_2"),
        (AdamSpec, "momentum", "beta_1"),
        (AdamSpec, "rho", "beta_2"),
        (AdamSpec, "alpha", "learning_rate"),
        (AdamSpec, "max_lr", "learning_rate"),
        (AdamSpec, "l2", "weight_decay"),
        (FtrlSpec, "l1", "l1_regularization_strength"),
        (FtrlSpec, "l2", "l2_regularization_strength"),
        (ExponentialDecaySpec, "gamma", "decay_rate"),
        (ExponentialDecaySpec, "decay", "decay_rate"),
        (ExponentialDecaySpec, "learning_rate", "initial_learning_rate"),
        (ExponentialDecaySpec, "transition_steps", "decay_steps"),
        (PiecewiseConstantDecaySpec, "milestones", "boundaries"),
        (PolynomialDecaySpec, "end_lr", "end_learning_rate"),
        (CosineDecaySpec, "T_max", "decay_steps"),
        (CosineDecaySpec, "num_warmup_steps", "warmup_steps"),
        (CosineDecayRestartsSpec, "T_0", "first_decay_steps"),
        (CosineDecayRestartsSpec, "T_mult", "t_mul"),
    ],
)
def test_a_word_from_elsewhere_is_answered_with_its_name_in_keras(cls, word, today, refusal):
    path, message = refusal(cls, **LEAST.get(cls, {}) | {word: 1})
    assert path == (word,)
    assert message == f"unknown field; Keras calls it {today!r}"


@pytest.mark.parametrize(
    ("cls", "word", "today"),
    [
        (ExponentialDecaySpec, "decay_epochs", "decay_steps"),
        (CosineDecayRestartsSpec, "epochs", "first_decay_steps"),
        (CosineDecaySpec, "warmup_epochs", "warmup_steps"),
    ],
)
def test_a_word_that_counts_epochs_is_answered_with_the_unit_that_is_counted(cls, word, today, refusal):
    message = refusal(cls, **LEAST[cls] | {word: 3}).message
    assert message == f"unknown field; Keras calls it {today!r}, which counts steps; write '3 epochs'"


@pytest.mark.parametrize("word", ["min_lr", "eta_min", "end_lr", "end_learning_rate"])
def test_a_word_for_the_last_rate_is_answered_with_a_fraction_where_keras_takes_one(word, refusal):
    message = refusal(CosineDecaySpec, **LEAST[CosineDecaySpec] | {word: 1e-6}).message
    assert message == "unknown field; Keras calls it 'alpha', which is a fraction of the first rate"


def test_a_word_for_two_fields_names_both(refusal):
    message = refusal(AdamSpec, betas=(0.9, 0.999)).message
    assert "'beta_1'" in message
    assert "'beta_2'" in message


@pytest.mark.parametrize(
    ("cls", "field", "advice"),
    [
        (AdamSpec, "nesterov", "Nadam"),
        (SGDSpec, "amsgrad", "Adam"),
        (SGDSpec, "dampening", "delete it"),
        (SGDSpec, "jit_compile", "compile_with"),
        (SGDSpec, "is_legacy_optimizer", "delete it"),
        (AdamSpec, "foreach", "PyTorch"),
        (SGDSpec, "params", "compile_with"),
        (SGDSpec, "config", "beside 'type'"),
        (AdamWSpec, "include_in_weight_decay", "list the exceptions in exclude_from_weight_decay"),
        (CosineDecaySpec, "offset", "a piece of a JoinSpec"),
    ],
)
def test_what_an_optimizer_does_not_take_is_answered_with_what_to_do(cls, field, advice, refusal):
    path, message = refusal(cls, **LEAST.get(cls, {}) | {field: True})
    assert path == (field,)
    assert advice in message


@pytest.mark.parametrize(
    ("cls", "block"),
    [(SGDSpec, "sgd"), (AdamWSpec, "adamw"), (CosineDecaySpec, "cosine"), (CosineDecaySpec, "CosineDecay")],
)
def test_fields_in_a_block_with_the_name_of_the_type_belong_beside_it(cls, block, refusal):
    message = refusal(cls, **LEAST.get(cls, {}) | {block: {"name": "x"}}).message
    assert message == f"unknown field; write the fields beside 'type', not inside {block!r}"
    assert "has the fields learning_rate" in refusal(SGDSpec, adam={"name": "x"}).message  # another optimizer's block


def test_a_word_like_nothing_is_answered_with_the_fields_there_are(refusal):
    message = refusal(SGDSpec, zzz=1).message
    fields = [field for field in SGDSpec.model_fields if field != "type"]
    assert all(field in message for field in fields)
    assert message.startswith("unknown field; SGDSpec has the fields learning_rate, momentum, nesterov, weight_decay, ")


@pytest.mark.parametrize("word", ["schedule", "scheduler", "lr_schedule", "learning_rate_schedule"])
def test_a_schedule_in_a_field_of_its_own_is_answered_with_the_rate(word, refusal):
    rule = "unknown field; Keras calls it 'learning_rate', which takes a number or a schedule"
    assert refusal(SGDSpec, **{word: "cosine"}) == ((word,), rule)


def test_a_slip_in_a_schedule_of_an_optimizer_is_answered_there(refusal):
    schedule = {"type": "ExponentialDecay", **LEAST[ExponentialDecaySpec], "stair_case": True}
    assert refusal(AdamSpec, learning_rate=schedule) == (
        ("learning_rate", "stair_case"),
        "unknown field; did you mean 'staircase'?",
    )


@pytest.mark.parametrize(
    ("slip", "meant"), [("decay_stepz", "decay_steps"), ("T_max", "decay_steps"), ("gamma", "decay_rate")]
)
def test_a_required_field_written_otherwise_is_not_reported_as_missing_too(slip, meant, refusal):
    fields = {slip if name == meant else name: value for name, value in LEAST[ExponentialDecaySpec].items()}
    path, message = refusal(ExponentialDecaySpec, **fields)
    assert path == (slip,)
    assert repr(meant) in message


def test_another_required_field_is_still_reported_as_missing(refusals):
    lines = refusals(ExponentialDecaySpec, initial_learning_rate=0.1, decay_stepz=10)
    assert [line.path for line in lines] == [("decay_stepz",), ("decay_rate",)]


def test_what_is_missing_in_a_schedule_is_still_reported_beside_an_old_name_for_it(refusals):
    lines = refusals(SGDSpec, lr=0.1, learning_rate={"type": "CosineDecay", "initial_learning_rate": 0.1})
    assert [line.path for line in lines] == [("lr",), ("learning_rate", "decay_steps")]


# The decay of Keras 2


def shown_instead_of_decay(message: str) -> InverseTimeDecaySpec:
    expression = message.partition("learning_rate=")[2]
    return eval(expression, {"InverseTimeDecaySpec": InverseTimeDecaySpec, "np": np})


@pytest.mark.parametrize(
    ("cls", "fields", "rate", "decay"),
    [
        (SGDSpec, {"learning_rate": 0.1, "decay": 1e-3}, 0.1, 1e-3),
        (SGDSpec, {"lr": 0.1, "decay": 1e-6}, 0.1, 1e-6),
        (SGDSpec, {"learning_rate": "0.1", "decay": "0.5"}, 0.1, 0.5),
        (SGDSpec, {"learning_rate": np.float32(0.1), "decay": np.float64(0.01)}, 0.1, 0.01),
        (SGDSpec, {"learning_rate": 1, "Decay": 1}, 1.0, 1.0),
        (SGDSpec, {"decay": 1e-3}, 0.01, 1e-3),
        (AdamSpec, {"decay": 0.5}, 0.001, 0.5),
    ],
)
def test_decay_is_answered_with_the_schedule_that_does_the_same(cls, fields, rate, decay, refusals):
    message = next(line.message for line in refusals(cls, **fields) if line.path[0].lower() == "decay")
    spec = shown_instead_of_decay(message)
    for step in (0, 1, 2, 10, 1000, 100_000):
        by_hand = rate / (1.0 + decay * step)
        assert spec.value(step) == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize(
    ("cls", "decay", "first"),
    [
        (SGDSpec, 0, "0 means no decay, so delete it"),
        (AdamSpec, "0.0", "0 means no decay, so delete it"),
        (RMSpropSpec, 0.9, "for the decay of the squared gradients, use rho=0.9; for the decaying rate of Keras 2, "),
        (AdadeltaSpec, "0.95", "for the decay of the squared gradients, use rho=0.95; for the decaying rate of "),
        (SGDSpec, 5e-4, "for weight decay, use weight_decay=0.0005; for the decaying rate of Keras 2, use "),
        (AdamSpec, 1e-2, "for weight decay, use weight_decay=0.01; for the decaying rate of Keras 2, use "),
        (RMSpropSpec, 1e-6, "for weight decay, use weight_decay=1e-06; for the decaying rate of Keras 2, use "),
        (SGDSpec, 0.9, "for the decaying rate of Keras 2, use "),
        (RMSpropSpec, 1.0, "for the decaying rate of Keras 2, use "),
        (SGDSpec, "x", "for a decaying rate, use a schedule such as InverseTimeDecaySpec"),
    ],
)
def test_decay_is_answered_first_with_what_the_value_makes_likely(cls, decay, first, refusal):
    message = refusal(cls, decay=decay).message
    assert message.startswith(f"Keras no longer has 'decay'; {first}")


@pytest.mark.parametrize(
    ("cls", "fields", "word", "remedy"),
    [
        (AdamSpec, {"optimizer": "x"}, "optimizer", "'type' alone names the spec, so delete this"),
        (AdamSpec, {"warmup_steps": 100}, "warmup_steps", "WarmupSpec(schedule=..., warmup_steps=...)"),
        (ConstantSpec, {"learning_rate": 1, "warmup": 9}, "warmup", "WarmupSpec(schedule=..., warmup_steps=...)"),
        (AdamSpec, {"decay_steps": 100}, "decay_steps", "it belongs to a schedule: learning_rate=CosineDecaySpec"),
        (SGDSpec, {"decay_rate": 0.9}, "decay_rate", "it belongs to a schedule: learning_rate=CosineDecaySpec"),
        (RampSpec, {"initial_learning_rate": 1, "end_learning_rate": 0, "decay_steps": 9}, "decay_steps", "'steps'"),
    ],
)
def test_a_field_of_something_else_is_answered_with_where_it_belongs(cls, fields, word, remedy, refusal):
    path, message = refusal(cls, **fields)
    assert path == (word,)
    assert remedy in message


@pytest.mark.parametrize(("value", "shown"), [(3, "3"), ("2.5", "2.5"), (np.int64(7), "7"), (None, "20"), (-1, "20")])
def test_a_number_of_epochs_is_shown_as_the_duration_to_write(value, shown, refusal):
    message = refusal(CosineDecaySpec, **LEAST[CosineDecaySpec], warmup_epochs=value).message
    assert message.endswith(f"which counts steps; write '{shown} epochs'")


def test_decay_gives_one_error(refusal):
    assert refusal(SGDSpec, learning_rate=0.1, momentum=0.9, decay=1e-3).path == ("decay",)


@pytest.mark.parametrize(
    "fields",
    [
        {"decay": -1},
        {"decay": None},
        {"decay": "x"},
        {"decay": 0.1, "learning_rate": ExponentialDecaySpec(**LEAST[ExponentialDecaySpec])},
    ],
    ids=repr,
)
def test_a_decay_that_no_schedule_can_do_is_not_answered_with_a_wrong_expression(fields, refusal):
    path, message = refusal(SGDSpec, **fields)
    assert path == ("decay",)
    assert "InverseTimeDecaySpec(initial_learning_rate=" not in message


# The tables


def test_every_name_that_a_hint_gives_is_a_field_of_some_spec():
    fields = {name for cls in (*registered(Spec).values(), ParamGroup) for name in cls.model_fields}
    assert {name for names in TODAY.values() for name in names} <= fields


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("momentun", ["nesterov", "momentum"], "momentum"),
        ("zzz", ["nesterov", "momentum"], None),
        ("ab", ["abxx", "xab"], "xab"),
        ("abcd", ["abxxx"], None),
        ("ac", ["ad", "ab"], None),
        ("abc", ["abd", "abe"], "abd"),
        ("x", [], None),
        ("adm", ["SGD", "Adam", "Adadelta"], "Adam"),
        ("cosine_decay_restart", ["CosineDecay", "CosineDecayRestarts"], "CosineDecayRestarts"),
        ("COSINEDECAY", ["ExponentialDecay", "CosineDecayRestarts", "CosineDecay"], "CosineDecay"),
        ("cosin", ["Join", "CosineDecay"], "CosineDecay"),
        ("seed", ["use_ema"], None),
    ],
)
def test_a_name_is_taken_for_another_only_if_most_of_it_is_the_same(name, known, meant):
    assert nearest(name, known) == meant


def test_a_name_of_a_million_characters_is_taken_for_no_other():
    assert nearest("momentum" * 125_000, SGDSpec.model_fields) is None


@pytest.mark.parametrize("word", ["min_lr", "eta_min", "floor"])
def test_a_floor_is_answered_with_the_clamp(word, refusal):
    assert refusal(ClampSpec, schedule=ConstantSpec(learning_rate=0.1), **{word: 0.01}).message.endswith("'minimum'")
    for cls in (ExponentialDecaySpec, AdamSpec):
        message = refusal(cls, **LEAST.get(cls, {}), **{word: 0.01}).message
        assert message == "unknown field; to put a floor under a schedule, use ClampSpec(schedule=..., minimum=...)"


def test_a_rate_that_grows_is_answered_with_the_ramp(refusal):
    message = refusal(ExponentialDecaySpec, **LEAST[ExponentialDecaySpec] | {"decay_rate": 1.1}).message
    assert message == "must be in (0, 1], received 1.1; for a rate that grows, use RampSpec with shape='exponential'"
