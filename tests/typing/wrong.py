"""Mistakes that both checkers must report, each on the line that says `# wrong`, and on no other. Never run."""

from typing import Any

import keras

from keras_optkit import (
    AdamSpec,
    ExponentialDecaySpec,
    SGDSpec,
    build_optimizer,
    build_schedule,
    compile_with,
    parse_spec,
    register_spec,
)

SGDSpec(lr=0.1)  # wrong: Keras's name is learning_rate
SGDSpec(0.1)  # wrong: fields go by name
SGDSpec(momentum=[0.9])  # wrong: a list is no number
SGDSpec(nesterov="false")  # wrong: a string is no boolean
SGDSpec(learning_rate=AdamSpec())  # wrong: an optimizer is no schedule
AdamSpec(momentum=0.9)  # wrong: Adam has beta_1
ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=10)  # wrong: decay_rate is required
rate = SGDSpec().beta_1  # wrong: SGD has no such field


def calls(model: keras.Model, sgd: SGDSpec, decay: ExponentialDecaySpec, data: dict[str, Any]) -> None:
    build_optimizer(3)  # wrong
    build_optimizer(None)  # wrong
    build_optimizer(decay)  # wrong: a schedule is no optimizer
    build_optimizer(SGDSpec)  # wrong: the class is no spec
    build_schedule(sgd)  # wrong: an optimizer is no schedule
    build_schedule(0.1)  # wrong: nor is a number
    parse_spec(3)  # wrong
    register_spec(sgd)  # wrong: takes the class
    compile_with("model", sgd)  # wrong: not a model
    compile_with(model, decay)  # wrong: a schedule is no optimizer
    compile_with(model, sgd, "mse")  # wrong: the loss goes by name
    # What comes out is known, and no Any that would let these pass. (Keras's optimizers and models inherit from classes
    # of TensorFlow, which has no types: on them everything passes, so assert_types.py has to speak for them.)
    build_schedule(decay).no_such_method()  # wrong
    parse_spec(data).no_such_method()  # wrong
    parse_spec(sgd).no_such_method()  # wrong
