"""The lines of values in JSON are those that the YAML parser finds, since JSON is YAML."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_optkit.formats import json as json_format
from keras_optkit.formats import yaml as yaml_format
from keras_optkit.formats.document import BadFileError, Place
from keras_optkit.formats.json_places import places

values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a b", '"', "\\", "{", "[1,\n2]", "é"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0", "a\nb", '"', "}"]), inner)
    ),
    max_leaves=12,
)


@given(values, st.sampled_from([None, 0, 1, 4]))
def test_every_value_of_any_json_has_the_line_that_yaml_gives_it(data: Any, indent: int | None) -> None:
    text = json.dumps(data, indent=indent)
    assert places(text) == yaml_format.read(io.BytesIO(text.encode())).place


def test_spaces_commas_and_line_ends_of_any_kind_do_not_confuse_the_lines() -> None:
    text = '\r\n{\t"a" :\n[ 1 ,\r\n\n2 ],\n\n"b"\n: {\n} , "c": [\n]\n}\n'
    assert places(text) == Place(
        2,
        {
            "a": Place(2, {"0": Place(3, {}), "1": Place(5, {})}),
            "b": Place(7, {}),
            "c": Place(9, {}),
        },
    )


def test_a_key_written_twice_is_found_where_it_is_written_again() -> None:
    with pytest.raises(BadFileError, match="'b' is written twice in one object") as caught:
        places('{"a": {"b": 1},\n"b": [1,\n{"b": 1,\n"c": 2,\n"b": 3}]}')
    assert caught.value.line == 5


def test_a_key_written_twice_inside_of_too_many_levels_is_one_error() -> None:
    text = '{"a":' * 300 + '{"b": 1, "b": 1}' + "}" * 300
    with pytest.raises(BadFileError, match="nested too deeply"):
        json_format.read(io.BytesIO(text.encode()))


def test_the_lines_of_a_file_as_large_as_a_file_may_be_are_found_in_a_second_or_two() -> None:
    text = "[" + ",\n".join(["{}"] * 99_000) + "]" + "\n" * 600_000
    start = time.process_time()
    assert places(text).entries["98999"].line == 99_000
    assert time.process_time() - start < 5
