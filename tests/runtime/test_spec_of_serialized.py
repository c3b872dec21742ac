"""spec_of: what Keras serializes gives the same spec as the object itself."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from how_many import examples
from hypothesis import example, given, reject
from hypothesis import strategies as st
from installed_keras import can_build
from pydantic import ValidationError
from strategies import OPTIMIZERS, SCHEDULES

from keras_optkit import (
    AdamSpec,
    CosineDecaySpec,
    MuonSpec,
    OptimizerSpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    SGDSpec,
    WarmupSpec,
    build_optimizer,
    build_schedule,
    compile_with,
    load_spec,
    spec_of,
)
from keras_optkit.runtime.grouped import GROUPED
from keras_optkit.runtime.schedule import PiecewiseConstantTable, SpecSchedule
from keras_optkit.specs import keras_classes

KNOWN = {cls: made for cls, made in OPTIMIZERS.items() if can_build(cls)}
WARM = WarmupSpec(schedule=CosineDecaySpec(initial_learning_rate=0.3, decay_steps=90), warmup_steps=10)
LONG = PiecewiseConstantDecaySpec(boundaries=range(1, 21), values=[1 / (i + 1) for i in range(21)])
GROUPS = [ParamGroup(match="dense/", learning_rate_multiplier=0.1), ParamGroup(match="head/", weight_decay=0.2)]


def in_steps(spec: Any) -> Any:
    """``spec`` with its durations in steps. One that does not fit into this run is no example."""
    try:
        return spec.resolve(steps_per_epoch=1000, epochs=30)
    except ValueError:
        reject()


def written(form: Any) -> Any:
    """``form`` as a file holds it."""
    return json.loads(json.dumps(form))


@pytest.mark.parametrize("cls", KNOWN)
@examples(15)
@given(data=st.data())
def test_what_keras_serializes_of_any_optimizer_is_read_as_the_optimizer(cls: type[OptimizerSpec], data: Any) -> None:
    optimizer = build_optimizer(in_steps(data.draw(KNOWN[cls])))
    spec = spec_of(optimizer)
    assert spec_of(written(keras.optimizers.serialize(optimizer))) == spec
    # A .h5 file holds the registered name and the config alone.
    name = keras.saving.get_registered_name(type(optimizer))
    assert spec_of({"class_name": name, "config": written(keras.optimizers.serialize(optimizer))["config"]}) == spec
    scaled = keras.optimizers.LossScaleOptimizer(build_optimizer(spec.replace(loss_scale_factor=None)))
    assert spec_of(written(keras.optimizers.serialize(scaled))) == spec_of(scaled)


@examples(40)
@given(st.one_of(*SCHEDULES.values()))
@example(LONG)
@example(WARM)
def test_what_keras_serializes_of_any_schedule_is_read_as_the_schedule(spec: Any) -> None:
    schedule = build_schedule(in_steps(spec))
    assert spec_of(written(keras.optimizers.schedules.serialize(schedule))) == spec_of(schedule)


@pytest.mark.parametrize(
    "spec",
    [
        SGDSpec(learning_rate=LONG, groups=GROUPS),
        AdamSpec(learning_rate=WARM, weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm"], groups=GROUPS),
        AdamSpec(use_ema=True, ema_overwrite_frequency=5, clipnorm=1),
    ],
    ids=["table", "groups", "average"],
)
def test_a_whole_model_is_read_for_its_optimizer(spec: Any) -> None:
    stack = [keras.layers.Input((2,)), keras.layers.Dense(2, name="dense"), keras.layers.Dense(1, name="head")]
    model = compile_with(keras.Sequential(stack), spec, loss="mse")
    assert spec_of(json.loads(model.to_json())) == spec_of(model) == spec


def test_the_classes_of_this_package_have_the_names_by_which_they_are_read() -> None:
    names = {SpecSchedule: keras_classes.SPEC_SCHEDULE, PiecewiseConstantTable: keras_classes.PIECEWISE_CONSTANT_TABLE}
    for cls in (*names, *GROUPED.values()):
        name = names.get(cls, cls.__name__)
        assert cls.__name__ == name
        assert keras.saving.get_registered_name(cls) == f"{keras_classes.PACKAGE}>{name}"


def test_tensors_and_arrays_are_read_as_they_are_and_as_keras_marks_them() -> None:
    serialize = keras.saving.serialize_keras_object
    pieces = keras.optimizers.schedules.PiecewiseConstantDecay((10, 20), np.array([0.5, 0.25, 0.125]))
    form = serialize(pieces)
    marked = {name: serialize(value) for name, value in form["config"].items()}
    assert marked["values"]["class_name"] == "__numpy__"
    spec = PiecewiseConstantDecaySpec(boundaries=[10, 20], values=[0.5, 0.25, 0.125])
    assert spec_of(form) == spec_of(written({**form, "config": marked})) == spec

    form = serialize(keras.optimizers.schedules.CosineDecay(0.1, keras.ops.convert_to_tensor(100)))
    marked = {name: serialize(value) for name, value in form["config"].items()}
    assert marked["decay_steps"]["class_name"] == "__tensor__"
    spec = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=100)
    assert spec_of(form) == spec_of(written({**form, "config": marked})) == spec


@pytest.mark.parametrize("form", [lambda optimizer: optimizer, keras.optimizers.serialize], ids=["object", "form"])
def test_a_loss_scale_that_no_spec_holds_is_an_error(form: Any) -> None:
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=1024.0)
    with pytest.raises(ValidationError, match=re.escape("no spec has the 'initial_scale' of a LossScaleOptimizer")):
        spec_of(form(optimizer))
    assert spec_of(form(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()))) == SGDSpec()


@pytest.mark.parametrize(
    "name",
    [
        "keras_3_0_adamw.keras",
        "keras_3_0_rmsprop_average.h5",
        "keras_3_5_scaled_lion.keras",
        "keras_3_10_scaled_sgd.h5",
        "keras_3_15_grouped.keras",
        "keras_3_15_grouped.h5",
    ],
)
def test_a_saved_model_is_read_as_the_model_that_keras_loads(name: str) -> None:
    saved_by = tuple(map(int, re.findall(r"\d+", name)[:2]))
    if saved_by > tuple(map(int, keras.__version__.split(".")[:2])):
        pytest.skip("the installed Keras is older than the file")
    path = Path(__file__).parent.parent / "saved_models" / name
    if name.endswith(".h5"):
        # Keras 3 does not find the loss that it wrote into the file itself.
        model = keras.models.load_model(path, custom_objects={"mse": keras.losses.mean_squared_error})
    else:  # the weights are not kept
        with zipfile.ZipFile(path) as archive:
            model = keras.saving.deserialize_keras_object(json.loads(archive.read("config.json")))
    assert load_spec(path) == spec_of(model)


@pytest.mark.skipif(not can_build(MuonSpec), reason="this Keras has no such Muon")
def test_muon_as_keras_writes_it_is_read() -> None:
    assert spec_of(written(keras.optimizers.serialize(keras.optimizers.Muon()))) == MuonSpec()
