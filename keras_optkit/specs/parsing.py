"""``parse_spec``: reads data that can be any spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, overload

from keras_optkit.specs.base import Spec
from keras_optkit.specs.optimizers.base import OptimizerSpec
from keras_optkit.specs.reading import read
from keras_optkit.specs.schedules.base import ScheduleSpec
from keras_optkit.specs.tracebacks import short_traceback

S = TypeVar("S", bound=Spec)


@overload
def parse_spec(data: S) -> S: ...
@overload
def parse_spec(data: Mapping[str, Any] | str) -> OptimizerSpec | ScheduleSpec: ...
@short_traceback
def parse_spec(data: object) -> Spec:
    """Return the optimizer or schedule spec in ``data``.

    Args:
        data: a mapping with a ``type``, as in a config file; the name of a type whose fields all have defaults, such as
            ``"adam"``; or a spec, which is returned as it is. Types ignore case, underscores, hyphens and a final
            ``Spec``: ``"AdamW"``, ``"adam_w"`` and ``"AdamWSpec"`` are the same.

    Raises:
        pydantic.ValidationError: a ``ValueError`` with one line for each mistake: path, rule, value received.

    Examples:
        >>> parse_spec({"type": "sgd", "momentum": "0.9"})
        SGDSpec(momentum=0.9)
        >>> parse_spec("adamw").weight_decay
        0.004
    """
    return read(Spec, data)
