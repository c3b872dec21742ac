"""Describe the optimizer of a Keras training run as small, typed, validated values.

A spec is plain data, validated on creation. ``build_optimizer`` and ``compile_with`` build the native Keras object from
it. Importing this package imports neither keras nor tensorflow.
"""

from typing import TYPE_CHECKING

from keras_optkit.runtime.registration import register_when_keras_is_imported as _register_when_keras_is_imported
from keras_optkit.specs.base import Spec as _Spec
from keras_optkit.specs.base import register_spec
from keras_optkit.specs.durations import Duration
from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.optimizers.adadelta import AdadeltaSpec
from keras_optkit.specs.optimizers.adafactor import AdafactorSpec
from keras_optkit.specs.optimizers.adagrad import AdagradSpec
from keras_optkit.specs.optimizers.adam import AdamSpec
from keras_optkit.specs.optimizers.adamax import AdamaxSpec
from keras_optkit.specs.optimizers.adamw import AdamWSpec
from keras_optkit.specs.optimizers.ftrl import FtrlSpec
from keras_optkit.specs.optimizers.lamb import LambSpec
from keras_optkit.specs.optimizers.lion import LionSpec
from keras_optkit.specs.optimizers.muon import MuonSpec
from keras_optkit.specs.optimizers.nadam import NadamSpec
from keras_optkit.specs.optimizers.rmsprop import RMSpropSpec
from keras_optkit.specs.optimizers.schedule_free_adamw import ScheduleFreeAdamWSpec
from keras_optkit.specs.optimizers.sgd import SGDSpec
from keras_optkit.specs.parsing import parse_spec
from keras_optkit.specs.schedules import (
    ClampSpec,
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    CyclicalSpec,
    ExponentialDecaySpec,
    InverseSqrtDecaySpec,
    InverseTimeDecaySpec,
    JoinSpec,
    OneCycleSpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleSpec,
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
)

if TYPE_CHECKING:
    from keras_optkit.files import load_spec, save_spec
    from keras_optkit.formats.findings import SpecFileError
    from keras_optkit.preview import describe, learning_rates, plot_schedule
    from keras_optkit.runtime.compiling import compile_with
    from keras_optkit.runtime.factory import build_optimizer, build_schedule
    from keras_optkit.runtime.layerwise import layerwise_groups
    from keras_optkit.runtime.monitor import LearningRateMonitor
    from keras_optkit.runtime.run_length import run_of
    from keras_optkit.runtime.spec_of import spec_of
    from keras_optkit.runtime.warning import OptimizerWarning
    from keras_optkit.schema import json_schema
    from keras_optkit.specs.scaling import scale_learning_rate
else:
    # What is done with specs is imported when it is first asked for. A process that only validates one then takes
    # 150 ms instead of 165, of which pydantic takes 117.
    _MODULES = {
        "LearningRateMonitor": "runtime.monitor",
        "OptimizerWarning": "runtime.warning",
        "SpecFileError": "formats.findings",
        "build_optimizer": "runtime.factory",
        "build_schedule": "runtime.factory",
        "compile_with": "runtime.compiling",
        "describe": "preview",
        "json_schema": "schema",
        "layerwise_groups": "runtime.layerwise",
        "learning_rates": "preview",
        "load_spec": "files",
        "plot_schedule": "preview",
        "run_of": "runtime.run_length",
        "save_spec": "files",
        "scale_learning_rate": "specs.scaling",
        "spec_of": "runtime.spec_of",
    }

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = found  # asked for once
        return found

    def __dir__():
        return [*globals(), *_MODULES]  # help() and dir() sort them


_register_when_keras_is_imported()


def _repr_html(self: _Spec) -> str | None:
    """What a notebook shows of a spec. The specs themselves know nothing of pictures."""
    from keras_optkit.preview.notebook import as_html

    return as_html(self)


_Spec._repr_html_ = _repr_html  # type: ignore[method-assign]

__version__ = "0.1.0"

__all__ = [
    "AdadeltaSpec",
    "AdafactorSpec",
    "AdagradSpec",
    "AdamSpec",
    "AdamWSpec",
    "AdamaxSpec",
    "ClampSpec",
    "ConstantSpec",
    "CosineDecayRestartsSpec",
    "CosineDecaySpec",
    "CyclicalSpec",
    "Duration",
    "ExponentialDecaySpec",
    "FtrlSpec",
    "InverseSqrtDecaySpec",
    "InverseTimeDecaySpec",
    "JoinSpec",
    "LambSpec",
    "LearningRateMonitor",
    "LionSpec",
    "MuonSpec",
    "NadamSpec",
    "OneCycleSpec",
    "OptimizerSpec",
    "OptimizerWarning",
    "ParamGroup",
    "PiecewiseConstantDecaySpec",
    "PolynomialDecaySpec",
    "RMSpropSpec",
    "RampSpec",
    "SGDSpec",
    "ScheduleFreeAdamWSpec",
    "ScheduleSpec",
    "SpecFileError",
    "StaircaseSpec",
    "WarmupSpec",
    "WarmupStableDecaySpec",
    "build_optimizer",
    "build_schedule",
    "compile_with",
    "describe",
    "json_schema",
    "layerwise_groups",
    "learning_rates",
    "load_spec",
    "parse_spec",
    "plot_schedule",
    "register_spec",
    "run_of",
    "save_spec",
    "scale_learning_rate",
    "spec_of",
]
