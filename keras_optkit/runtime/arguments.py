"""The class of the installed Keras that a spec names, and the arguments for it."""

from __future__ import annotations

import inspect
import re
from functools import cache
from types import ModuleType
from typing import Any

from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.schedules import ScheduleSpec

#: Class or argument -> the first Keras that has it, tried with Keras's releases. Muon came in 3.10, but before 3.13 it
#: fails at its first step on TensorFlow, and has one weight decay where the spec has two.
_SINCE = {
    "Lamb": "3.5",
    "Muon": "3.13",
    "ScheduleFreeAdamW": "3.14",
    "loss_scale_factor": "3.3",
    "gradient_accumulation_steps": "3.3",
}

#: The fields that no Keras constructor takes.
_OURS = {"type", "exclude_from_weight_decay", "groups"}


def keras_class(catalogue: ModuleType, name: str) -> Any:
    """The class called ``name`` in ``catalogue``, a public module of the installed Keras.

    Raises:
        RuntimeError: Keras has no such class yet, or one that does not train as its spec describes.
    """
    found = getattr(catalogue, name, None)
    if found is None:
        raise _needs_keras(name, f"which has no {catalogue.__name__}.{name}")
    if is_older_than(_SINCE.get(name, "0")):
        raise _needs_keras(name, f"whose {catalogue.__name__}.{name} does not train as {name}Spec describes")
    return found


def arguments_for(cls: type, spec: OptimizerSpec | ScheduleSpec) -> dict[str, Any]:
    """The arguments with which ``cls``, a Keras class, makes what ``spec`` describes.

    A field that the installed Keras lacks is left out if it has its default, since Keras then does the same without it.

    Raises:
        RuntimeError: such a field has another value.
    """
    known = parameters(cls)
    arguments = {}
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if name in known:
            # Keras's own configs have lists, and a tuple would stay a tuple in them.
            arguments[name] = list(value) if isinstance(value, tuple) else value
        elif name not in _OURS and value != field.default:
            raise _needs_keras(name, f"which has no {name!r} of {spec.type}")
    return arguments


@cache
def parameters(cls: type) -> frozenset[str]:
    """The names of the arguments that ``cls`` takes."""
    return frozenset(inspect.signature(cls).parameters)


def is_older_than(version: str) -> bool:
    """Whether the installed Keras came before the release ``version``, such as ``"3.12"``."""
    import keras

    return _release(keras.__version__) < _release(version)


def _needs_keras(name: str, lack: str) -> RuntimeError:
    import keras

    known = name in _SINCE
    remedy = f"it needs Keras >= {_SINCE[name]}" if known else "it is not a part of Keras that this package knows"
    return RuntimeError(f"Keras {keras.__version__} is installed, {lack}: {remedy}")


def _release(version: str) -> tuple[int, ...]:
    """The numbers of major and minor release: (3, 15) of ``"3.15.1"`` and of ``"3.15.0.dev2026"``."""
    return tuple(map(int, re.findall(r"\d+", version)[:2]))
