"""What help, a notebook and programs that read signatures are told of a spec class."""

from __future__ import annotations

import inspect
import pydoc
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter
from strategies import SPEC_STRATEGIES

from keras_optkit import AdamSpec, OptimizerSpec, ParamGroup, ScheduleSpec, SGDSpec, WarmupSpec
from keras_optkit.fields import Fraction, Listed, Rate, Steps
from keras_optkit.specs.introspection import spelled
from keras_optkit.specs.value import Value

CLASSES = [*SPEC_STRATEGIES, ParamGroup, OptimizerSpec]


def test_help_opens_with_a_signature_as_one_writes_it_and_names_all_fields():
    shown = pydoc.plain(pydoc.render_doc(AdamSpec)).replace("\n |", "\n")
    line = " ".join(shown.split()).replace("( ", "(").replace(" )", ")")  # since Python 3.13, a long one has many lines
    assert (
        "AdamSpec(*, learning_rate: float | ScheduleSpec = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, " in line
    )
    assert "groups: Sequence[ParamGroup] = ())" in line
    assert "clipnorm: > 0; the maximum L2 norm of each variable's gradient." in shown


@pytest.mark.parametrize("cls", CLASSES)
def test_a_signature_has_every_field_by_name_with_its_default_and_its_type(cls):
    parameters = inspect.signature(cls).parameters
    assert {name for name in cls.model_fields if name != "type"} == parameters.keys()
    for name, parameter in parameters.items():
        field = cls.model_fields[name]
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default == (inspect.Parameter.empty if field.is_required() else field.default)
        assert TypeAdapter(parameter.annotation.__value__)
        assert "Annotated" not in str(parameter)
        assert "keras_optkit" not in str(parameter)


def test_own_fields_come_before_inherited_ones():
    assert [*inspect.signature(SGDSpec).parameters][:5] == [
        "learning_rate",
        "momentum",
        "nesterov",
        "weight_decay",
        "clipnorm",
    ]


@pytest.mark.parametrize("cls", CLASSES)
def test_a_docstring_has_every_field_once_with_its_range(cls):
    section = cls.__doc__.partition("Attributes:\n")[2].partition("\n\n")[0]
    entries = [line.split(":")[0].strip() for line in section.splitlines() if line[4] != " "]
    assert entries == [*inspect.signature(cls).parameters]
    assert max(map(len, section.splitlines())) <= 100


def test_the_sections_of_a_docstring_stay():
    assert inspect.getdoc(AdamSpec).startswith("Adam, as ``keras.optimizers.Adam``.\n\nFor weights")
    assert inspect.getdoc(AdamSpec).endswith("0.9000")
    assert inspect.getdoc(WarmupSpec).count(">>> ") == 4


class PulseSpec(ScheduleSpec):
    """A rate that comes and goes."""

    high: Rate
    share: Fraction = Field(0.5, description="how much of the time it is high")
    every: Steps = "1 epoch"
    bounds: Listed[Rate] = ()
    call: Callable[[int], float] | None = None

    def value(self, step: Any, xp: Any = None) -> Any:
        return self.high


class LongPulseSpec(PulseSpec):
    length: Steps = Field(10, alias="long")
    """Not written in a section."""
    made: list[int] = Field(default_factory=list)


def test_a_class_of_ones_own_is_documented_from_what_there_is():
    assert PulseSpec.__doc__ == (
        "A rate that comes and goes.\n\n"
        "Attributes:\n"
        "    high: > 0\n"
        "    share: in [0, 1]; how much of the time it is high\n"
        "    every: int | str\n"
        "    bounds: > 0\n"
        "    call: Callable[[int], float] | None\n"
    )
    assert str(inspect.signature(LongPulseSpec)) == (
        "(*, long: int | str = 10, made: list[int] = Ellipsis, high: float, share: float = 0.5, "
        "every: int | str = '1 epoch', bounds: Sequence[float] = (), call: Callable[[int], float] | None = None)"
    )
    assert LongPulseSpec.__doc__.startswith("Attributes:\n    length: int | str\n")


def test_the_docstring_of_a_class_of_ones_own_can_be_set():
    class Own(AdamSpec):
        pass

    Own.__doc__ = "Mine."
    assert Own.__doc__.startswith("Mine.\n\nAttributes:\n    learning_rate: a rate > 0")


def test_a_class_with_an_init_of_its_own_shows_it():
    class Own(AdamSpec):
        def __init__(self, rate: float = 0.1, **fields: Any) -> None:
            super().__init__(learning_rate=rate, **fields)

    assert str(inspect.signature(Own)) == "(rate: 'float' = 0.1, **fields: 'Any')"
    assert Own(0.2).learning_rate == 0.2


def test_a_value_without_fields_has_nothing_to_show():
    class Empty(Value):
        pass

    assert str(inspect.signature(Empty)) == "()"
    assert Empty.__doc__ is None


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (Annotated[float, 1] | None, "float | None"),
        (Literal["a", 3], "Literal['a', 3]"),
        (dict[str, list[Annotated[int, 1]]], "dict[str, list[int]]"),
        (tuple[int, str], "tuple[int, str]"),
        (tuple[int, ...], "Sequence[int]"),
        (Callable[..., ScheduleSpec], "Callable[..., ScheduleSpec]"),
        (Any, "Any"),
        (Annotated[float, 1] | float, "float"),
    ],
)
def test_a_type_is_spelled_as_one_writes_it(annotation, text):
    assert spelled(annotation) == text
