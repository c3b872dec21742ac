"""What a user's mistake raises ends at the line that calls the package."""

from __future__ import annotations

import inspect
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import keras_optkit
from keras_optkit import (
    AdamSpec,
    ConstantSpec,
    CosineDecaySpec,
    OptimizerSpec,
    ParamGroup,
    ScheduleSpec,
    SGDSpec,
    WarmupSpec,
    build_optimizer,
    build_schedule,
    compile_with,
    describe,
    layerwise_groups,
    learning_rates,
    load_spec,
    parse_spec,
    plot_schedule,
    register_spec,
    run_of,
    save_spec,
    scale_learning_rate,
    spec_of,
)
from keras_optkit.specs.tracebacks import short_traceback

EPOCHS = WarmupSpec(schedule=CosineDecaySpec(initial_learning_rate=0.1, decay_steps="9 epochs"), warmup_steps=1)
DEEP = {"type": "SGD", "learning_rate": {"type": "Warmup", "warmup_steps": 1, "schedule": {"type": "Constant"}}}


def _model() -> keras.Model:
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])


MISTAKES: dict[str, list[Callable[[], Any]]] = {
    "parse_spec": [lambda: parse_spec("adma"), lambda: parse_spec({"lr": 1}), lambda: parse_spec(DEEP)],
    "register_spec": [lambda: register_spec(dict)],
    "scale_learning_rate": [lambda: scale_learning_rate("adma", 2), lambda: scale_learning_rate("adam", 0)],
    "load_spec": [lambda: load_spec("none.yaml"), lambda: load_spec("none.txt"), lambda: load_spec("adma.json")],
    "save_spec": [lambda: save_spec(AdamSpec(), "none.txt"), lambda: save_spec(AdamSpec(), "none/adam.json")],
    "build_optimizer": [
        lambda: build_optimizer(SGDSpec(learning_rate=EPOCHS)),
        lambda: build_optimizer(DEEP),
        lambda: build_optimizer("adam", steps_per_epoch=0),
    ],
    "build_schedule": [lambda: build_schedule(EPOCHS), lambda: build_schedule("adam")],
    "compile_with": [
        lambda: compile_with(_model(), SGDSpec(learning_rate=EPOCHS), loss="mse"),
        lambda: compile_with(_model(), SGDSpec(groups=[ParamGroup(match="no")]), loss="mse"),
        lambda: compile_with(_model(), "sgd", los="mse"),
        lambda: compile_with("model", "sgd"),  # type: ignore[type-var]
    ],
    "layerwise_groups": [lambda: layerwise_groups(_model(), 2), lambda: layerwise_groups(_model(), 0.5, by="no")],
    "run_of": [lambda: run_of("data", epochs=5), lambda: run_of(np.zeros(3), epochs=0)],
    "spec_of": [lambda: spec_of(5), lambda: spec_of(_model()), lambda: spec_of(keras.optimizers.Adam(0.0))],
    "describe": [lambda: describe(EPOCHS), lambda: describe("adma")],
    "learning_rates": [lambda: learning_rates(EPOCHS), lambda: learning_rates("adam", -1)],
    "plot_schedule": [lambda: plot_schedule(EPOCHS), lambda: plot_schedule("adma")],
    "json_schema": [],  # takes nothing that could be wrong
    "resolve": [lambda: EPOCHS.resolve(), lambda: SGDSpec(learning_rate=EPOCHS).resolve()],
    "override": [lambda: AdamSpec().override({"lr": 1}), lambda: EPOCHS.override({"schedule.type": "adam"})],
    "replace": [lambda: AdamSpec().replace(lr=1), lambda: EPOCHS.replace(schedule=AdamSpec())],
    "model_validate": [lambda: AdamSpec.model_validate({"lr": 1}), lambda: AdamSpec.model_validate(5)],
    "model_validate of a kind": [lambda: OptimizerSpec.model_validate("adma"), lambda: ScheduleSpec.model_validate(5)],
    "a constructor": [
        lambda: AdamSpec(learning_rate=-1),
        lambda: SGDSpec(learning_rate=DEEP),  # type: ignore[arg-type]
        lambda: AdamSpec(0.001),  # type: ignore[call-arg]
        lambda: ParamGroup(match="*"),
        lambda: OptimizerSpec(),  # type: ignore[call-arg]
    ],
    "an assignment": [lambda: setattr(AdamSpec(), "learning_rate", 1)],
}


def _frames(call: Callable[[], Any]) -> list[str]:
    """The functions of this package and of pydantic between ``call`` and the exception that it raises."""
    with pytest.raises((ValueError, TypeError, OSError)) as caught:
        call()
    assert caught.value.__suppress_context__ or caught.value.__context__ is None, "no second traceback above it"
    frames = [frame.f_code for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    after = frames[frames.index(call.__code__) + 1 :]
    return [code.co_qualname for code in after]


@pytest.mark.parametrize(("name", "call"), [(name, call) for name, calls in MISTAKES.items() for call in calls])
def test_at_most_three_frames_are_between_the_users_line_and_the_message(
    name: str, call: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("adma.json").write_text('{"type": "adma"}')
    assert len(_frames(call)) <= (0 if name in keras_optkit.__all__ else 3)


def test_every_public_function_is_among_them() -> None:
    functions = {name for name in keras_optkit.__all__ if inspect.isfunction(getattr(keras_optkit, name))}
    assert functions <= MISTAKES.keys()


# What a function of somebody else's raises


class _OwnSpec(ScheduleSpec):
    def value(self, step: Any, xp: Any = np) -> Any:
        raise ValueError("of my own")


def test_what_a_formula_of_the_users_own_raises_keeps_its_frames() -> None:
    frames = _frames(lambda: learning_rates(_OwnSpec(), 5))
    assert frames[-1] == "_OwnSpec.value"
    assert len(frames) > 2


def test_what_keras_raises_keeps_its_frames() -> None:
    with pytest.raises(ValueError, match="mean_squared") as caught:
        compile_with(_model(), "sgd", loss="mean_squared").fit(np.zeros((2, 3)), np.zeros((2, 1)), verbose=0)
    assert "keras" in str(traceback.extract_tb(caught.value.__traceback__)[-1].filename)


def test_a_defect_of_this_package_is_shown_whole() -> None:
    @short_traceback
    def of_ours() -> None:
        eval("{}['missing']", {"__name__": "keras_optkit.somewhere"})

    with pytest.raises(KeyError) as caught:
        of_ours()
    assert len(traceback.extract_tb(caught.value.__traceback__)) == 4


def test_notes_and_the_cause_of_an_error_stay() -> None:
    source = (
        "def of_ours():\n"
        "    error = ValueError('wrong')\n"
        "    error.add_note('a note')\n"
        "    raise error from KeyError('cause')"
    )
    room: dict[str, Any] = {"__name__": "keras_optkit.somewhere"}
    exec(source, room)
    with pytest.raises(ValueError, match="wrong") as caught:
        short_traceback(room["of_ours"])()
    assert len(traceback.extract_tb(caught.value.__traceback__)) == 1
    assert caught.value.__notes__ == ["a note"]
    assert isinstance(caught.value.__cause__, KeyError)


# What is called stays what it is


def test_a_public_function_keeps_its_name_its_signature_and_its_docstring() -> None:
    assert compile_with.__name__ == "compile_with"
    assert list(inspect.signature(compile_with).parameters)[:3] == ["model", "spec", "steps_per_epoch"]
    assert list(inspect.signature(AdamSpec().override).parameters) == ["changes"]
    for name in MISTAKES.keys() & set(keras_optkit.__all__):
        assert inspect.getdoc(getattr(keras_optkit, name))


def test_warnings_are_still_at_the_users_line() -> None:
    decay = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=20)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        build_schedule(decay, steps_per_epoch=57, epochs=20)
        SGDSpec(learning_rate=ConstantSpec(learning_rate=0.1))
    assert [warning.filename for warning in caught] == [__file__]
