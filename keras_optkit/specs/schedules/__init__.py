"""All learning-rate schedules."""

from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.schedules.clamp import ClampSpec
from keras_optkit.specs.schedules.constant import ConstantSpec
from keras_optkit.specs.schedules.cosine_decay import CosineDecaySpec
from keras_optkit.specs.schedules.cosine_decay_restarts import CosineDecayRestartsSpec
from keras_optkit.specs.schedules.cyclical import CyclicalSpec
from keras_optkit.specs.schedules.exponential_decay import ExponentialDecaySpec
from keras_optkit.specs.schedules.inverse_sqrt_decay import InverseSqrtDecaySpec
from keras_optkit.specs.schedules.inverse_time_decay import InverseTimeDecaySpec
from keras_optkit.specs.schedules.join import JoinSpec
from keras_optkit.specs.schedules.one_cycle import OneCycleSpec
from keras_optkit.specs.schedules.piecewise_constant_decay import PiecewiseConstantDecaySpec
from keras_optkit.specs.schedules.polynomial_decay import PolynomialDecaySpec
from keras_optkit.specs.schedules.ramp import RampSpec
from keras_optkit.specs.schedules.staircase import StaircaseSpec
from keras_optkit.specs.schedules.warmup import WarmupSpec
from keras_optkit.specs.schedules.warmup_stable_decay import WarmupStableDecaySpec

__all__ = [
    "ClampSpec",
    "ConstantSpec",
    "CosineDecayRestartsSpec",
    "CosineDecaySpec",
    "CyclicalSpec",
    "ExponentialDecaySpec",
    "InverseSqrtDecaySpec",
    "InverseTimeDecaySpec",
    "JoinSpec",
    "OneCycleSpec",
    "PiecewiseConstantDecaySpec",
    "PolynomialDecaySpec",
    "RampSpec",
    "ScheduleSpec",
    "StaircaseSpec",
    "WarmupSpec",
    "WarmupStableDecaySpec",
]
