"""The optimizer part of a Keras training run, said as data.

A spec says what is wanted, and is checked when it is written; ``build_optimizer`` and ``compile_with`` make it, as a
native Keras object. Importing this package imports neither keras nor tensorflow.
"""

from keras_optkit.runtime.compiling import compile_with
from keras_optkit.runtime.factory import build_optimizer, build_schedule
from keras_optkit.specs.optimizers import AdamSpec, OptimizerSpec, SGDSpec
from keras_optkit.specs.parsing import parse_spec
from keras_optkit.specs.registry import register_spec
from keras_optkit.specs.schedules import (
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    InverseTimeDecaySpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    ScheduleSpec,
)

__version__ = "0.1.0"

__all__ = [
    "AdamSpec",
    "CosineDecayRestartsSpec",
    "CosineDecaySpec",
    "ExponentialDecaySpec",
    "InverseTimeDecaySpec",
    "OptimizerSpec",
    "PiecewiseConstantDecaySpec",
    "PolynomialDecaySpec",
    "SGDSpec",
    "ScheduleSpec",
    "build_optimizer",
    "build_schedule",
    "compile_with",
    "parse_spec",
    "register_spec",
]
