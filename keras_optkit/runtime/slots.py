"""What an optimizer keeps for a variable, and what that means: equal names may hold different things."""

from __future__ import annotations

from typing import Any, NamedTuple

from keras_optkit.runtime.keras_internals import knows, number_of, slots, takes_adam_step

_MEAN, _MEAN_SQUARE, _SUM_OF_SQUARES = "mean gradient", "mean squared gradient", "sum of squared gradients"
_ADAM = {"_momentums": _MEAN, "_velocities": _MEAN_SQUARE}

#: What slots of different classes have in common. Any other slot means something in its own class only: the momentum
#: of SGD and of RMSprop is a sum of steps, with the rate in it, and that of ScheduleFreeAdamW a copy of the weights.
_SHARED: dict[str, dict[str, str]] = {
    "Adam": _ADAM | {"_velocity_hats": "largest mean squared gradient"},
    "AdamW": _ADAM | {"_velocity_hats": "largest mean squared gradient"},
    "Nadam": _ADAM,
    "Lamb": _ADAM,
    "Muon": {"momentums": _MEAN, "adam_velocities": _MEAN_SQUARE},
    "Adamax": {"_m": _MEAN},
    "Lion": {"_momentums": _MEAN},
    "RMSprop": {"_velocities": _MEAN_SQUARE},
    "ScheduleFreeAdamW": {"_velocities": _MEAN_SQUARE},
    "Adagrad": {"_accumulators": _SUM_OF_SQUARES},
    "Ftrl": {"_accumulators": _SUM_OF_SQUARES},
}
#: The slot without which the others of its class are of no use. A mean gradient over the root of a mean square that
#: is still 0 would be a step thirty times too long.
_FIRST = {
    "Adam": "_velocities",
    "AdamW": "_velocities",
    "Nadam": "_velocities",
    "Lamb": "_velocities",
    "Muon": "adam_velocities",
    "Adamax": "_m",
    "Adafactor": "_v",
    "ScheduleFreeAdamW": "_momentums",
    "Ftrl": "_linears",
}
AVERAGE, ACCUMULATED = "_model_variables_moving_average", "_accumulated_gradients"
#: Slots that every optimizer of Keras may have.
COMMON = frozenset({AVERAGE, ACCUMULATED})


class Slot(NamedTuple):
    """What an optimizer keeps for one of its variables in one of its attributes."""

    attribute: str
    meaning: tuple[str, ...]
    value: Any
    """A ``keras.Variable``."""


class State:
    """What a built ``optimizer`` keeps for its variables."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        # Once: to look for them again for each of a thousand variables would take seconds.
        self._held = slots(optimizer)

    def of(self, variable: Any) -> list[Slot]:
        """What is kept for ``variable``; nothing if the optimizer does not know it."""
        if not knows(self.optimizer, variable):
            return []
        number = number_of(self.optimizer, variable)
        return [
            Slot(attribute, _meaning(self.optimizer, attribute, variable), held[number])
            for attribute, held in self._held.items()
            if held[number] is not None
        ]


def first_meaning(optimizer: Any, variable: Any) -> tuple[str, ...] | None:
    """The meaning of the slot that ``optimizer``, built or not, needs from another to go on with ``variable``.

    None if each of its slots is of use alone.
    """
    first = _FIRST.get(class_name(optimizer))
    if first is None or (first == "adam_velocities" and not takes_adam_step(optimizer, variable)):
        return None
    return _meaning(optimizer, first, variable)


def counts_updates(optimizer: Any, variable: Any) -> bool:
    """Whether the step of ``optimizer`` for ``variable`` depends on how many there were, as Adam's correction does."""
    return class_name(optimizer) != "Ftrl" and first_meaning(optimizer, variable) is not None


def class_name(optimizer: Any) -> str:
    """The name of the class of Keras that ``optimizer`` is of, also by inheritance."""
    import keras

    for cls in type(optimizer).__mro__:
        if cls is keras.optimizers.Optimizer:
            break
        if getattr(keras.optimizers, cls.__name__, None) is cls:
            return str(cls.__name__)
    return f"{type(optimizer).__module__}.{type(optimizer).__qualname__}"


def _meaning(optimizer: Any, attribute: str, variable: Any) -> tuple[str, ...]:
    if attribute in COMMON:
        return (attribute,)
    name = class_name(optimizer)
    shared = _SHARED.get(name, {}).get(attribute)
    # For its matrices, Muon's momentum is a sum.
    own = name == "Muon" and not takes_adam_step(optimizer, variable)
    return (name, attribute) if shared is None or own else (shared,)
