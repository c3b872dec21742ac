"""Makes the saved models of this directory with the Keras that is installed: ``python make.py``.

Of a .keras file only the JSON is kept. The tests have the specs of these models, written by hand from this script.
"""

import os
import zipfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

try:
    import keras
except ImportError:
    keras = tf.keras
VERSION = keras.__version__ if hasattr(keras, "__version__") else tf.keras.__version__
IS_2 = VERSION.startswith("2")
K = tf.keras if IS_2 else keras
optimizers, schedules = K.optimizers, K.optimizers.schedules
HERE = Path(__file__).resolve().parent


def save(name, optimizer):
    """Saves a new model, since Keras 3 forgets the optimizer of one that it has saved as .h5."""
    first = K.layers.InputLayer((3,)) if IS_2 else K.layers.Input((3,))
    model = K.Sequential([first, K.layers.Dense(2)])
    if optimizer is not None:
        model.compile(optimizer=optimizer, loss="mse")
    path = HERE / f"keras_{'_'.join(VERSION.split('.')[:2])}_{name}"
    model.save(str(path))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as saved:
            kept = {member: saved.read(member) for member in ("metadata.json", "config.json")}
        with zipfile.ZipFile(path, "w") as stripped:
            for member, content in kept.items():
                stripped.writestr(member, content)


def adamw():
    cosine = schedules.CosineDecay(0.001, 100, warmup_target=0.01, warmup_steps=10)
    return optimizers.AdamW(cosine, weight_decay=0.05, global_clipnorm=1.0)


if VERSION.startswith("2.4"):
    save("adam_decay.h5", optimizers.Adam(0.002, decay=0.01))
    save("sgd_lr.keras", optimizers.SGD(lr=0.05, momentum=0.9, nesterov=True))  # HDF5 too
    save(
        "rmsprop_exponential.hdf5",
        optimizers.RMSprop(schedules.ExponentialDecay(0.01, 100, 0.9, staircase=True), centered=True),
    )
    save("nadam.h5", optimizers.Nadam())
elif IS_2:
    scaled = K.mixed_precision.LossScaleOptimizer
    save("adam_decay.keras", optimizers.legacy.Adam(0.002, decay=0.01))
    save("adamw.keras", adamw())
    save("adamw.h5", adamw())
    save("rmsprop_by_name.keras", "rmsprop")
    save("fixed_scale.keras", scaled(optimizers.legacy.SGD(0.1), dynamic=False, initial_scale=128.0))
    save("dynamic_scale.h5", scaled(optimizers.Adam(0.003)))
else:
    save("adamw.keras", adamw())
    pieces = schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001])
    if VERSION.startswith("3.0"):
        save("rmsprop_average.h5", optimizers.RMSprop(pieces, momentum=0.9, use_ema=True))
        save("rmsprop.keras", optimizers.RMSprop(0.0003))
    if VERSION.startswith("3.5"):
        save("scaled_lion.keras", optimizers.LossScaleOptimizer(optimizers.Lion(0.0003, loss_scale_factor=None)))
    if VERSION.startswith("3.10"):
        save("scaled_sgd.h5", optimizers.LossScaleOptimizer(optimizers.SGD(pieces, momentum=0.9, nesterov=True)))
        save("muon.keras", optimizers.Muon())
    if VERSION.startswith("3.15"):
        import keras_optkit as ok

        warm = ok.WarmupSpec(schedule=ok.CosineDecaySpec(initial_learning_rate=0.1, decay_steps=90), warmup_steps=10)
        groups = [ok.ParamGroup(match="dense", learning_rate_multiplier=0.5)]
        grouped = ok.AdamWSpec(learning_rate=warm, exclude_from_weight_decay=["bias_and_norm"], groups=groups)
        save("grouped.keras", ok.build_optimizer(grouped))
        save("grouped.h5", ok.build_optimizer(grouped))
        save("schedule_free.keras", ok.build_optimizer(ok.ScheduleFreeAdamWSpec(learning_rate=0.01)))
        save("not_compiled.keras", None)
