"""The names that the package promises are there, say what they are, and are all that it shows."""

import inspect
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest
from pydantic import BaseModel

import keras_optkit

CONTRACT = {
    "Duration", "LearningRateMonitor", "OptimizerSpec", "ParamGroup", "ScheduleSpec", "build_optimizer",
    "build_schedule", "compile_with", "describe", "layerwise_groups", "learning_rates", "parse_spec", "plot_schedule",
    "register_spec", "scale_learning_rate", "spec_of",
}  # fmt: skip
FILES = [
    *Path(keras_optkit.__file__).parent.glob("specs/optimizers/*.py"),
    *Path(keras_optkit.__file__).parent.glob("specs/schedules/*.py"),
]
NAMES = sorted(keras_optkit.__all__)
SPECS = [name for name in NAMES if name.endswith("Spec")]


def test_the_promised_names_are_public() -> None:
    assert set(NAMES) >= CONTRACT


def test_every_spec_that_a_file_defines_is_public() -> None:
    defined = [re.findall(r"^@register_spec\nclass (\w+)", path.read_text(encoding="utf-8"), re.M) for path in FILES]
    assert {name for names in defined for name in names} == set(SPECS) - {"OptimizerSpec", "ScheduleSpec"}
    assert {"SGDSpec", "AdamSpec", "CosineDecaySpec", "WarmupSpec"} <= set(SPECS)


def test_nothing_else_is_visible() -> None:
    visible = {name for name, value in vars(keras_optkit).items() if not isinstance(value, types.ModuleType)}
    assert {name for name in visible if not name.startswith("_")} - {"TYPE_CHECKING"} <= set(NAMES)


def test_dir_shows_every_public_name_before_it_is_used() -> None:
    script = "import keras_optkit; print(sorted({*keras_optkit.__all__} - {*dir(keras_optkit)}))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'keras_optkit' has no attribute 'load_specs'$"):
        _ = keras_optkit.load_specs  # type: ignore[attr-defined]
    assert not hasattr(keras_optkit, "__wrapped__")


def test_no_name_is_listed_twice() -> None:
    assert sorted(set(keras_optkit.__all__)) == sorted(keras_optkit.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    public = getattr(keras_optkit, name)
    # Its own text: a class would inherit its base's otherwise.
    text = public.__doc__ or ""
    assert re.match(r"\S.{20,}", text), "no docstring"
    if isinstance(public, type):
        assert all(text != base.__doc__ for base in public.__mro__[1:])


@pytest.mark.parametrize("name", SPECS)
def test_every_spec_documents_its_fields(name: str) -> None:
    spec = getattr(keras_optkit, name)
    inherited = {field for base in spec.__mro__[1:] if issubclass(base, BaseModel) for field in base.model_fields}
    own = [field for field in spec.model_fields if field not in inherited]
    assert [field for field in own if not re.search(rf"^\s+{field}: ", spec.__doc__, flags=re.MULTILINE)] == []


@pytest.mark.parametrize("name", [name for name in NAMES if inspect.isfunction(getattr(keras_optkit, name))])
def test_every_function_documents_its_arguments(name: str) -> None:
    function = getattr(keras_optkit, name)
    arguments = inspect.signature(function).parameters
    missing = [argument for argument in arguments if f"{argument}: " not in function.__doc__]
    assert missing == [] or len(arguments) == 1


def test_is_marked_as_typed() -> None:
    assert (Path(keras_optkit.__file__).parent / "py.typed").is_file()
