"""spec_of: what was built is read back as it was written, or an error says why it cannot be."""

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st
from installed_keras import can_build
from keras.optimizers import schedules
from pydantic import ValidationError
from strategies import OPTIMIZERS, SCHEDULES

from keras_optkit import (
    AdamSpec,
    AdamWSpec,
    ConstantSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    OptimizerSpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    ScheduleSpec,
    SGDSpec,
    WarmupSpec,
    build_optimizer,
    build_schedule,
    compile_with,
    parse_spec,
    register_spec,
    spec_of,
)

KNOWN = {cls: made for cls, made in OPTIMIZERS.items() if can_build(cls)}
X = np.linspace(-1, 1, 24, dtype="float32").reshape(12, 2)
Y = X.sum(axis=1, keepdims=True)
DECAY = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=100, decay_rate=0.9)
WARM = WarmupSpec(schedule=CosineDecaySpec(initial_learning_rate=0.3, decay_steps=90), warmup_steps=10)
LONG = PiecewiseConstantDecaySpec(boundaries=range(1, 21), values=[1 / (i + 1) for i in range(21)])
GROUPS = [ParamGroup(match="dense/", learning_rate_multiplier=0.1), ParamGroup(match="head/", weight_decay=0.2)]


def in_steps(spec: Any) -> Any:
    """``spec`` with its durations in steps. One that does not fit into this run is no example."""
    try:
        return spec.resolve(steps_per_epoch=1000, epochs=30)
    except ValueError:
        reject()


def as_held(spec: OptimizerSpec) -> OptimizerSpec:
    """``spec`` as far as Keras keeps it: the rate as a float32, and no name that Keras would make up itself."""
    if isinstance(spec.learning_rate, float):
        spec = spec.replace(learning_rate=np.float32(spec.learning_rate))
    own = f"(Grouped)?{spec.type}".lower()
    made_up = spec.name is not None and re.fullmatch(own, re.sub(r"_\d+$", "", spec.name).replace("_", "").lower())
    return spec.replace(name=None) if made_up else spec


def dense() -> keras.Model:
    stack = [keras.layers.Input((2,)), keras.layers.Dense(2, name="dense"), keras.layers.Dense(1, name="head")]
    return keras.Sequential(stack)


@given(st.one_of(*KNOWN.values()))
@example(AdamSpec(learning_rate=WARM, weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"], groups=GROUPS))
@example(SGDSpec(learning_rate=LONG, gradient_accumulation_steps=1))
def test_what_a_valid_spec_builds_is_read_back_as_that_spec(spec: OptimizerSpec) -> None:
    resolved = in_steps(spec)
    read = spec_of(build_optimizer(resolved))
    assert read == as_held(resolved)
    assert type(read) is type(resolved)


@given(st.one_of(*SCHEDULES.values()))
@example(LONG)
@example(WARM)
def test_what_any_schedule_builds_is_read_back_alone_and_inside_an_optimizer(schedule: ScheduleSpec) -> None:
    spec = in_steps(SGDSpec(learning_rate=schedule))
    read = spec_of(build_schedule(spec.learning_rate))
    assert spec_of(build_optimizer(spec)).learning_rate == read == spec.learning_rate
    assert type(read) is type(schedule)


@given(st.one_of(*KNOWN.values()))
@example(AdamSpec(learning_rate=2 / 3))
@example(AdamSpec(name="adam_2"))
@example(SGDSpec(learning_rate=LONG, groups=GROUPS))
def test_the_answer_is_the_same_before_and_after_saving_and_loading(spec: OptimizerSpec) -> None:
    built = build_optimizer(in_steps(spec))
    loaded = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(built))
    assert spec_of(loaded) == spec_of(built)


@pytest.mark.parametrize("cls", KNOWN)
def test_an_optimizer_of_keras_with_its_defaults_is_the_spec_with_its_defaults(cls: type[OptimizerSpec]) -> None:
    assert spec_of(getattr(keras.optimizers, cls._type)()) == cls()


def test_an_optimizer_that_was_written_by_hand_is_read() -> None:
    by_hand = keras.optimizers.SGD(schedules.CosineDecay(0.1, 500, alpha=0.01), momentum=0.9, clipnorm=1.0, name="mine")
    rate = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=500, alpha=0.01)
    assert spec_of(by_hand) == SGDSpec(learning_rate=rate, momentum=0.9, clipnorm=1, name="mine")


@pytest.mark.parametrize("rate", [0.001, 0.1, 1e-30, 3e-4, 1.0, 0.3000001])
def test_a_rate_that_float32_tells_from_its_neighbours_is_the_number_that_was_written(rate: float) -> None:
    assert spec_of(build_optimizer(SGDSpec(learning_rate=rate))).learning_rate == rate
    assert spec_of(keras.optimizers.SGD(rate)).learning_rate == rate


@pytest.mark.parametrize(("written", "read"), [(2 / 3, 0.6666667), (123456.789, 123456.79), (np.pi, 3.1415927)])
def test_a_longer_rate_is_the_shortest_that_float32_holds_whoever_built_the_optimizer(written, read) -> None:
    assert spec_of(build_optimizer(SGDSpec(learning_rate=written))).learning_rate == read
    assert spec_of(keras.optimizers.SGD(written)).learning_rate == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, None),
        ("adam_w", None),
        ("adamw", None),  # as Keras 3.10 names it
        ("adam_w_12", None),
        ("adam", "adam"),
        ("mine", "mine"),
        ("adam_w_b", "adam_w_b"),
        ("my_adam_w", "my_adam_w"),
    ],
)
def test_a_name_that_keras_makes_of_the_class_is_none(given: str | None, read: str | None) -> None:
    assert spec_of(keras.optimizers.AdamW(name=given)).name == read
    assert spec_of(build_optimizer(AdamWSpec(name=given))).name == read


@pytest.mark.parametrize(("given", "read"), [(None, None), ("grouped_adam_w_2", None), ("adam_w", "adam_w")])
def test_a_name_that_keras_makes_of_a_grouped_class_is_none(given: str | None, read: str | None) -> None:
    assert spec_of(build_optimizer(AdamWSpec(name=given, groups=GROUPS))).name == read


def test_after_loading_a_rate_is_the_shortest_decimal_that_float32_holds(tmp_path: Path) -> None:
    model = compile_with(dense(), AdamSpec(learning_rate=0.001), loss="mse")
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert float(again.optimizer.learning_rate) != 0.001
    assert spec_of(again) == AdamSpec(learning_rate=0.001)


@pytest.mark.parametrize("rate", [0.003, DECAY, WARM, ConstantSpec(learning_rate=0.1), LONG], ids=lambda r: str(r)[:12])
@pytest.mark.parametrize("groups", [(), GROUPS], ids=["native", "groups"])
def test_the_spec_survives_training_saving_and_loading(rate: Any, groups: Any, tmp_path: Path) -> None:
    spec = AdamSpec(learning_rate=rate, weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"], groups=groups)
    model = compile_with(dense(), spec, loss="mse")
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "model.keras")
    assert spec_of(model) == spec_of(keras.models.load_model(tmp_path / "model.keras")) == spec


def test_durations_come_back_in_steps() -> None:
    spec = SGDSpec(learning_rate=CosineDecaySpec(initial_learning_rate=0.1, decay_steps="2 epochs"))
    model = compile_with(dense(), spec, steps_per_epoch=50, loss="mse")
    assert spec_of(model).learning_rate == CosineDecaySpec(initial_learning_rate=0.1, decay_steps=100)


def test_a_loss_scale_optimizer_is_looked_into() -> None:
    inner = build_optimizer(AdamSpec(learning_rate=0.01))
    assert spec_of(keras.optimizers.LossScaleOptimizer(inner)) == AdamSpec(learning_rate=0.01)


def test_what_was_changed_since_is_read_as_it_is_now() -> None:
    optimizer: Any = build_optimizer(SGDSpec(learning_rate=0.1))
    optimizer.learning_rate = 0.05
    optimizer.momentum = 0.5
    assert spec_of(optimizer) == SGDSpec(learning_rate=0.05, momentum=0.5)
    optimizer.learning_rate = schedules.ExponentialDecay(0.1, 100, 0.9)
    assert spec_of(optimizer) == SGDSpec(learning_rate=DECAY, momentum=0.5)


def test_what_is_read_builds_an_optimizer_that_trains_alike() -> None:
    spec = AdamSpec(learning_rate=WARM, weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"], groups=GROUPS)
    results = []
    for each in (spec, spec_of(build_optimizer(spec))):
        keras.utils.set_random_seed(0)
        model = compile_with(dense(), each, loss="mse")
        model.fit(X, Y, epochs=3, verbose=0)
        results.append(model.get_weights())
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


class OwnAdam(keras.optimizers.Adam):
    pass


class OwnSchedule(schedules.LearningRateSchedule):
    def __call__(self, step: Any) -> Any:
        return 0.1

    def get_config(self) -> dict[str, Any]:
        return {}


class OwnMuon(keras.optimizers.SGD):
    """One that only has a name like one of Keras's."""


OwnMuon.__name__ = OwnMuon.__qualname__ = "Muon"


def multi_optimizer() -> Any:
    return keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(keras.optimizers.SGD()))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (OwnAdam, r"^there is no spec for .*test_spec_of\.OwnAdam$"),
        (OwnMuon, r"^there is no spec for .*test_spec_of\.Muon$"),
        (multi_optimizer, r"^there is no spec for .*\.MultiOptimizer; take the spec of each of its `optimizers`$"),
        (
            OwnSchedule,
            r"^there is no spec for .*test_spec_of\.OwnSchedule; describe it with a ScheduleSpec of your own$",
        ),
        (lambda: keras.optimizers.SGD(OwnSchedule()), r"^there is no spec for .*test_spec_of\.OwnSchedule; "),
        (lambda: keras.optimizers.SGD(lambda: 0.1), "^there is no spec for a learning rate that is a function"),
        (
            lambda: keras.optimizers.Optimizer(0.1),
            r"^there is no spec for keras\.src\.optimizers\.optimizer\.Optimizer$",
        ),
    ],
)
def test_a_class_that_no_spec_describes_is_named(make: Any, words: str) -> None:
    if make is multi_optimizer and not hasattr(keras.optimizers, "MultiOptimizer"):
        pytest.skip("this Keras has no MultiOptimizer")
    made = make()
    with pytest.raises(TypeError, match=words):
        spec_of(made)


@pytest.mark.parametrize(
    "nonsense",
    ["adam", None, 3, [], {}, b"", keras.optimizers.Adam, AdamSpec(), WARM, type, keras, np.zeros(2), "x" * 10**6],
    ids=lambda nonsense: type(nonsense).__name__,
)
def test_what_is_no_optimizer_schedule_or_model_is_refused(nonsense: Any) -> None:
    words = r"^spec_of takes a Keras optimizer, a schedule, a compiled model, or what Keras .* one, received .{1,400}$"
    with pytest.raises(TypeError, match=words):
        spec_of(nonsense)


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("adam", "parse_spec makes a spec of a name"),
        ("models/model.keras", "load_spec reads a file"),
        ('{"class_name": "Adam", "config": {}}', "read JSON text with json.loads first"),
        ([keras.optimizers.Adam()], "of a list, pass one entry"),
        (
            type("Adam", (), {"__module__": "tf_keras.src.optimizers.adam"})(),
            "it is of Keras 2: pass what tf_keras.optimizers.serialize(...) gives",
        ),
    ],
    ids=["name", "path", "JSON", "list", "Keras 2"],
)
def test_what_comes_near_is_answered_with_what_to_do(source: Any, remedy: str) -> None:
    with pytest.raises(TypeError, match=f"; {re.escape(remedy)}$"):
        spec_of(source)


def as_on_pytorch(public: type) -> type:
    """Such a class as Keras's constructors return on the PyTorch backend: see ``TorchOptimizer.__new__``."""
    module = f"keras.src.backend.torch.optimizers.torch_{public.__name__.lower()}"
    return type(public.__name__, (public,), {"__module__": module})


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Lion"])
def test_what_keras_returns_on_pytorch_is_read_as_the_class_that_was_called(name: str) -> None:
    made = as_on_pytorch(getattr(keras.optimizers, name))(0.5, clipnorm=2)
    assert spec_of(made) == parse_spec({"type": name, "learning_rate": 0.5, "clipnorm": 2})


def test_a_class_of_keras_s_that_only_inherits_from_one_with_a_spec_is_not_read_as_that() -> None:
    newer = type("NewerAdam", (keras.optimizers.Adam,), {"__module__": "keras.src.optimizers.newer_adam"})
    with pytest.raises(TypeError, match=r"there is no spec for keras\.src\.optimizers\.newer_adam\.NewerAdam"):
        spec_of(newer())


@pytest.mark.parametrize("make", [schedules.ExponentialDecay, schedules.InverseTimeDecay])
def test_a_schedule_that_keras_computes_in_whole_numbers_is_refused(make: Any) -> None:
    # ExponentialDecay(1, 1000, 0.9) is 1 at step 0 and 0 from then on.
    for source in (make(1, 1000, 0.9), keras.optimizers.SGD(make(1, 1000, 0.9))):
        with pytest.raises(ValueError, match=r"in integers, because its initial_learning_rate is an int.* with 1\.0$"):
            spec_of(source)
    assert spec_of(make(1.0, 1000, 0.9)).value(0) == 1


def test_a_model_that_is_not_compiled_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no optimizer: compile it first"):
        spec_of(dense())


@pytest.mark.parametrize("how", [{"var_names": ["bias"]}, {"var_list": [keras.Variable([1.0])]}], ids=["names", "list"])
def test_an_exclusion_of_keras_s_own_is_an_error_that_says_how_to_write_it(how: Any) -> None:
    optimizer = keras.optimizers.SGD(weight_decay=0.1)
    optimizer.exclude_from_weight_decay(**how)
    with pytest.raises(ValueError, match=r"exclude_from_weight_decay=\[\.\.\.\] of the spec"):
        spec_of(optimizer)


def test_a_value_that_a_spec_refuses_is_an_error_that_names_it() -> None:
    with pytest.raises(ValidationError, match=r"beta_1\n.*must be in \[0, 1\), received 1\.0"):
        spec_of(keras.optimizers.Adam(beta_1=1.0))


@pytest.mark.usefixtures("registry")
def test_a_schedule_of_a_user_s_own_spec_is_read_back() -> None:
    @register_spec
    class HalvingSpec(ScheduleSpec):
        initial_learning_rate: float
        half_life: int = 10

        def value(self, step: Any, xp: Any = np) -> Any:
            return self.initial_learning_rate * 0.5 ** (step / self.half_life)

    spec = SGDSpec(learning_rate=HalvingSpec(initial_learning_rate=0.1))
    assert spec_of(build_optimizer(spec)) == spec
