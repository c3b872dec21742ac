"""JSON: what is refused, and in which words."""

from __future__ import annotations

import pytest
from spec_files import loaded, mistakes

from keras_optkit import SGDSpec


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ('{"type": "SGD",\n"momentum": }', ":2: is not JSON: Expecting value"),
        ('{"type": "SGD",\n"nesterov": True}', ":2: is not JSON: write true instead of True"),
        ('{"type": "SGD", // mine\n"momentum": 0.9}', ":1: is not JSON: JSON has no comments such as //"),
        ('{"type": "SGD",\n"momentum": 0.9,}', ":2: is not JSON: remove the comma after the last entry"),
        ('{"type": "SGD"} x', ":1: is not JSON: Extra data"),
        ("{'type': 'SGD'}", ":1: is not JSON: write double quotes instead of '"),
        ('{"type": "SGD", "type": "Adam"}', ":1: 'type' is written twice in one object"),
        ('{"type": "SGD",\n"momentum": 0.9,\n "type": "Adam"}', ":3: 'type' is written twice in one object"),
        ('{"type": "SGD", "learning_rate": {"a": 1, "a": 1}}', ":1: 'a' is written twice in one object"),
        (f'{{"{"a" * 90_000}": 1, "{"a" * 90_000}": 1}}', ":1: 'aaa"),
        ('{"type": "SGD", "momentum": NaN}', ":1: momentum: must be a finite number, received nan"),
        ('{"type": "SGD", "momentum": -Infinity}', ":1: momentum: must be a finite number, received -inf"),
        ('{"type": "SGD", "momentum": 1e999}', ":1: momentum: must be a finite number, received inf"),
        ('{"type": "SGD", "name": "\\ud800"}', ": has the character \\ud800, half of a surrogate pair"),
        ('{"type": "SGD", "\\udfff": 1}', ": has the character \\udfff, half of a surrogate pair"),
        ("null", ":1: is empty; a spec needs at least a type, such as 'type: Adam'"),
        ("{}", ":1: is empty; a spec needs at least a type, such as 'type: Adam'"),
        ("3", ":1: must be an optimizer or schedule spec, a mapping with a 'type', or the name of a type, received 3"),
    ],
    ids="{:.40}".format,
)
def test_what_is_wrong_is_one_line(text, start):
    (line,) = mistakes("train.json", text)
    assert line.startswith(f"train.json{start}")


def test_two_halves_of_a_surrogate_pair_are_a_character():
    spec = loaded("train.json", '{"type": "SGD", "groups": [{"match": "\\ud83d\\ude00", "weight_decay": 0}]}')
    assert spec.groups[0].match == "😀"


def test_the_name_of_a_schema_for_editors_is_no_field():
    text = '{"$schema": "optimizer.schema.json", "type": "SGD"}'
    assert loaded("train.json", text) == SGDSpec()
    (line,) = mistakes("nested.json", f'{{"optimizer": {text}}}', key="optimizer")
    assert line.startswith("nested.json:1: optimizer.$schema: unknown field")
