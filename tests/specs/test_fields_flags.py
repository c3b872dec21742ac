"""What flags and names read, seen through a model that has one of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_optkit.specs import fields
from keras_optkit.specs.value import Value


class Every(Value):
    flag: fields.Flag = False
    name: fields.Name = "name"


def read(field: str, value: object) -> Any:
    return getattr(Every(**{field: value}), field)


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_, np.array(True), np.array(False)], ids=repr)
def test_a_boolean_of_python_or_numpy_is_a_flag(value):
    assert read("flag", value) is bool(value)


@pytest.mark.parametrize(
    "value",
    [1, 0, 1.0, "true", "false", "yes", "", None, [], np.int64(1), np.float32(0), np.array(1), np.array([True])],
    ids=repr,
)
def test_nothing_but_a_boolean_is_a_flag(value, refusal):
    path, message = refusal(read, "flag", value)
    remedy = "; leave it out for the default, False" if value in ("", None) else ""
    assert (path, message) == (("flag",), f"must be true or false, received {value!r}{remedy}")


@pytest.mark.parametrize("value", ["Adam", "adam_1", "my.opt-2>x", "0", ".hidden"])
def test_a_name_is_what_tensorflow_takes_as_a_scope(value):
    assert read("name", value) == value


@pytest.mark.parametrize("value", ["", " ", "a b", "_a", "-a", "a\n", "a:0", "é", 3, None, True, ["a"]], ids=repr)
def test_what_tensorflow_cannot_take_as_a_scope_is_no_name(value, refusal):
    path, message = refusal(read, "name", value)
    assert path == ("name",)
    assert message.partition("; ")[0].endswith(f", received {value!r}")
