"""The durations in a spec, as they were written."""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from keras_optkit.specs.containers import entries
from keras_optkit.specs.durations import Duration
from keras_optkit.specs.resolving import Path


class Written(NamedTuple):
    """A duration, as an int of steps or a ``Duration``, with its path."""

    path: Path
    duration: int | Duration


def durations(spec: BaseModel, path: Path = ()) -> Iterator[Written]:
    """The durations in ``spec`` and in the specs inside it, in the order of the fields."""
    for name in type(spec).model_fields:
        yield from _durations(getattr(spec, name), (*path, name), name in _duration_fields(type(spec)))


def _durations(value: Any, path: Path, counts_steps: bool) -> Iterator[Written]:
    if isinstance(value, BaseModel):
        yield from durations(value, path)
    elif isinstance(value, Duration) or (counts_steps and type(value) is int):
        yield Written(path, value)
    for key, entry in entries(value):
        yield from _durations(entry, (*path, key), counts_steps)


@cache
def _duration_fields(cls: type[BaseModel]) -> frozenset[str]:
    return frozenset(name for name, field in cls.model_fields.items() if _is_duration(field.annotation))


def _is_duration(annotation: Any) -> bool:
    """Whether an int in a field of this type is a number of steps: ``Steps`` is an ``int | str``."""
    parts = get_args(annotation)
    if get_origin(annotation) in {Union, types.UnionType} and {int, str} <= set(parts):
        return True
    return annotation is Duration or any(map(_is_duration, parts))
