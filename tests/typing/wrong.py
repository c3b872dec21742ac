"""Mistakes that both checkers must report, each on the line that says `# wrong`, and on no other. Never run."""

from typing import Any

import keras

from keras_optkit import (
    AdamSpec,
    ConstantSpec,
    Duration,
    ExponentialDecaySpec,
    JoinSpec,
    OneCycleSpec,
    RampSpec,
    SGDSpec,
    WarmupSpec,
    build_optimizer,
    build_schedule,
    compile_with,
    describe,
    learning_rates,
    parse_spec,
    register_spec,
    scale_learning_rate,
)

SGDSpec(lr=0.1)  # wrong: Keras's name is learning_rate
SGDSpec(0.1)  # wrong: fields go by name
SGDSpec(momentum=[0.9])  # wrong: a list is no number
SGDSpec(nesterov="false")  # wrong: a string is no boolean
SGDSpec(learning_rate=AdamSpec())  # wrong: an optimizer is no schedule
AdamSpec(momentum=0.9)  # wrong: Adam has beta_1
ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=10)  # wrong: decay_rate is required
rate = SGDSpec().beta_1  # wrong: SGD has no such field
ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=2.5, decay_rate=0.9)  # wrong: a bare float is no duration
RampSpec(initial_learning_rate=0, end_learning_rate=1, steps=5, shape="quadratic")  # wrong: no such shape
OneCycleSpec(max_learning_rate=1, shape="polynomial")  # wrong: not for one cycle
WarmupSpec(schedule=0.1, warmup_steps=5)  # wrong: a number is no schedule
JoinSpec(schedules=[ConstantSpec(learning_rate=1)])  # wrong: boundaries are required, if only none
JoinSpec(schedules=ConstantSpec(learning_rate=1), boundaries=[])  # wrong: not a list
Duration(20)  # wrong: a number of steps is an int
Duration.epochs("20")  # wrong: takes a number


def calls(model: keras.Model, sgd: SGDSpec, decay: ExponentialDecaySpec, data: dict[str, Any]) -> None:
    build_optimizer(3)  # wrong
    build_optimizer(None)  # wrong
    build_optimizer(decay)  # wrong: a schedule is no optimizer
    build_optimizer(SGDSpec)  # wrong: the class is no spec
    build_schedule(sgd)  # wrong: an optimizer is no schedule
    build_schedule(0.1)  # wrong: nor is a number
    parse_spec(3)  # wrong
    describe(3)  # wrong
    learning_rates(sgd, steps_per_epoch=2.5)  # wrong: half a batch
    learning_rates(sgd, 10, 3)  # wrong: the length of the run goes by name
    scale_learning_rate(sgd)  # wrong: by what?
    sgd.resolve(10, 3)  # wrong: the length of the run goes by name
    register_spec(sgd)  # wrong: takes the class
    compile_with("model", sgd)  # wrong: not a model
    compile_with(model, decay)  # wrong: a schedule is no optimizer
    compile_with(model, sgd, "mse")  # wrong: the loss goes by name
    # What comes out is known, and no Any that would let these pass. (Keras's optimizers and models inherit from classes
    # of TensorFlow, which has no types: on them everything passes, so assert_types.py has to speak for them.)
    build_schedule(decay).no_such_method()  # wrong
    parse_spec(data).no_such_method()  # wrong
    parse_spec(sgd).no_such_method()  # wrong
