"""The class of the installed Keras that a spec names, and the arguments for it."""

from __future__ import annotations

import inspect
import re
from functools import cache
from types import ModuleType
from typing import Any

from keras_optkit.specs.keras_classes import PACKAGE
from keras_optkit.specs.optimizers import OptimizerSpec
from keras_optkit.specs.schedules import ScheduleSpec

#: Argument -> the first Keras that has it, tried with Keras's releases.
_SINCE = {"loss_scale_factor": "3.3", "gradient_accumulation_steps": "3.3"}

#: The fields that no Keras constructor takes.
_OURS = {"type", "exclude_from_weight_decay", "groups"}


def keras_class(catalogue: ModuleType, spec_class: type[OptimizerSpec | ScheduleSpec]) -> Any:
    """The class in ``catalogue``, a public module of the installed Keras, that ``spec_class`` names by its type.

    Raises:
        RuntimeError: Keras has no such class, or not yet, or one that does not train as its spec describes.
    """
    name = spec_class.model_fields["type"].default
    # Not an inherited one: somebody's own class may be made of one of ours.
    since = vars(spec_class).get("since_keras")
    found = getattr(catalogue, name, None)
    if found is None and spec_class.__module__.partition(".")[0] != PACKAGE:
        raise RuntimeError(
            f"{catalogue.__name__} has no {name}, and {spec_class.__name__} can build nothing else: pass "
            "build_schedule(spec.learning_rate) to an optimizer of your own"
        )
    if found is None:
        raise _needs_keras(since, f"which has no {catalogue.__name__}.{name}")
    if since and is_older_than(since):
        raise _needs_keras(since, f"whose {catalogue.__name__}.{name} does not train as {name}Spec describes")
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
            raise _needs_keras(_SINCE.get(name), f"which has no {name!r} of {spec.type}")
    return arguments


@cache
def parameters(cls: type) -> frozenset[str]:
    """The names of the arguments that ``cls`` takes."""
    return frozenset(inspect.signature(cls).parameters)


def is_older_than(version: str) -> bool:
    """Whether the installed Keras came before the release ``version``, such as ``"3.12"``."""
    import keras

    return _release(keras.__version__) < _release(version)


def _needs_keras(since: str | None, lack: str) -> RuntimeError:
    import keras

    remedy = f"it needs Keras >= {since}" if since else "it is not a part of Keras that this package knows"
    return RuntimeError(f"Keras {keras.__version__} is installed, {lack}: {remedy}")


def _release(version: str) -> tuple[int, ...]:
    """The numbers of major and minor release: (3, 15) of ``"3.15.1"`` and of ``"3.15.0.dev2026"``."""
    return tuple(map(int, re.findall(r"\d+", version)[:2]))
