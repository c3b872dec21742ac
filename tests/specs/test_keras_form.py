"""What Keras 2 and 3 serialized is read without Keras, or an error says what cannot be kept."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from keras_optkit import (
    AdadeltaSpec,
    AdagradSpec,
    AdamSpec,
    AdamWSpec,
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    FtrlSpec,
    InverseTimeDecaySpec,
    LionSpec,
    MuonSpec,
    NadamSpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RMSpropSpec,
    SGDSpec,
    parse_spec,
    spec_of,
)
from keras_optkit.specs.keras_2 import shortest

EXPONENTIAL = {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.9}
#: What Keras 2.11 to 2.15 writes of any optimizer that is not a legacy one.
SINCE_2_11 = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "jit_compile": True,
    "is_legacy_optimizer": False,
}


def form(class_name: str, /, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def inverse_time(rate: float, decay: float) -> InverseTimeDecaySpec:
    return InverseTimeDecaySpec(initial_learning_rate=rate, decay_steps=1, decay_rate=decay)


def messages(source: Any) -> list[str]:
    """The lines of the error, as paths and messages."""
    with pytest.raises(ValidationError) as raised:
        spec_of(source)
    return [f"{'.'.join(map(str, line['loc']))}: {line['msg']}" for line in raised.value.errors()]


@pytest.mark.parametrize(
    ("source", "spec"),
    [
        (form("Adam"), AdamSpec()),
        (form("adam", learning_rate=0.1), AdamSpec(learning_rate=0.1)),  # Keras ignores the case of its own
        (form("SGD", lr=0.1, momentum=0.9, nesterov=True), SGDSpec(learning_rate=0.1, momentum=0.9, nesterov=True)),
        # Keras 2.0 to 2.3
        (form("Adam", lr=0.0010000000474974513, beta_1=0.8999999761581421, beta_2=0.9990000128746033, decay=0.0,
              epsilon=None, amsgrad=False), AdamSpec()),
        (form("Adagrad", lr=0.009999999776482582, decay=0.0, epsilon=1e-7),
         AdagradSpec(learning_rate=0.01, initial_accumulator_value=0)),
        (form("Adadelta", lr=1.0, rho=0.95, decay=0.0, epsilon=1e-7), AdadeltaSpec(learning_rate=1)),
        (form("Nadam", lr=0.002, beta_1=0.9, beta_2=0.999, epsilon=1e-8, schedule_decay=1.0),
         NadamSpec(learning_rate=0.002, epsilon=1e-8)),
        # Keras 2.4 to 2.10, and the legacy optimizers after
        (form("Adagrad", name="Adagrad", learning_rate=0.001, decay=0.0, initial_accumulator_value=0.1, epsilon=1e-7),
         AdagradSpec()),
        (form("RMSprop", name="RMSprop", learning_rate=0.05000000074505806, decay=0.009999999776482582,
              rho=0.8999999761581421, momentum=0.0, epsilon=1e-7, centered=True),
         RMSpropSpec(learning_rate=inverse_time(0.05, 0.01), centered=True)),
        (form("SGD", decay=0.5), SGDSpec(learning_rate=inverse_time(0.01, 0.5))),
        (form("Ftrl", name="mine", learning_rate=0.1, decay=0.0, beta=0.1, clipnorm=1.0),
         FtrlSpec(name="mine", learning_rate=0.1, beta=0.1, clipnorm=1)),
        (form("Adam", learning_rate=form("ExponentialDecay", **EXPONENTIAL, staircase=True, name=None), decay=0.0),
         AdamSpec(learning_rate=ExponentialDecaySpec(**EXPONENTIAL, staircase=True))),
        # Keras 2.11 to 2.15
        (form("Custom>AdamW", **SINCE_2_11 | {"name": "AdamW", "learning_rate": 0.004999999888241291,
              "weight_decay": 0.05, "clipvalue": 0.5}),
         AdamWSpec(learning_rate=0.005, weight_decay=0.05, clipvalue=0.5)),
        (form("Custom>RMSprop", **SINCE_2_11 | {"ema_overwrite_frequency": 100}), RMSpropSpec()),
        (form("RMSprop", is_legacy_optimizer=False, use_ema=True),
         RMSpropSpec(use_ema=True, ema_overwrite_frequency=100)),
        (form("Lion", is_legacy_optimizer=False), LionSpec(learning_rate=1e-4)),
        (form("ExperimentalAdam", **SINCE_2_11), AdamSpec()),
        # Keras 3
        (form("Lion"), LionSpec()),
        (form("Adam", name="adam_3", learning_rate=0.6666666865348816), AdamSpec(learning_rate=0.6666667)),
        (form("Adam", name="adam_w"), AdamSpec(name="adam_w")),
        (form("Muon", learning_rate=0.5), MuonSpec(learning_rate=0.5)),
        ({"module": "keras.optimizers", "registered_name": None, "build_config": {}, **form("SGD")}, SGDSpec()),
        ({"module": "keras.src.backend.torch.optimizers.torch_sgd", **form("SGD")}, SGDSpec()),
        ({"module": "tf_keras.src.optimizers", "registered_name": "Custom>SGD", **form("SGD")}, SGDSpec()),
        # schedules
        (form("ExponentialDecay", **EXPONENTIAL, name=None), ExponentialDecaySpec(**EXPONENTIAL)),
        (form("CosineDecay", initial_learning_rate=0.1, decay_steps=10, alpha=0.5),
         CosineDecaySpec(initial_learning_rate=0.1, decay_steps=10, alpha=0.5)),
        (form("CosineDecayRestarts", initial_learning_rate=0.1, first_decay_steps=10, t_mul=1.0, name="mine"),
         CosineDecayRestartsSpec(initial_learning_rate=0.1, first_decay_steps=10, t_mul=1, name="mine")),
        (form("PolynomialDecay", initial_learning_rate=0.1, decay_steps=400.0, end_learning_rate=0.01),
         PolynomialDecaySpec(initial_learning_rate=0.1, decay_steps=400, end_learning_rate=0.01)),
        # values that are no JSON
        (form("PiecewiseConstantDecay", boundaries={"class_name": "__tuple__", "items": [1, 2]},
              values={"class_name": "__numpy__", "config": {"value": [0.3, 0.2, 0.1], "dtype": "float64"}}),
         PiecewiseConstantDecaySpec(boundaries=[1, 2], values=[0.3, 0.2, 0.1])),
        (form("CosineDecay", initial_learning_rate=0.1,
              decay_steps={"class_name": "__tensor__", "config": {"value": 10, "dtype": "int32"}}),
         CosineDecaySpec(initial_learning_rate=0.1, decay_steps=10)),
        # Keras Core, which became Keras 3; and a schedule by the rate's name of Keras 2
        (form("Adam", learning_rate={"module": "keras_core.optimizers.schedules", "registered_name": None,
              **form("ExponentialDecay", **EXPONENTIAL)}), AdamSpec(learning_rate=ExponentialDecaySpec(**EXPONENTIAL))),
        (form("Adam", lr=form("ExponentialDecay", **EXPONENTIAL)),
         AdamSpec(learning_rate=ExponentialDecaySpec(**EXPONENTIAL))),
        # classes of this package
        (form("keras_optkit>GroupedAdamW", name="grouped_adam_w_1", weight_decay=0.1, treatments=[{"path": "a"}],
              exclude_from_weight_decay=["bias_and_norm"],
              groups=[{"match": "a/", "learning_rate_multiplier": 0.5, "weight_decay": None}]),
         AdamWSpec(weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"],
                   groups=[ParamGroup(match="a/", learning_rate_multiplier=0.5)])),
        ({"module": "keras_optkit.runtime.grouped", "registered_name": "keras_optkit>GroupedSGD",
          **form("GroupedSGD", name="sgd")}, SGDSpec(name="sgd")),
        (form("SGD", learning_rate={"module": "keras_optkit.runtime.schedule", "class_name": "SpecSchedule",
              "registered_name": "keras_optkit>SpecSchedule",
              "config": {"spec": {"type": "Constant", "learning_rate": 0.1}}}),
         SGDSpec(learning_rate=ConstantSpec(learning_rate=0.1))),
        (form("keras_optkit>PiecewiseConstantTable", boundaries=[1], values=[0.2, 0.1], name="PiecewiseConstant"),
         PiecewiseConstantDecaySpec(boundaries=[1], values=[0.2, 0.1])),
    ],
    ids=lambda value: value["class_name"] if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_keras_serialized_is_read(source: dict[str, Any], spec: Any) -> None:
    before = json.dumps(source)
    read = spec_of(source)
    assert read == spec
    assert type(read) is type(spec)
    assert json.dumps(source) == before


def scaled(inner: object = form("SGD", learning_rate=0.1), **config: Any) -> dict[str, Any]:
    return form("LossScaleOptimizer", inner_optimizer=inner, **config)


@pytest.mark.parametrize(
    ("source", "factor"),
    [
        (scaled(initial_scale=32768.0, dynamic_growth_steps=2000, name="loss_scale_optimizer"), None),
        # Keras 3.0 to 3.10 write all arguments of the base class too.
        (scaled(clipnorm=None, use_ema=False, ema_momentum=0.99, weight_decay=None), None),
        (scaled(dynamic=True, initial_scale=32768, dynamic_growth_steps=2000), None),
        (scaled(dynamic=False, initial_scale=128.0, dynamic_growth_steps=None), 128),
        (form("LossScaleOptimizerV3", inner_optimizer=form("SGD", lr=0.1, is_legacy_optimizer=False)), None),
        (
            form(
                "LossScaleOptimizer",
                optimizer=form("SGD", learning_rate=0.1),
                loss_scale=form("FixedLossScale", loss_scale_value=64.0),
            ),
            64,
        ),
        (
            form(
                "LossScaleOptimizerV1",
                optimizer=form("SGD", learning_rate=0.1),
                loss_scale=form("DynamicLossScale", initial_loss_scale=32768, increment_period=2000, multiplier=2.0),
            ),
            None,
        ),
    ],
)
def test_a_loss_scale_optimizer_is_the_one_inside_with_its_factor_if_that_is_fixed(source: Any, factor: Any) -> None:
    assert spec_of(source) == SGDSpec(learning_rate=0.1, loss_scale_factor=factor)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (scaled(initial_scale=1024.0), ["no spec has the 'initial_scale' of a LossScaleOptimizer, here 1024.0"]),
        (scaled(dynamic_growth_steps=10), ["no spec has the 'dynamic_growth_steps'"]),
        (scaled(clipnorm=1.0), ["no spec has the 'clipnorm' of a LossScaleOptimizer, here 1.0"]),
        (
            scaled(loss_scale=form("DynamicLossScale", initial_loss_scale=8, increment_period=2000, multiplier=4)),
            ["'multiplier'", "'initial_scale'"],
        ),
        (scaled(loss_scale="dynamic"), ["no spec has the 'loss_scale'"]),
        (scaled(None), ["a LossScaleOptimizer must have an 'inner_optimizer', received None"]),
        (scaled(scaled()), ["there is no spec for a LossScaleOptimizer inside another"]),
        (scaled(form("mine>SGD")), ["there is no spec for 'mine>SGD', which is not a class of Keras"]),
        (scaled(form("SGD", momentum=2)), ["momentum: must be in [0, 1), received 2"]),
    ],
)
def test_what_a_loss_scale_optimizer_has_beyond_a_factor_is_an_error(source: Any, lines: list[str]) -> None:
    found = messages(source)
    assert len(found) == len(lines)
    for line, words in zip(found, lines, strict=True):
        assert words in line


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            form("Nadam", name="Nadam", learning_rate=0.001, decay=0.004),
            "decay: in Keras 2, decay=0.004 of Nadam set how fast its momentum grows. Keras 3 always uses 1; delete it "
            "to train with that",
        ),
        (
            form("SGD", learning_rate=form("ExponentialDecay", **EXPONENTIAL), decay=0.1),
            "decay: Keras 2 divides the rate of the schedule by 1 + 0.1 * step. No spec does that; write your own "
            "ScheduleSpec",
        ),
        (
            form("SGD", lr=0.1, learning_rate=0.2),
            "lr: differs from learning_rate, 0.2: delete one",
        ),
        (
            form("Muon", muon_a=3.4445, ns_steps=6),
            "rms_rate: Muon before Keras 3.13 scales its steps in a way that no spec can describe",
        ),
        (
            form("SGD", learning_rate=form("LinearCosineDecay", initial_learning_rate=0.1, decay_steps=10)),
            "learning_rate: there is no spec for LinearCosineDecay, which Keras 3 does not have; write your "
            "own ScheduleSpec",
        ),
        (
            form("SGD", learning_rate=form("Official>LinearWarmup")),
            "learning_rate: there is no spec for 'Official>LinearWarmup', which is not a class of Keras; write your "
            "own ScheduleSpec",
        ),
        (
            form("SGD", learning_rate=form("__lambda__", value=["4wEAAAA"])),
            "learning_rate: there is no spec for a learning rate that is a function",
        ),
        (
            form("Addons>AdamW", weight_decay=1e-4),
            ": there is no spec for 'Addons>AdamW', which is not a class of Keras; write AdamWSpec(weight_decay=...) "
            "with its weight_decay divided by the learning rate: TensorFlow Addons does not multiply the decay by the "
            "rate",
        ),
        (form("Addons>SGDW"), ": there is no spec for 'Addons>SGDW', which is not a class of Keras; write SGDSpec("),
        (
            form("Addons>MovingAverage", average_decay=0.99, optimizer=form("Adam")),
            ": there is no spec for 'Addons>MovingAverage', which is not a class of Keras; take the spec of the "
            "optimizer in its config, under 'optimizer'",
        ),
        (
            form("Addons>RectifiedAdam"),
            ": there is no spec for 'Addons>RectifiedAdam', which is not a class of Keras; Keras does not have it, "
            "and the closest are AdamW, Lamb and ScheduleFreeAdamW",
        ),
        (
            {**form("Adam"), "module": "mine.optimizers", "registered_name": "Adam"},
            ": there is no spec for 'mine>Adam', which is not a class of Keras",
        ),
        (form("Custom>Adam", learning_rate=0.1), ": there is no spec for 'Custom>Adam', which is not a class of Keras"),
        (
            form("MultiOptimizer", optimizers=[]),
            ": there is no spec for MultiOptimizer; take the spec of each of its optimizers",
        ),
        (
            form("SGD", learning_rate=form("CosinDecay")),
            "learning_rate: there is no spec for 'CosinDecay'; did you mean 'CosineDecay'? The known types are "
            "CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, "
            "PolynomialDecay",
        ),
        (
            form("SGD", learning_rate=form("ExponentialDecay", **EXPONENTIAL | {"initial_learning_rate": 1})),
            "learning_rate.initial_learning_rate: Keras computes this ExponentialDecay in integers, because its "
            "initial_learning_rate is an int. No spec does that; create it with 1.0",
        ),
        (form("SGD", groups=[]), "groups: Keras's SGD has no such argument"),
        (form("SGD", type="Adam"), "type: Keras's SGD has no such argument"),
        (form("CosineDecay", initial_learning_rate=0.1, decay_steps=9, type="x"),
         "type: Keras's CosineDecay has no such argument"),
        (form("SGD", beta_1=0.9), "beta_1: unknown field; "),
        (
            {**form("SGD"), "learning_rate": 0.1},
            ": 'learning_rate' is not part of Keras's serialized form: delete it, or write it inside 'config' if it "
            "is an argument",
        ),
        (
            {"class_name": "SGD", "params": {"lr": 0.1}},
            ": 'params' is not part of Keras's serialized form: Keras calls it 'config'",
        ),
        ({"class_name": "SGD"}, ": has no 'config': write {} for the defaults"),
        ({"class_name": "SGD", "config": None}, ": 'config' must be a mapping, received None"),
        ({"class_name": ["SGD"], "config": {}}, ": 'class_name' must be a string, received ['SGD']"),
        (form("SGD", learning_rate={"class_name": "CosineDecay"}),
         "learning_rate: has no 'config': write {} for the defaults"),
        (form("SGD", lr=form("CosineDecay", initial_learning_rate=0.1)), "learning_rate.decay_steps: required"),
        (form("SGD", learning_rate=form("Adam")), "learning_rate.type: must be a schedule, received 'Adam'; Adam is"),
        (form("Constant", learning_rate=0.1), ": there is no spec for 'Constant'"),  # ours, and not a class of Keras
        (form("SpecSchedule", spec={"type": "Constant"}), ": there is no spec for 'SpecSchedule'"),
        (form("keras_optkit>SpecSchedule", spec={"type": "Mine"}), "type: unknown optimizer or schedule"),
        (form("keras_optkit>SpecSchedule", spec="x"), ": there is no spec for 'keras_optkit>SpecSchedule'"),
        (form("keras_optkit>GroupedMine"), ": there is no spec for 'keras_optkit>GroupedMine'"),
        (form("SGD", clipnorm=1.0, clipvalue=0.5), "clipvalue: only one of clipnorm and clipvalue can be set"),
        (form("Adam", epsilon=0), "epsilon: must be > 0, received 0; leave it out for the default, 1e-07"),
        (form("SGD", decay=-0.1), "learning_rate.decay_rate: must be >= 0, received -0.1"),
    ],
    ids=lambda value: value["class_name"] if isinstance(value, dict) and isinstance(value["class_name"], str) else "",
)  # fmt: skip
def test_what_no_spec_can_keep_is_one_error_that_says_so(source: dict[str, Any], line: str) -> None:
    (found,) = messages(source)
    assert found.startswith(line)


def test_all_mistakes_come_at_once_and_each_once() -> None:
    rate = form("ExponentialDecay", initial_learning_rate=1, decay_steps=0, decay_rate=0.9)
    source = form("RMSprop", learning_rate=rate, decay=0.1, rho=2, groups=[])
    paths = [line.partition(":")[0] for line in messages(source)]
    assert sorted(paths) == [
        "decay", "groups", "learning_rate.decay_steps", "learning_rate.initial_learning_rate", "rho",
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["lr", "learning_rate"])
@pytest.mark.parametrize("decay", [0, 0.0, None])
def test_no_decay_is_left_out(word: str, decay: Any) -> None:
    assert spec_of(form("SGD", **{word: 0.5}, decay=decay)) == SGDSpec(learning_rate=0.5)


def test_the_decay_of_keras_2_is_its_rate() -> None:
    spec = spec_of(form("SGD", lr=0.1, decay=0.01))
    assert isinstance(spec, SGDSpec)
    assert isinstance(spec.learning_rate, InverseTimeDecaySpec)
    for step in (0, 1, 50, 1000):  # OptimizerV2._decayed_lr in Keras 2.15
        assert spec.learning_rate.value(step) == pytest.approx(0.1 / (1 + 0.01 * step), rel=1e-12)


def test_the_form_of_a_whole_model_is_read_for_its_optimizer() -> None:
    model = {"class_name": "Sequential", "config": {}, "compile_config": {"optimizer": form("SGD"), "loss": "mse"}}
    assert spec_of(model) == SGDSpec()
    assert spec_of({**model, "compile_config": {"optimizer": "rmsprop"}}) == RMSpropSpec()  # as Keras 2 keeps it
    for nothing in ({"loss": "mse"}, {}, None):
        with pytest.raises(ValueError, match=r"^the model has no optimizer: compile it first$"):
            spec_of({**model, "compile_config": nothing})


def test_a_model_of_keras_2_that_is_serialized_without_an_optimizer_is_not_compiled() -> None:
    model = {"class_name": "Sequential", "config": {"name": "a", "layers": []}, "keras_version": "2.15.0"}
    with pytest.raises(ValueError, match=r"^the model has no optimizer: compile it first$"):
        spec_of(model)


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ({"optimizer_config": form("SGD"), "loss": "mse"}, "['optimizer_config']"),  # .h5: the training config
        (
            {"format": "layers-model", "modelTopology": {"training_config": {"optimizer_config": form("SGD")}}},
            "['modelTopology']['training_config']['optimizer_config']",
        ),
        ({"epochs": 5, "compile": {"optimizer": form("SGD")}}, "['compile']['optimizer']"),
    ],
)
def test_what_is_around_an_optimizer_is_answered_with_where_that_is(source: dict[str, Any], where: str) -> None:
    with pytest.raises(TypeError, match=rf"; pass what is under {re.escape(where)}$"):
        spec_of(source)
    source = {"optimizer": {}}
    source["optimizer"] = source  # what holds itself ends too
    with pytest.raises(TypeError, match=r"^spec_of takes a Keras optimizer.{,300}$"):
        spec_of(source)


def test_a_spec_as_a_mapping_is_left_to_parse_spec_and_the_other_way_round() -> None:
    with pytest.raises(TypeError, match=r"received {'type': 'SGD'}; parse_spec reads a mapping with a 'type'$"):
        spec_of({"type": "SGD"})
    with pytest.raises(ValidationError, match=r"spec_of\(\.\.\.\) reads Keras's"):
        parse_spec(form("SGD"))


def test_a_form_that_holds_itself_or_is_deep_is_an_error() -> None:
    source = form("SGD")
    source["config"]["learning_rate"] = source
    assert messages(source)
    source = scaled()
    source["config"]["inner_optimizer"] = source
    assert messages(source)
    deep: Any = 0.1
    for _ in range(100_000):
        deep = [deep]
    assert messages(form("SGD", learning_rate=deep))


@pytest.mark.parametrize(
    ("value", "short"),
    [
        (0.0010000000474974513, 0.001),
        (0.10000000149011612, 0.1),
        (16777216.0, 16777216.0),
        (0.1, 0.1),  # not a float32
        (1 / 3, 1 / 3),
        (0.5, 0.5),
        (1e300, 1e300),
        (float("inf"), float("inf")),
        (3, 3),
        (None, None),
    ],
)
def test_a_float32_written_in_full_becomes_its_shortest_decimal(value: Any, short: Any) -> None:
    assert shortest(value) == short
