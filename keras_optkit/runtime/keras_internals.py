"""Every private name of Keras that this package reads, one function each. Overridden methods are not here.

Each function has a test in ``tests/runtime/test_keras_internals.py`` of what it relies on. If a new Keras drops the
name, that test fails first.
"""

from __future__ import annotations

from typing import Any


def sublayers(layer: Any) -> list[Any]:
    """The layers directly inside ``layer``; only models have the public ``layers``."""
    return list(layer._flatten_layers(include_self=False, recursive=False))


def layers_within(layer: Any) -> list[Any]:
    """The layers inside ``layer`` at any depth, without ``layer``."""
    return list(layer._flatten_layers(include_self=False))


def compiled_with(model: Any) -> dict[str, Any]:
    """The arguments that a compiled ``model`` was compiled with, as they were passed.

    The public ``get_compile_config`` turns losses and metrics into JSON, from which not all of them can be restored.
    """
    return dict(model._compile_config.config)


def takes_adam_step(muon: Any, variable: Any) -> bool:
    """Whether a ``keras.optimizers.Muon`` takes Adam's step for ``variable``."""
    return bool(muon._should_use_adamw(variable))


def held_learning_rate(optimizer: Any) -> Any:
    """What an ``optimizer`` computes its rate from: a ``keras.Variable``, a schedule or a function.

    The public ``learning_rate`` is the rate at the current step.
    """
    return optimizer._learning_rate


def has_exclusion_of_its_own(optimizer: Any) -> bool:
    """Whether Keras's ``exclude_from_weight_decay`` was called on ``optimizer`` and excludes something."""
    kept = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(optimizer, name, None) for name in kept)


def thawable(layer: Any) -> list[Any]:
    """The weights of ``layer`` itself that were made to be trained, frozen now or not."""
    return list(layer._trainable_variables)


def knows(optimizer: Any, variable: Any) -> bool:
    """Whether a built ``optimizer`` was built for ``variable``."""
    return optimizer._var_key(variable) in optimizer._trainable_variables_indices


def step_count(optimizer: Any) -> Any:
    """The variable in which ``optimizer`` counts batches; the public ``iterations`` counts updates."""
    return optimizer._iterations


def built_for(optimizer: Any) -> list[Any]:
    """The variables that ``optimizer`` was built for, in the order in which it numbers them; none before that."""
    return list(optimizer._trainable_variables)


def number_of(optimizer: Any, variable: Any) -> int:
    """The number of ``variable`` in a built ``optimizer`` that knows it."""
    return int(optimizer._get_variable_index(variable))


def slots(optimizer: Any) -> dict[str, list[Any]]:
    """What a built ``optimizer`` keeps for its variables, by attribute: a list in their order, None for no state."""
    import keras

    count = len(optimizer._trainable_variables)
    return {
        name: list(held)
        for name, held in vars(optimizer).items()
        if isinstance(held, list)
        and name not in {"_variables", "_trainable_variables"}
        and len(held) == count > 0
        and all(slot is None or isinstance(slot, keras.Variable) for slot in held)
    }


def scalars(optimizer: Any) -> dict[str, Any]:
    """The variables that ``optimizer`` has for itself, by attribute, but for its step count and its learning rate."""
    import keras

    others = {"_iterations", "_learning_rate"}
    return {
        name: held for name, held in vars(optimizer).items() if isinstance(held, keras.Variable) and name not in others
    }
