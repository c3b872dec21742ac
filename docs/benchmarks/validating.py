"""What it costs to validate a nested spec, beside libraries that check the types of the same fields and nothing else.

Annotations are evaluated here: the libraries look them up, and find no local names.
"""

import json
from collections.abc import Callable
from typing import Any

from starting import NESTED
from timing import Action, Figure, Measured, compared, if_installed

DATA = json.loads(NESTED)
TIMES = 2_000


def each(validate: Callable[[], object]) -> Action:
    def run() -> None:
        for _ in range(TIMES):
            validate()

    return Action(run, units=TIMES)


def by_us() -> Action:
    from keras_optkit import parse_spec

    return each(lambda: parse_spec(DATA))


def by_pydantic() -> Action:
    from pydantic import BaseModel

    class Schedule(BaseModel):
        type: str
        initial_learning_rate: float
        decay_steps: int
        decay_rate: float

    class Optimizer(BaseModel):
        type: str
        momentum: float
        learning_rate: Schedule

    return each(lambda: Optimizer.model_validate(DATA))


def by_msgspec() -> Action:
    import msgspec

    numbers = [("initial_learning_rate", float), ("decay_steps", int), ("decay_rate", float)]
    schedule = msgspec.defstruct("Schedule", [("type", str), *numbers])
    optimizer = msgspec.defstruct(
        "Optimizer", [("type", str), ("momentum", float), ("learning_rate", schedule)]
    )
    return each(lambda: msgspec.convert(DATA, optimizer))


def by_attrs() -> Action:
    import attrs
    import cattrs

    @attrs.frozen
    class Schedule:
        type: str
        initial_learning_rate: float
        decay_steps: int
        decay_rate: float

    @attrs.frozen
    class Optimizer:
        type: str
        momentum: float
        learning_rate: Schedule

    converter = cattrs.Converter()
    return each(lambda: converter.structure(DATA, Optimizer))


def by_chz() -> Action:
    import chz

    @chz.chz
    class Schedule:
        type: str
        initial_learning_rate: float
        decay_steps: int
        decay_rate: float

    @chz.chz
    class Optimizer:
        type: str
        momentum: float
        learning_rate: Schedule

    flat: dict[str, Any] = {
        name: value for name, value in DATA.items() if name != "learning_rate"
    }
    flat |= {f"learning_rate.{name}": value for name, value in DATA["learning_rate"].items()}
    return each(lambda: chz.Blueprint(Optimizer).apply(flat).make())


PEERS = {
    "pydantic, types only": by_pydantic,
    "msgspec, types only": by_msgspec,
    "attrs with cattrs, types only": by_attrs,
    "chz, types only": by_chz,
}


def validation() -> Measured:
    return compared(
        by_us(), {name: if_installed(make) for name, make in PEERS.items()}, rounds=15
    )


FIGURES = [Figure("validate a nested spec from a dict", dict.fromkeys(PEERS), validation)]
