"""TOML: what is refused, and that no key costs more than its length."""

from __future__ import annotations

import tomllib

import pytest
from spec_files import loaded, mistakes

from keras_optkit import SGDSpec
from keras_optkit.formats import toml
from keras_optkit.formats.document import BadFileError

DEEP = "is nested too deeply: the limit is 100 levels"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "type = 'SGD'\nmomentum = 0.9\nmomentum = 0.8\n",
            ":3: is not TOML: Cannot overwrite a value; the key is written twice",
        ),
        (
            "type = 'SGD'\n\nmomentum = \n",
            ":3: is not TOML: Invalid value; strings need quotes, and booleans are true or false",
        ),
        ("type: SGD", ":1: is not TOML: Expected '=' after a key in a key/value pair"),
        ("type = 'SGD'\nname = 2001-01-01", ":2: name: must be a string, received datetime.date(2001, 1, 1)"),
        ("type = 'SGD'\nname = 07:30:00", ":2: name: must be a string, received datetime.time(7, 30)"),
        ("type = 'SGD'\nmomentum = nan", ":2: momentum: must be a finite number, received nan"),
        ("# only a comment", ":1: is empty; a spec needs at least a type, such as 'type: Adam'"),
    ],
)
def test_what_is_wrong_is_one_line(text, line):
    assert mistakes("train.toml", text) == [f"train.toml{line}"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ({"type": "Own", "mode": "null"}, "has the string 'null' in 'mode', but in a TOML file that means None"),
        ({"inner": [{"mode": "null"}]}, "has the string 'null' in 'mode', but in a TOML file that means None"),
        ({"rates": [1.0, None]}, "has a None in a list, which TOML cannot represent"),
    ],
)
def test_what_would_be_read_back_as_something_else_is_not_written(data, rule):
    with pytest.raises(BadFileError) as caught:
        toml.write(data)
    assert str(caught.value) == rule


KEY = ".".join("a" * 40_000)
MANY_PARTS = {
    "a key": f"type = 'SGD'\n{KEY} = 1\n",
    "a table": f"type = 'SGD'\n[{KEY}]\n",
    "an array of tables": f"type = 'SGD'\n[[{KEY}]]\n",
    "an inline table": f"type = 'SGD'\nx = {{y = 1, {KEY} = 1}}\n",
    "with spaces and quotes": "type = 'SGD'\n" + " . ".join(["'a.b'", '"c\\"."'] * 20_000) + " = 1\n",
    "behind a long string": f"x = '''\n'''\n{KEY} = 1\n",
}


@pytest.mark.parametrize("where", MANY_PARTS)
def test_a_key_of_many_parts_never_reaches_the_parser(where, monkeypatch):
    def loads(text: str) -> None:
        raise AssertionError("tomllib keeps every beginning of such a key: 6 GB")

    monkeypatch.setattr(tomllib, "loads", loads)
    line = 3 if where == "behind a long string" else 2
    assert mistakes("deep.toml", MANY_PARTS[where]) == [f"deep.toml:{line}: {DEEP}"]


def test_a_key_of_as_many_parts_as_there_may_be_levels_is_read():
    deepest = ".".join("a" * 98)
    assert loaded("deep.toml", f"optimizer = 'sgd'\n{deepest} = 1\n", key="optimizer") == SGDSpec()
    assert mistakes("deep.toml", f"optimizer = 'sgd'\n{deepest}.a.a = 1\n", key="optimizer") == [f"deep.toml: {DEEP}"]


DOTS = "." * 500


@pytest.mark.parametrize(
    "text",
    [
        f"x = '{DOTS}'",
        f'x = "\\"{DOTS}"',
        f"x = '''\n'{DOTS}\n'''",
        f'x = """\n\\"""{DOTS}\n"""',
        f"# {DOTS}",
        f'x = 1 # "{DOTS}',
        f"x = [{'1.5, ' * 500}]",
        f"x = [\n{'1.5,' * 500}]",
    ],
    ids="{:.20}".format,
)
def test_dots_that_are_in_no_key_do_not_count(text):
    assert loaded("dots.toml", f"optimizer = 'sgd'\n{text}\n", key="optimizer") == SGDSpec()
