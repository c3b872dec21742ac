"""A saved model with a schedule of ours loads wherever keras_optkit was imported: shown in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from keras_optkit import RampSpec, SGDSpec, compile_with

ROOT = Path(__file__).parents[2]
RAMP = RampSpec(initial_learning_rate=1, end_learning_rate=3, steps=2)

CALLBACK = "print(issubclass(keras_optkit.LearningRateMonitor, keras.callbacks.Callback))"
LIGHT = "assert not {'keras', 'tensorflow'} & sys.modules.keys()"
SHOW = "schedule = load(PATH).optimizer._learning_rate; print(type(schedule).__name__, float(schedule(1)))"
#: What a program does, line by line, and what it prints. (Few, because each has to import TensorFlow.)
PROGRAMS = {
    "keras_optkit before keras": (
        ["import keras_optkit", LIGHT, "import keras", CALLBACK, "load = keras.models.load_model", SHOW],
        "True\nSpecSchedule 2.0\n",
    ),
    "keras_optkit before tensorflow": (
        ["import keras_optkit", LIGHT, "import tensorflow as tf", "load = tf.keras.models.load_model", SHOW],
        "SpecSchedule 2.0\n",
    ),
    "keras_optkit after tensorflow and keras": (
        [
            "import tensorflow as tf, keras",
            "load = tf.keras.models.load_model",
            "try: load(PATH)",
            "except TypeError as error: print(\"Could not locate class 'SpecSchedule'\" in str(error))",
            "print(load(PATH, compile=False).count_params())",
            "import keras_optkit",
            CALLBACK,
            SHOW,
        ],
        "True\n3\nTrue\nSpecSchedule 2.0\n",
    ),
}


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """The programs, all at work at the same time on one saved model."""
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    compile_with(model, SGDSpec(learning_rate=RAMP), loss="mse").save(path)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = {
        name: subprocess.Popen(
            [sys.executable, "-c", "\n".join(["import sys", f"PATH = {str(path)!r}", *lines])],
            cwd=ROOT,
            text=True,
            **pipes,
        )
        for name, (lines, _) in PROGRAMS.items()
    }
    yield started
    for process in started.values():
        if process.poll() is None:  # because its test was not run
            process.kill()
            process.communicate()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_saved_model_loads_in_a_program_that_imports(name, processes):
    printed, errors = processes[name].communicate()
    assert printed == PROGRAMS[name][1], errors
    assert processes[name].returncode == 0
