"""All optimizers."""

from keras_optkit.specs.optimizers.adadelta import AdadeltaSpec
from keras_optkit.specs.optimizers.adafactor import AdafactorSpec
from keras_optkit.specs.optimizers.adagrad import AdagradSpec
from keras_optkit.specs.optimizers.adam import AdamSpec
from keras_optkit.specs.optimizers.adamax import AdamaxSpec
from keras_optkit.specs.optimizers.adamw import AdamWSpec
from keras_optkit.specs.optimizers.base import OptimizerSpec
from keras_optkit.specs.optimizers.ftrl import FtrlSpec
from keras_optkit.specs.optimizers.lamb import LambSpec
from keras_optkit.specs.optimizers.lion import LionSpec
from keras_optkit.specs.optimizers.muon import MuonSpec
from keras_optkit.specs.optimizers.nadam import NadamSpec
from keras_optkit.specs.optimizers.rmsprop import RMSpropSpec
from keras_optkit.specs.optimizers.schedule_free_adamw import ScheduleFreeAdamWSpec
from keras_optkit.specs.optimizers.sgd import SGDSpec

__all__ = [
    "AdadeltaSpec",
    "AdafactorSpec",
    "AdagradSpec",
    "AdamSpec",
    "AdamWSpec",
    "AdamaxSpec",
    "FtrlSpec",
    "LambSpec",
    "LionSpec",
    "MuonSpec",
    "NadamSpec",
    "OptimizerSpec",
    "RMSpropSpec",
    "SGDSpec",
    "ScheduleFreeAdamWSpec",
]
