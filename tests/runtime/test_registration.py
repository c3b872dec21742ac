"""A saved model with a schedule of ours loads wherever keras_optkit was imported: shown in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import pytest

from keras_optkit import RampSpec, SGDSpec, compile_with

ROOT = Path(__file__).parents[2]
RAMP = RampSpec(initial_learning_rate=1, end_learning_rate=3, steps=2)

NOTHING_HEAVY = "assert not {'keras', 'tensorflow'} & sys.modules.keys()"
LOAD = "model = keras.models.load_model(PATH)"
#: The lines of a program that loads a model, by what it does in which order.
ORDERS = {
    "keras_optkit, then keras": ["import keras_optkit", NOTHING_HEAVY, "import keras", LOAD],
    "keras, then keras_optkit": ["import keras", "import keras_optkit", LOAD],
    "keras_optkit, then tensorflow": ["import keras_optkit", NOTHING_HEAVY, "import tensorflow as tf", LOAD],
    "tensorflow, then keras_optkit": ["import tensorflow as tf", "import keras_optkit", LOAD],
    "keras_optkit after tf.keras was used": ["import tensorflow as tf", "tf.keras.Model", "import keras_optkit", LOAD],
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    compile_with(model, SGDSpec(learning_rate=RAMP), loss="mse").save(path)
    return path


def run(lines: list[str], path: Path) -> subprocess.CompletedProcess[str]:
    uses_tf = any("tensorflow" in line for line in lines)
    load = [line.replace("keras.models", "tf.keras.models") if uses_tf and line == LOAD else line for line in lines]
    script = "\n".join(["import sys", f"PATH = {str(path)!r}", *load])
    return subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("order", ORDERS)
def test_a_model_loads_after_importing(order, saved):
    check = "schedule = model.optimizer._learning_rate; print(type(schedule).__name__, float(schedule(1)))"
    done = run([*ORDERS[order], check], saved)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "SpecSchedule 2.0\n"


def test_without_keras_optkit_keras_says_that_it_does_not_know_the_class(saved):
    done = run(["import keras", LOAD], saved)
    assert done.returncode == 1
    assert "TypeError: Could not locate class 'SpecSchedule'" in done.stderr
    assert "keras_optkit" in done.stderr


def test_without_keras_optkit_a_model_loads_if_it_is_not_to_be_trained(saved):
    done = run(["import keras", LOAD.replace("PATH", "PATH, compile=False"), "print(model.count_params())"], saved)
    assert done.stdout == "3\n", done.stderr
