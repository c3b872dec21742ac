"""What all tests share: Hypothesis's profile, the reading of refusals, and a registry to play with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from how_many import examples
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers
from pydantic import ValidationError

from keras_optkit.specs import registry as spec_registry

# The first example of a run may pay for imports, so no single example has a deadline. A slow machine is no fault of the
# package.
settings.register_profile("any", examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
# `make test` draws the same examples everywhere, `make fuzz` draws new ones.
settings.register_profile("test", settings.get_profile("any"), derandomize=True)
settings.register_profile("fuzz", settings.get_profile("any"), print_blob=True)
# `make mutants` looks only whether a test fails.
settings.register_profile("mutants", settings.get_profile("test"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("test")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-profile") in (None, "mutants"):
        # Hypothesis also draws the constants of all modules that are imported by then, so that the examples of a test
        # depend on the tests that ran before it in its process. It has no setting for that.
        providers._get_local_constants = lambda: providers._local_constants


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
