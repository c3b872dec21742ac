"""The lines of values in TOML: of statements of every kind, and in a time that a file cannot stretch."""

from __future__ import annotations

import io
import itertools
import time
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from keras_optkit.formats import toml
from keras_optkit.formats.toml_places import places

STATEMENTS = '''\
# a comment
type = "SGD"   # another

momentum = 0.9
"quoted key" = [1, 2]
learning_rate.type = "Join"
learning_rate . boundaries = [
  1,   # ] in a comment
  [2,
   3]
]
learning_rate.name = """
[not.a.table]
x = 1
"""
inline = {a = 1, b = {c = [{d = 2}]}}
[run]
steps = \'\'\'
]
\'\'\'
  [run . "a.b"]  # a header
  x = 1
[[groups]]
match = "a"
[groups.more]
y = 1
[[groups]]
match = "b"
  [[groups.inner]]
  z = 1
  [[groups.inner]]
  z = 2
  [groups.inner.deep]
  w = 3
[run.later]
v = 1
'''
LINES = {
    "type": 2, "momentum": 4, "quoted key": 5, "quoted key/1": 5, "learning_rate": 6, "learning_rate/type": 6,
    "learning_rate/boundaries": 7, "learning_rate/boundaries/0": 7, "learning_rate/boundaries/1/1": 7,
    "learning_rate/name": 12, "inline": 16, "inline/b/c/0/d": 16, "run": 17, "run/steps": 18, "run/a.b": 21,
    "run/a.b/x": 22, "groups": 23, "groups/0": 23, "groups/0/match": 24, "groups/0/more": 25, "groups/0/more/y": 26,
    "groups/1": 27, "groups/1/match": 28, "groups/1/inner/0/z": 30, "groups/1/inner/1": 31, "groups/1/inner/1/z": 32,
    "groups/1/inner/1/deep/w": 34, "run/later": 35, "run/later/v": 36,
}  # fmt: skip


def lines(text: str) -> dict[str, int]:
    """The line of each value, by its path."""

    def walk(place: Any, path: str) -> Iterator[tuple[str, int]]:
        for name, inner in place.entries.items():
            yield f"{path}{name}", inner.line
            yield from walk(inner, f"{path}{name}/")

    return dict(walk(places(text), ""))


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=repr)
def test_a_value_has_the_line_in_which_its_statement_begins(end: str) -> None:
    found = lines(STATEMENTS.replace("\n", end))
    assert found | LINES == found


tables = st.recursive(
    st.just(None),
    lambda inner: (
        st.dictionaries(st.sampled_from(["a", "b", "0", "a.b", "'", "["]), inner, max_size=3)
        | st.lists(st.dictionaries(st.sampled_from("ab0"), inner, min_size=1, max_size=2), min_size=1, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), tables))
def test_every_value_of_any_tables_is_in_the_line_that_it_has(data: dict[str, Any]) -> None:
    numbers = itertools.count(1_000)
    leaves: dict[str, int] = {}

    def numbered(node: Any, path: str) -> Any:
        if isinstance(node, dict):
            return {name: numbered(value, f"{path}/{name}") for name, value in node.items()}
        if isinstance(node, list):
            return [numbered(value, f"{path}/{index}") for index, value in enumerate(node)]
        leaves[path[1:]] = next(numbers)
        return leaves[path[1:]]

    text = tomli_w.dumps(numbered(data, ""))
    assert tomllib.loads(text) is not None
    found, written = lines(text), text.split("\n")
    for path, number in leaves.items():
        # Inside of an array over many lines, the line is that in which the array begins.
        line = written[found[path] - 1]
        assert str(number) in line or line.endswith("= ["), (path, text)


TRICKY = {
    "an array of arrays": "x = [\n" + "[],\n" * 90_000 + "]\ny = 1\n",
    "a string of quotes": "x = '''\n" + "]\n" * 400_000 + "'''\ny = 1\n",
    "empty lines": "\n" * 900_000 + "y = 1\n",
    "comments": "#]\n" * 300_000 + "y = 1\n",
    "statements": "".join(f"a{n}=1\n" for n in range(49_000)) + "y = 1\n",
    "tables": "".join(f"[a{n}]\n" for n in range(49_000)) + "y = 1\n",
    "a long line": f"x = [{'1,' * 90_000}]\ny = 1\n",
}


@pytest.mark.parametrize("text", TRICKY.values(), ids=TRICKY)
def test_no_file_takes_longer_than_a_few_seconds(text: str) -> None:
    document = toml.read(io.BytesIO(text.encode()))
    start = time.process_time()
    line = document.line_of(("y",))
    assert time.process_time() - start < 5
    assert line in (text.count("\n"), 1)  # 1: the line of the whole, where it gave up


def test_what_cannot_be_found_soon_enough_has_the_line_of_what_is_around_it() -> None:
    text = "type = 'SGD'\nx = [\n" + "[],\n" * 90_000 + "]\nmomentum = 2\n"
    document = toml.read(io.BytesIO(text.encode()))
    assert document.line_of(("type",)) == 1
    assert document.line_of(("momentum",)) == 1
