"""What the checkers must see. Read by mypy and pyright, never run: see tests/test_types.py."""

from collections.abc import Mapping
from typing import Any, assert_type

import keras
import numpy as np
from keras.optimizers import schedules
from matplotlib.axes import Axes
from numpy.typing import NDArray

from keras_optkit import (
    AdamSpec,
    ClampSpec,
    ConstantSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    Duration,
    ExponentialDecaySpec,
    InverseTimeDecaySpec,
    JoinSpec,
    OneCycleSpec,
    OptimizerSpec,
    ParamGroup,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    RampSpec,
    ScheduleSpec,
    SGDSpec,
    StaircaseSpec,
    WarmupSpec,
    WarmupStableDecaySpec,
    build_optimizer,
    build_schedule,
    compile_with,
    describe,
    layerwise_groups,
    learning_rates,
    parse_spec,
    plot_schedule,
    register_spec,
    scale_learning_rate,
    spec_of,
)


class Net(keras.Model):
    pass


@register_spec
class MyScheduleSpec(ScheduleSpec):
    rate: float = 0.1

    def value(self, step: Any, xp: Any = np) -> Any:
        return self.rate / (step + 1)


def optimizers(either: SGDSpec | AdamSpec, any_optimizer: OptimizerSpec, data: Mapping[str, Any]) -> None:
    assert_type(build_optimizer(SGDSpec()), keras.optimizers.SGD)
    assert_type(build_optimizer(AdamSpec()), keras.optimizers.Adam)
    assert_type(build_optimizer(either), keras.optimizers.Optimizer)
    assert_type(build_optimizer(any_optimizer), keras.optimizers.Optimizer)
    assert_type(build_optimizer(data), keras.optimizers.Optimizer)
    assert_type(build_optimizer({"type": "Adam", "learning_rate": 0.1}), keras.optimizers.Optimizer)
    assert_type(build_optimizer("adam"), keras.optimizers.Optimizer)


def every_schedule(
    exponential: ExponentialDecaySpec,
    piecewise: PiecewiseConstantDecaySpec,
    polynomial: PolynomialDecaySpec,
    inverse: InverseTimeDecaySpec,
    cosine: CosineDecaySpec,
    restarts: CosineDecayRestartsSpec,
    either: CosineDecaySpec | PolynomialDecaySpec,
    any_schedule: ScheduleSpec,
) -> None:
    assert_type(build_schedule(exponential), schedules.ExponentialDecay)
    assert_type(build_schedule(piecewise), schedules.PiecewiseConstantDecay)
    assert_type(build_schedule(polynomial), schedules.PolynomialDecay)
    assert_type(build_schedule(inverse), schedules.InverseTimeDecay)
    assert_type(build_schedule(cosine), schedules.CosineDecay)
    assert_type(build_schedule(restarts), schedules.CosineDecayRestarts)
    assert_type(build_schedule(either), schedules.LearningRateSchedule)
    assert_type(build_schedule(any_schedule), schedules.LearningRateSchedule)
    assert_type(build_schedule({"type": "CosineDecay"}), schedules.LearningRateSchedule)
    assert_type(build_schedule("cosine_decay"), schedules.LearningRateSchedule)


def own_schedules(warm: WarmupSpec, own: MyScheduleSpec, either: WarmupSpec | CosineDecaySpec) -> None:
    assert_type(build_schedule(ClampSpec(schedule=own, minimum=0.1)), schedules.LearningRateSchedule)
    assert_type(build_schedule(StaircaseSpec(schedule=own), steps_per_epoch=10), schedules.LearningRateSchedule)
    assert_type(build_schedule(warm), schedules.LearningRateSchedule)
    assert_type(build_schedule(own, steps_per_epoch=10, epochs=3), schedules.LearningRateSchedule)
    assert_type(build_schedule(either), schedules.LearningRateSchedule)
    assert_type(build_optimizer(SGDSpec(learning_rate=warm), steps_per_epoch=10, epochs=3), keras.optimizers.SGD)
    assert_type(warm.expand(), JoinSpec)
    assert_type(warm.schedule, ScheduleSpec)


def runs(adam: AdamSpec, warm: WarmupSpec, data: Mapping[str, Any], axes: Axes) -> None:
    assert_type(adam.resolve(steps_per_epoch=10, epochs=3), AdamSpec)
    assert_type(warm.resolve(steps_per_epoch=10), WarmupSpec)
    assert_type(Duration.epochs(0.5), Duration)
    assert_type(Duration.percent(5), Duration)
    assert_type(Duration("5%").amount, float)
    assert_type(learning_rates(adam, steps_per_epoch=10, epochs=3), NDArray[np.float64])
    assert_type(learning_rates(data, 100), NDArray[np.float64])
    assert_type(learning_rates("adam", [0, 10, 20]), NDArray[np.float64])
    assert_type(describe(warm, steps_per_epoch=10, epochs=3), str)
    assert_type(plot_schedule(adam, steps_per_epoch=10, epochs=3, ax=axes), Axes)
    assert_type(scale_learning_rate(adam, 2), AdamSpec)
    assert_type(scale_learning_rate(warm, 0.5), WarmupSpec)
    assert_type(scale_learning_rate(data, 2), OptimizerSpec | ScheduleSpec)


def back(optimizer: keras.optimizers.Optimizer, model: keras.Model, decay: schedules.CosineDecay) -> None:
    assert_type(spec_of(optimizer), OptimizerSpec)
    assert_type(spec_of(model), OptimizerSpec)
    assert_type(spec_of(decay), ScheduleSpec)
    assert_type(spec_of({"class_name": "SGD", "config": {}}), OptimizerSpec | ScheduleSpec)
    assert_type(layerwise_groups(model, 0.75, by=r"block_(\d+)"), list[ParamGroup])


def models(net: Net, sequential: keras.Sequential, model: keras.Model) -> None:
    assert_type(compile_with(net, SGDSpec()), Net)
    assert_type(compile_with(sequential, {"type": "SGD"}, loss="mse", metrics=["mae"]), keras.Sequential)
    assert_type(compile_with(model, "sgd"), keras.Model)


def parsing(either: SGDSpec | AdamSpec, data: Mapping[str, Any]) -> None:
    assert_type(parse_spec(AdamSpec()), AdamSpec)
    assert_type(parse_spec(MyScheduleSpec()), MyScheduleSpec)
    assert_type(parse_spec(either), SGDSpec | AdamSpec)
    assert_type(parse_spec(data), OptimizerSpec | ScheduleSpec)
    assert_type(parse_spec({"type": "Adam"}), OptimizerSpec | ScheduleSpec)
    assert_type(parse_spec("adam"), OptimizerSpec | ScheduleSpec)
    assert_type(register_spec(MyScheduleSpec), type[MyScheduleSpec])


def fields(sgd: SGDSpec) -> None:
    assert_type(sgd.learning_rate, float | ScheduleSpec)
    assert_type(sgd.momentum, float)
    assert_type(sgd.nesterov, bool)
    assert_type(sgd.clipnorm, float | None)
    assert_type(sgd.gradient_accumulation_steps, int | None)
    assert_type(sgd.replace(momentum=0.9), SGDSpec)


# What people write, and no checker may complain about.
RIGHT = (
    SGDSpec(learning_rate=1, momentum=0.9, nesterov=True),
    SGDSpec(learning_rate=ExponentialDecaySpec(initial_learning_rate=0.01, decay_steps=1000, decay_rate=0.9)),
    AdamSpec(weight_decay=None, clipnorm=1, name="adam"),
    PiecewiseConstantDecaySpec(boundaries=(10, 20), values=(1, 0.1, 0)),
    PiecewiseConstantDecaySpec(boundaries=[10, 20], values=[1, 0.1, 0]),
    PiecewiseConstantDecaySpec(boundaries=["1 epoch", Duration.epochs(2), "50%"], values=[1, 0.1, 0.01, 0]),
    CosineDecaySpec(initial_learning_rate=0.1, decay_steps="20 epochs"),
    CosineDecaySpec(
        initial_learning_rate=0, decay_steps=Duration.epochs(20), warmup_target=0.1, warmup_steps=Duration.percent(5)
    ),
    WarmupSpec(schedule=ConstantSpec(learning_rate=1), warmup_steps="5%", shape="polynomial", power=2),
    WarmupSpec(schedule=ConstantSpec(learning_rate=1), warmup_steps=5, overlay=True),
    ClampSpec(schedule=ConstantSpec(learning_rate=1), minimum=0, maximum=0.5),
    StaircaseSpec(schedule=ConstantSpec(learning_rate=1), every="10%"),
    JoinSpec(
        schedules=[RampSpec(initial_learning_rate=0, end_learning_rate=1, steps=5), ConstantSpec(learning_rate=1)],
        boundaries=[5],
    ),
    JoinSpec(schedules=(ConstantSpec(learning_rate=1), OneCycleSpec(max_learning_rate=1)), boundaries=("1 epoch",)),
    WarmupStableDecaySpec(peak_learning_rate=1, warmup_steps=0, decay_steps="10%"),
)
