"""Install each build in dist/ into a fresh environment, as users do, and use it: check specs, then train with one.

The wheel is installed alone, the source distribution with the extras that are given: `try_builds.py yaml,toml`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
SCHEDULE = '{"type": "Ramp", "initial_learning_rate": 0.1, "end_learning_rate": 0, "steps": "2 epochs"}'
FILES = {
    "spec.json": f'{{"type": "SGD", "learning_rate": {SCHEDULE}}}',
    "spec.toml": 'type = "Adam"\nlearning_rate = 0.1\n',
    "spec.yaml": "type: AdamW\nlearning_rate: 0.1\nexclude_from_weight_decay: [bias_and_norm]\n",
    "wrong.json": '{"type": "SGD", "momentum": 1}',
}
TRAIN = """
import sys
from pathlib import Path

import keras_optkit

assert not {"keras", "tensorflow", "numpy"} & sys.modules.keys(), "the import is not light"
assert Path(keras_optkit.__file__).with_name("py.typed").is_file(), "py.typed is missing"

import keras
import numpy as np
from keras_optkit import compile_with, load_spec, run_of, spec_of

spec = load_spec("spec.json")
x, y = np.ones((8, 2)), np.ones((8, 1))
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
compile_with(model, spec, **run_of(x, epochs=5, batch_size=2), loss="mse")
before, *_, after = model.fit(x, y, epochs=5, batch_size=2, verbose=0).history["loss"]
assert after < before, "the loss does not fall"
model.save("model.keras")
assert spec_of(keras.models.load_model("model.keras")).learning_rate.steps == 8
"""


def run(folder: str, *command: object) -> str:
    """What ``command`` prints in ``folder``, where nothing of this checkout can be imported."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    line = list(map(str, command))
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return f"{done.stdout}{done.stderr}exit status {done.returncode}"


def expect(words: str, printed: str) -> None:
    """Stop unless ``printed`` has these ``words``."""
    if words not in printed:
        sys.exit(f"expected {words!r} in:\n{printed}")


def try_build(build: Path, extras: str) -> None:
    """Stop if ``build`` cannot be installed with these ``extras`` and used."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        python = Path(folder, "venv/bin/python")
        expect("status 0", run(folder, UV, "venv", "--python", sys.executable, "venv"))
        expect("status 0", run(folder, UV, "pip", "install", "--python", python, f"{build}{extras}"))
        check = python.with_name("keras-optkit"), "check"
        expect("status 0", run(folder, *check, "spec.json", "spec.toml"))
        expect("momentum: must be in [0, 1), received 1", run(folder, *check, "wrong.json"))
        expect("status 0" if extras else "pip install 'keras_optkit[yaml]'", run(folder, *check, "spec.yaml"))
        expect("status 0", run(folder, python, "-c", TRAIN))


def main() -> None:
    """Try the wheel and the source distribution."""
    (wheel,), (source,) = (list(ROOT.glob(f"dist/keras_optkit-*{suffix}")) for suffix in (".whl", ".tar.gz"))
    for build, extras in ((wheel, ""), (source, f"[{sys.argv[1]}]")):
        try_build(build, extras)
        print(f"{build.name}{extras} can be installed, checks specs and trains")


if __name__ == "__main__":
    main()
