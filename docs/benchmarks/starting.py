"""What it costs to start: whole processes, beside those that only import what everybody imports."""

from __future__ import annotations

import tempfile
from pathlib import Path

from timing import Figure, Measured, compared, process

NESTED = (
    '{"type": "SGD", "momentum": 0.9, "learning_rate": '
    '{"type": "ExponentialDecay", "initial_learning_rate": 0.01, "decay_steps": 1000, "decay_rate": 0.9}}'
)
VALIDATE = f"""
import sys
from keras_optkit import SGDSpec
SGDSpec.model_validate_json('{NESTED}')
assert not {{"keras", "tensorflow", "numpy"}} & sys.modules.keys()
"""
PEERS = {
    "a process that uses pydantic": """
from pydantic import BaseModel
class Plain(BaseModel):
    momentum: float
Plain.model_validate_json('{"momentum": 0.9}')
""",
    "import keras": "import keras",
}


def measured(*arguments: object) -> Measured:
    return compared(
        process(*arguments),
        {name: process("-c", code) for name, code in PEERS.items()},
        rounds=5,
    )


def command(suffix: str, name: str, *options: str) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"spec{suffix}")
        path.write_text(NESTED)  # JSON is YAML
        return measured("-m", "keras_optkit", name, path, *options)


def aims(beside_pydantic: float | None) -> dict[str, float | None]:
    return dict(zip(PEERS, (beside_pydantic, None), strict=True))


FIGURES = [
    Figure(
        "import and validate a nested spec, in a new process",
        aims(1.25),
        lambda: measured("-c", VALIDATE),
    ),
    Figure("`keras-optkit check spec.json`", aims(1.6), lambda: command(".json", "check")),
    Figure("`keras-optkit check spec.yaml`", aims(None), lambda: command(".yaml", "check")),
    Figure(
        "`keras-optkit show spec.json`, which computes the curve",
        aims(None),
        lambda: command(".json", "show", "--steps-per-epoch", "100", "--epochs", "20"),
    ),
]
