"""What the tests of saved models share: the models in ``saved_models``, and files made here."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from keras_optkit import (
    AdamSpec,
    AdamWSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    InverseTimeDecaySpec,
    LionSpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    RMSpropSpec,
    ScheduleFreeAdamWSpec,
    SGDSpec,
    SpecFileError,
    WarmupSpec,
    load_spec,
)

SAVED = Path(__file__).with_name("saved_models")
COSINE = CosineDecaySpec(initial_learning_rate=0.001, decay_steps=100, warmup_target=0.01, warmup_steps=10)
ADAMW = AdamWSpec(learning_rate=COSINE, weight_decay=0.05, global_clipnorm=1)
PIECES = PiecewiseConstantDecaySpec(boundaries=[10, 20], values=[0.1, 0.01, 0.001])
DECAYED = AdamSpec(learning_rate=InverseTimeDecaySpec(initial_learning_rate=0.002, decay_steps=1, decay_rate=0.01))
WARM = WarmupSpec(schedule=CosineDecaySpec(initial_learning_rate=0.1, decay_steps=90), warmup_steps=10)
GROUPED = AdamWSpec(
    learning_rate=WARM,
    exclude_from_weight_decay=["bias_and_norm"],
    groups=[ParamGroup(match="dense", learning_rate_multiplier=0.5)],
)
#: What tests/saved_models/make.py asked each Keras for.
SPECS = {
    "keras_2_4_adam_decay.h5": DECAYED,
    "keras_2_4_sgd_lr.keras": SGDSpec(learning_rate=0.05, momentum=0.9, nesterov=True),
    "keras_2_4_rmsprop_exponential.hdf5": RMSpropSpec(
        learning_rate=ExponentialDecaySpec(initial_learning_rate=0.01, decay_steps=100, decay_rate=0.9, staircase=True),
        centered=True,
    ),
    "keras_2_15_adam_decay.keras": DECAYED,
    "keras_2_15_adamw.keras": ADAMW,
    "keras_2_15_adamw.h5": ADAMW,
    "keras_2_15_rmsprop_by_name.keras": RMSpropSpec(),
    "keras_2_15_fixed_scale.keras": SGDSpec(learning_rate=0.1, loss_scale_factor=128),
    "keras_2_15_dynamic_scale.h5": AdamSpec(learning_rate=0.003),
    "keras_3_0_adamw.keras": ADAMW,
    "keras_3_0_rmsprop.keras": RMSpropSpec(learning_rate=0.0003),
    "keras_3_0_rmsprop_average.h5": RMSpropSpec(
        learning_rate=PIECES, momentum=0.9, use_ema=True, ema_overwrite_frequency=100
    ),
    "keras_3_5_adamw.keras": ADAMW,
    "keras_3_5_scaled_lion.keras": LionSpec(learning_rate=0.0003),
    "keras_3_10_adamw.keras": ADAMW,
    "keras_3_10_scaled_sgd.h5": SGDSpec(learning_rate=PIECES, momentum=0.9, nesterov=True),
    "keras_3_15_adamw.keras": ADAMW,
    "keras_3_15_grouped.keras": GROUPED,
    "keras_3_15_grouped.h5": GROUPED,
    "keras_3_15_schedule_free.keras": ScheduleFreeAdamWSpec(learning_rate=0.01),
}
ERRORS = {
    "keras_2_4_nadam.h5": "decay: in Keras 2, decay=0.004 of Nadam set how fast its momentum grows",
    "keras_3_10_muon.keras": "rms_rate: Muon before Keras 3.13 scales its steps in a way",
    "keras_3_15_not_compiled.keras": "has no optimizer: the model was not compiled, or was saved without it",
}


def config(optimizer: Any) -> bytes:
    model = {"class_name": "Sequential", "config": {}, "compile_config": {"optimizer": optimizer, "loss": "mse"}}
    return json.dumps(model).encode()


SGD = {"class_name": "SGD", "config": {"learning_rate": 0.5}}
GOOD = config(SGD)


def zipped(*members: tuple[str, bytes], **how: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **how) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def is_one_clear_error(path: Path, content: bytes, words: str) -> None:
    """The file gets one line with those words, soon, without filling the memory and without leaving anything."""
    path.write_bytes(content)
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(SpecFileError, match=words) as raised:
        load_spec(path)
    seconds = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (line,) = raised.value.lines
    assert line.startswith(f"{path}: ")
    assert len(line) < 1000
    assert seconds < 5
    assert peak < 150_000_000
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]  # nothing is extracted
