"""build_optimizer and build_schedule: what comes out is what the constructor of the installed Keras gives."""

import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, get_overloads

import keras
import numpy as np
import pytest
from installed_keras import can_build
from keras.optimizers import schedules
from pydantic import ValidationError

import keras_optkit as ok

#: What must be said of each schedule of Keras at least.
LEAST: dict[type, dict[str, Any]] = {
    ok.ExponentialDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9},
    ok.PiecewiseConstantDecaySpec: {"boundaries": [5, 8], "values": [0.3, 0.2, 0.1]},
    ok.PolynomialDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 10},
    ok.InverseTimeDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
    ok.CosineDecaySpec: {"initial_learning_rate": 0.1, "decay_steps": 10},
    ok.CosineDecayRestartsSpec: {"initial_learning_rate": 0.1, "first_decay_steps": 10},
}
DECAY = ok.ExponentialDecaySpec(**LEAST[ok.ExponentialDecaySpec])
#: What an optimizer spec has beyond Keras's fields.
OWN_FIELDS = {"type", "exclude_from_weight_decay", "groups"}


def keras_class(spec_class: type) -> Any:
    home = keras.optimizers if issubclass(spec_class, ok.OptimizerSpec) else schedules
    return getattr(home, spec_class.__name__.removesuffix("Spec"), None)


SPECS = [getattr(ok, name) for name in ok.__all__ if name.endswith("Spec")]
OPTIMIZERS = [spec for spec in SPECS if issubclass(spec, ok.OptimizerSpec) and can_build(spec)]
#: Every public spec that the installed Keras has a class for.
MIRRORS = [*OPTIMIZERS, *(spec for spec in SPECS if issubclass(spec, ok.ScheduleSpec) and keras_class(spec))]


def build(spec: ok.OptimizerSpec | ok.ScheduleSpec) -> Any:
    return ok.build_optimizer(spec) if isinstance(spec, ok.OptimizerSpec) else ok.build_schedule(spec)


def test_every_optimizer_and_schedule_of_the_installed_keras_has_a_spec() -> None:
    optimizers = {cls for cls in vars(keras.optimizers).values() if isinstance(cls, type)}
    made_of_others = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap"}
    with_spec = {spec.__name__.removesuffix("Spec") for spec in OPTIMIZERS}
    # An older Keras has a Muon that does not train.
    assert {cls.__name__ for cls in optimizers} - made_of_others - with_spec <= {"Muon"} - with_spec
    assert {ok.SGDSpec, ok.AdamSpec, ok.LambSpec} <= set(OPTIMIZERS)
    theirs = {cls for cls in vars(schedules).values() if isinstance(cls, type)} - {schedules.LearningRateSchedule}
    assert theirs == {keras_class(spec) for spec in LEAST}


def test_type_checkers_know_the_class_that_each_mirror_becomes() -> None:
    for build, home, kind in (
        (ok.build_optimizer, "optimizers", ok.OptimizerSpec),
        (ok.build_schedule, "schedules", ok.ScheduleSpec),
    ):
        *overloads, _ = get_overloads(build)
        known = {(each.__annotations__["spec"], each.__annotations__["return"]) for each in overloads}
        mirrors = [spec.__name__ for spec in SPECS if spec.mirrors_keras and kind in spec.__mro__[1:]]
        assert known == {(name, f"{home}.{name.removesuffix('Spec')}") for name in mirrors}


def test_a_schedule_spec_mirrors_keras_where_keras_has_the_class() -> None:
    assert {spec for spec in SPECS if issubclass(spec, ok.ScheduleSpec) and spec.mirrors_keras} == set(LEAST)
    assert {spec for spec in MIRRORS if spec not in OPTIMIZERS} == set(LEAST)


@pytest.mark.usefixtures("registry")
def test_what_inherits_from_a_mirrored_schedule_is_built_by_its_own_formula() -> None:
    @ok.register_spec
    class HalvedSpec(ok.ExponentialDecaySpec):
        def value(self, step: Any, xp: Any = np) -> Any:
            return super().value(step, xp) / 2

    schedule = ok.build_schedule(HalvedSpec(**LEAST[ok.ExponentialDecaySpec]))
    assert float(schedule(0)) == pytest.approx(0.05)
    assert float(schedule(10)) == pytest.approx(0.045)


@pytest.mark.parametrize("spec_class", MIRRORS)
def test_fields_and_defaults_are_those_of_the_installed_keras(spec_class: type) -> None:
    parameters = inspect.signature(keras_class(spec_class)).parameters.values()
    theirs = {p.name: p.default for p in parameters if p.kind is not p.VAR_KEYWORD}
    fields = {name: field for name, field in spec_class.model_fields.items() if name not in OWN_FIELDS}
    ours = {name: inspect.Parameter.empty if field.is_required() else field.default for name, field in fields.items()}
    if spec_class in OPTIMIZERS and isinstance(theirs["name"], str):
        theirs["name"] = None  # An older Keras wrote down the name that Keras makes up now.
    assert ours == theirs
    # Because False == 0.
    assert [name for name in ours if isinstance(ours[name], bool) is not isinstance(theirs[name], bool)] == []


@pytest.mark.parametrize("spec_class", MIRRORS)
def test_builds_exactly_the_keras_class_and_a_fresh_one_each_time(spec_class: type) -> None:
    spec = spec_class(**LEAST.get(spec_class, {}))
    first, second = build(spec), build(spec)
    assert type(first) is type(second)
    # Keras's ScheduleFreeAdamW loses weights that are loaded after it is built, so that a subclass is built.
    is_mended = spec_class is ok.ScheduleFreeAdamWSpec
    assert (type(first).__mro__[3 if is_mended else 0]) is keras_class(spec_class)
    assert first is not second


@pytest.mark.parametrize("spec_class", OPTIMIZERS)
def test_two_optimizers_of_one_spec_share_no_schedule(spec_class: type) -> None:
    spec = spec_class(learning_rate=DECAY)
    assert ok.build_optimizer(spec)._learning_rate is not ok.build_optimizer(spec)._learning_rate


def test_one_spec_serves_many_models() -> None:
    # With one optimizer object for both, Keras raises "Unknown variable".
    spec = ok.AdamSpec(learning_rate=DECAY)
    for _ in range(2):
        variable = keras.Variable([1.0])
        ok.build_optimizer(spec).apply([keras.ops.ones(1)], [variable])
        assert variable.numpy() == pytest.approx(0.9, abs=1e-5)


@pytest.mark.parametrize(
    "data",
    [
        {"type": "SGD", "learning_rate": 0.1, "momentum": 0.9},
        {"type": "sgd", "learning_rate": "0.1", "momentum": "0.9"},
        MappingProxyType({"type": "SGD", "learning_rate": 0.1, "momentum": 0.9}),
        ok.SGDSpec(learning_rate=0.1, momentum=0.9),
    ],
    ids=["canonical", "lower case and strings", "another mapping", "spec"],
)
def test_reads_an_optimizer_from_a_mapping(data: Any) -> None:
    optimizer = ok.build_optimizer(data)
    assert type(optimizer) is keras.optimizers.SGD
    assert (float(optimizer.learning_rate), optimizer.momentum) == (pytest.approx(0.1), 0.9)


@pytest.mark.parametrize("name", ["Adam", "adam", "ADAM"])
def test_reads_an_optimizer_from_its_name(name: str) -> None:
    assert type(ok.build_optimizer(name)) is keras.optimizers.Adam


@pytest.mark.parametrize("name", ["CosineDecay", "cosine_decay", "cosinedecay"])
def test_reads_a_schedule_from_a_mapping_alone_or_inside_an_optimizer(name: str) -> None:
    decay = {"type": name, "initial_learning_rate": 1, "decay_steps": 100}
    alone = ok.build_schedule(decay)
    inside = ok.build_optimizer({"type": "SGD", "learning_rate": decay})._learning_rate
    assert type(alone) is type(inside) is schedules.CosineDecay
    assert alone.get_config() == inside.get_config() == schedules.CosineDecay(1.0, 100).get_config()


@pytest.mark.parametrize(
    ("build", "data", "words"),
    [
        (ok.build_optimizer, "Adma", "unknown optimizer, received 'Adma'; did you mean 'Adam'"),
        (ok.build_optimizer, {"learning_rate": 0.1}, "type\n.*required"),
        (ok.build_optimizer, {"type": "SGD", "lr": 0.1}, "lr\n.*'learning_rate'"),
        (ok.build_optimizer, {"type": "SGD", "learning_rate": -1}, "learning_rate\n.*must be > 0, received -1"),
        (ok.build_optimizer, {"class_name": "SGD", "config": {}}, "class_name"),
        (ok.build_optimizer, DECAY, "must be an optimizer spec"),
        (ok.build_optimizer, "CosineDecay", "must be an optimizer, received 'CosineDecay'; CosineDecay is a schedule"),
        (ok.build_optimizer, ok.SGDSpec, "must be an optimizer spec"),
        (ok.build_optimizer, keras.optimizers.SGD(), "must be an optimizer spec"),
        (ok.build_optimizer, None, "must be an optimizer spec"),
        (ok.build_optimizer, 0.1, "must be an optimizer spec"),
        (ok.build_schedule, ok.SGDSpec(), "must be a schedule spec"),
        (ok.build_schedule, "SGD", "must be a schedule, received 'SGD'; SGD is an optimizer"),
        (ok.build_schedule, "CosineDecay", r"needs more than its name, received .*; write .*'decay_steps': \.\.\."),
        (ok.build_schedule, 0.1, "must be a schedule spec"),
    ],
)
def test_refuses_what_is_no_spec_of_its_kind(build: Callable[[Any], Any], data: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        build(data)


def test_no_accumulation_is_what_one_step_of_it_means() -> None:
    # Keras itself refuses 1.
    assert ok.build_optimizer(ok.SGDSpec(gradient_accumulation_steps=1)).gradient_accumulation_steps is None
    assert ok.build_optimizer(ok.SGDSpec(gradient_accumulation_steps=2)).gradient_accumulation_steps == 2
