"""What all tests share: Hypothesis's profile, the reading of refusals, and a registry to play with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from pydantic import ValidationError

from keras_optkit.specs import registry as spec_registry

# The first example of a run may pay for imports, so no single example has a deadline.
# A slow machine is no fault of the package. On CI the examples are the same in each run; elsewhere they are new ones.
settings.register_profile(
    "keras_optkit",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("keras_optkit")


class Refusal(NamedTuple):
    """One line of a ``ValidationError``: where, and the words."""

    path: tuple[int | str, ...]
    message: str


def _refusals(make: Callable[..., object], /, *arguments: object, **fields: object) -> list[Refusal]:
    with pytest.raises(ValidationError) as caught:
        make(*arguments, **fields)
    return [Refusal(line["loc"], line["msg"]) for line in caught.value.errors()]


def _refusal(make: Callable[..., object], /, *arguments: object, **fields: object) -> Refusal:
    lines = _refusals(make, *arguments, **fields)
    assert len(lines) == 1, f"one mistake must give one error, not {lines}"
    return lines[0]


@pytest.fixture(scope="session")
def refusals() -> Callable[..., list[Refusal]]:
    """``refusals(make, ...)``: all lines of the ValidationError that the call must raise."""
    return _refusals


@pytest.fixture(scope="session")
def refusal() -> Callable[..., Refusal]:
    """``refusal(make, ...)``: the only line of the ValidationError that the call must raise."""
    return _refusal


@pytest.fixture
def registry() -> Iterator[dict[str, type]]:
    """The table of registered classes; whatever a test adds to it is gone afterwards."""
    before = dict(spec_registry._classes)
    yield spec_registry._classes
    spec_registry._classes.clear()
    spec_registry._classes.update(before)
