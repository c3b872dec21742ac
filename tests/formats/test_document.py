"""No file, whatever is in it, gives anything but a spec or an error in words: not deep, not huge, not clever ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from spec_files import loaded, mistakes

from keras_optkit import SGDSpec, SpecFileError, load_spec
from keras_optkit.formats.document import Document, Place
from keras_optkit.specs.base import Spec

#: Ids that can be read, of texts that cannot.
BRIEF = "{:.30}".format


# Deep, huge and self-containing

DEEP = {
    ".json": ["[" * 100_000, '{"a":' * 20_000, "[" * 50_000 + "]" * 50_000],
    ".yaml": ["[" * 1_000, "{a: " * 5_000, "- " * 5_000, "? " * 5_000, "- ? " * 5_000],
    ".toml": ["a = " + "[" * 50_000, "a = " + "{a = " * 5_000, ".".join("a" * 3_000) + " = 1"],
}


@pytest.mark.parametrize(("suffix", "text"), [(suffix, text) for suffix in DEEP for text in DEEP[suffix]], ids=BRIEF)
def test_a_file_that_is_nested_too_deeply_is_refused(suffix, text):
    (line,) = mistakes(f"deep{suffix}", text)
    assert re.fullmatch(r"deep\.\w+(:1)?: is nested too deeply: the limit is 100 levels", line)


DEEPEST = {
    ".json": lambda depth: f'{{"optimizer": "sgd", "x": {"[" * depth}{"]" * depth}}}',
    ".yaml": lambda depth: f"optimizer: sgd\nx: {'[' * depth}{']' * depth}\n",
    ".toml": lambda depth: f"optimizer = 'sgd'\nx = {'[' * depth}{']' * depth}\n",
}


@pytest.mark.parametrize("suffix", DEEPEST)
def test_every_format_allows_a_hundred_levels(suffix):
    assert loaded(f"deep{suffix}", DEEPEST[suffix](99), key="optimizer") == SGDSpec()
    (line,) = mistakes(f"deep{suffix}", DEEPEST[suffix](100), key="optimizer")
    assert line.endswith("is nested too deeply: the limit is 100 levels")


def test_levels_that_aliases_add_up_count_too():
    text = "x0: &x0 []\n" + "".join(f"x{n + 1}: &x{n + 1} [*x{n}]\n" for n in range(120))
    assert mistakes("deep.yaml", text) == ["deep.yaml: is nested too deeply: the limit is 100 levels"]


@pytest.mark.parametrize("depth", [300, 900])
def test_schedules_in_schedules_without_end_are_refused_as_that(depth):
    rate = '{"type": "Constant", "learning_rate": 1}'
    text = '{"type": "Join", "boundaries": [9], "schedules": [' * depth + rate + f", {rate}]}}" * depth
    lines = mistakes("deep.json", text)
    assert [line for line in lines if "is nested too deeply" not in line] == []


def grown(lines: int, line: str) -> str:
    return "x0: &x0 {a: 1, b: 2}\n" + "".join(line.format(last=n, this=n + 1) for n in range(lines)) + "type: SGD\n"


MANY = "expands to more than 100,000 values"
ITSELF = "this alias makes a value contain itself"
# The line says how far the file was read: the values double or treble from line to line.
BOMBS = {
    "lists": (grown(40, "x{this}: &x{this} [*x{last}, *x{last}, *x{last}]\n"), f"10: {MANY}"),
    "mappings": (grown(200, "x{this}: &x{this} {{a: *x{last}, b: *x{last}}}\n"), f"14: {MANY}"),
    "merges": (grown(100, "x{this}: &x{this} {{<<: [*x{last}, *x{last}], c{this}: 1}}\n"), f"14: {MANY}"),
    "a list in itself": ("type: SGD\ngroups: &a\n- *a\n", f"3: {ITSELF}"),
    "a mapping in itself": ("&a\ntype: SGD\nx: {y: *a}\n", f"3: {ITSELF}"),
    "a merge of itself": ("&a\ntype: SGD\n<<: *a\n", f"3: {ITSELF}"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_aliases_that_would_fill_the_memory_are_refused_as_soon_as_they_do(bomb):
    text, expected = BOMBS[bomb]
    assert mistakes("bomb.yaml", text) == [f"bomb.yaml:{expected}"]


def in_aliases(count: int) -> str:
    """A list that expands to so many values: YAML needs seconds to read them one by one."""
    times, rest = divmod(count, 1000)
    return ", ".join(["&a [" + ", ".join("1" * 999) + "]", *["*a"] * (times - 1), *"1" * rest])


MOST = {
    ".json": lambda count: f'{{"optimizer": "sgd", "x": [{", ".join("1" * count)}]}}',
    ".yaml": lambda count: f"optimizer: sgd\nx: [{in_aliases(count)}]\n",
    ".toml": lambda count: f"optimizer = 'sgd'\nx = [{', '.join('1' * count)}]\n",
}


@pytest.mark.parametrize("suffix", MOST)
def test_every_format_allows_a_hundred_thousand_values(suffix):
    # Beside these there are the file, the two keys, the optimizer and the list.
    assert loaded(f"many{suffix}", MOST[suffix](100_000 - 5), key="optimizer") == SGDSpec()
    (line,) = mistakes(f"many{suffix}", MOST[suffix](100_000 - 4), key="optimizer")
    assert line.endswith(MANY)


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".toml"])
def test_a_file_is_read_no_further_than_the_limit(suffix):
    spec = {".json": '"sgd"', ".yaml": "sgd", ".toml": "type = 'sgd'"}[suffix]
    assert loaded(f"long{suffix}", spec + "\n" * (1_000_000 - len(spec))) == SGDSpec()
    line = f"long{suffix}: is too large: the limit is 1,000,000 bytes"
    assert mistakes(f"long{suffix}", spec + "\n" * (1_000_001 - len(spec))) == [line]
    with Path(f"long{suffix}").open("wb") as file:
        file.truncate(10**12)  # a file with a hole takes no space on the disk
    with pytest.raises(SpecFileError, match=line):
        load_spec(f"long{suffix}")


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".toml"])
@pytest.mark.parametrize("text", ["", "\n", " \t\r\n", "\ufeff"], ids=repr)
def test_a_file_without_anything_in_it_is_said_to_be_empty(suffix, text):
    assert mistakes(f"none{suffix}", text) == [f"none{suffix}: is empty"]


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".toml"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_an_encoding_other_than_utf_8_is_named(suffix, encoding):
    (line,) = mistakes(f"wide{suffix}", '{"type": "SGD"}'.encode(encoding))
    rule = f"but is {encoding.upper()}: save it as UTF-8" if encoding in ("utf-16", "utf-32") else "NUL"
    assert "must be UTF-8" in line
    assert rule in line


def test_a_nul_character_is_told_with_its_line():
    assert mistakes("nul.yaml", "\0") == ["nul.yaml:1: must be UTF-8 text, but has a NUL character"]
    assert mistakes("nul.yaml", "type: SGD\nname: a\0b\n") == [
        "nul.yaml:2: must be UTF-8 text, but has a NUL character"
    ]


@pytest.mark.parametrize(
    "number", ["9" * 5_000, "-" + "9" * 5_000, "9" * 400, "0x" + "f" * 5_000, "1e99999"], ids=BRIEF
)
@pytest.mark.parametrize(
    ("suffix", "form"),
    [
        (".json", '{{"type": "SGD", "momentum": {}}}'),
        (".yaml", "type: SGD\nmomentum: {}"),
        (".toml", "type = 'SGD'\nmomentum = {}"),
    ],
)
def test_a_number_that_no_computer_wants_is_refused(suffix, form, number):
    (line,) = mistakes(f"huge{suffix}", form.format(number))
    assert len(line) < 300


# Clever

RUNS = {
    ".yaml": [
        "type: !!python/object/apply:os.mkdir [ran]\n",
        "type: !!python/object/apply:pathlib.Path.mkdir [!!python/object/apply:pathlib.Path [ran]]\n",
        "type: !!python/object/new:os.mkdir [ran]\n",
        "type: SGD\nname: !!python/name:os.mkdir ran\n",
        "type: SGD\nname: !!python/module:os\n",
        "!<tag:yaml.org,2002:python/object/apply:os.mkdir> [ran]\n",
        "%TAG ! tag:yaml.org,2002:python/object/apply:\n---\ntype: !os.mkdir [ran]\n",
    ],
    ".json": [
        '{"type": "os.mkdir", "path": "ran"}',
        '{"_target_": "os.mkdir", "_args_": ["ran"]}',
        '{"py/reduce": [{"py/function": "os.mkdir"}, ["ran"]]}',
        '{"module": "os", "class_name": "mkdir", "config": {"path": "ran"}}',
        '{"type": "SGD", "name": "__import__(\'os\').mkdir(\'ran\')"}',
        "{\"type\": \"__import__('os').mkdir('ran')\"}",
        '{"type": "Spec"}',
        '{"type": "OptimizerSpec"}',
    ],
}


@pytest.mark.parametrize(("suffix", "text"), [(suffix, text) for suffix in RUNS for text in RUNS[suffix]], ids=BRIEF)
def test_nothing_in_a_file_runs(suffix, text):
    mistakes(f"runs{suffix}", text)
    assert not Path("ran").exists()


def test_the_first_of_these_tags_would_run_if_it_were_let():
    from ruamel.yaml import YAML

    with pytest.warns(PendingDeprecationWarning):
        unsafe = YAML(typ="unsafe", pure=True)
    unsafe.load(RUNS[".yaml"][0])
    Path("ran").rmdir()


# Lines


def test_what_the_file_does_not_hold_is_at_the_line_of_what_is_around_it():
    text = "type: SGD\nlearning_rate:\n  type: Constant\nmomentum: 2\n"
    assert mistakes("lines.yaml", text) == [
        "lines.yaml:2: learning_rate.learning_rate: required, but not given",
        "lines.yaml:4: momentum: must be in [0, 1), received 2",
    ]
    place = Place(1, {"b": Place(7, {})})
    assert Document(None, lambda: place).line_of(("a", "b")) == Document(None, lambda: place).line_of(("a",))
    assert Document(None, lambda: place).line_of(("b", "c")) == 7


# Anything at all

PIECES = {
    ".yaml": [
        *"-?:,[]{}#&*!|>'\"%@`\\=~<.0x\t\r\0\7\x85\ufeff\u2028é😀", "\n", "\n  ", ": ", "- ", "? ", "&a ", "*a",
        "<<: ", "--- ", "...\n", "%YAML 1.1\n", "! ", "!!int ", "!!bool ", "!!float ", "!!null ", "!!set ", "!!omap ",
        "!!pairs ", "!!binary ", "!!timestamp ", "!!map ", "!!seq ", "1e-3", ".inf", "2001-01-01", "12:30:45", "yes",
        "null", "type: SGD\n", "momentum: ", "groups:\n", "match: ", "1: ",
    ],
    ".json": [
        *'{}[]:,"\\ \n\0eE+-.', '"type"', '"SGD"', '"groups"', '"match"', "null", "NaN", "-Infinity", "1e999",
        '"\\ud800"',
    ],
    ".toml": [
        *"=.[]{}'\"#,-+_ \r\0\7\\", "\n", "type = 'SGD'\n", "momentum = ", "[groups]\n", "[[groups]]\n", "a.b = ",
        "'''", '"""', "2001-01-01", "07:30:00Z", "0x", "nan", "1e5", "'null'", "match = 'a'\n", "'\\ud800'",
    ],
}  # fmt: skip
STARTS = {".yaml": "type: SGD\n", ".json": '{"type": "SGD", "a": ', ".toml": "type = 'SGD'\n"}
FIELDS = ["type", "learning_rate", "groups", "match", "momentum", "schedule", "decay_steps"]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["SGD", "5%"])
json_like = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4).map(lambda fields: {"type": "Warmup", **fields})
    ),
    max_leaves=8,
)


def answered(name: str, text: str) -> None:
    """Whatever is in the file: a spec, or a ``SpecFileError`` of whole lines that begin with the file."""
    Path(name).write_bytes(text.encode("utf-8", "surrogatepass"))
    lines: list[str] = []
    try:
        spec = load_spec(name)
    except SpecFileError as error:
        lines = error.lines
    assert lines or isinstance(spec, Spec)
    assert all(line.startswith(name) and line.isprintable() for line in lines)


@pytest.mark.parametrize("suffix", PIECES)
def test_any_text_is_a_spec_or_refused_in_words(suffix):
    pieces = st.lists(st.sampled_from(PIECES[suffix]), max_size=14).map("".join)

    @examples(400)
    @given(st.sampled_from(["", STARTS[suffix]]), pieces | st.text(max_size=30))
    def holds(start, text):
        answered(f"any{suffix}", start + text)

    holds()


@pytest.mark.parametrize("suffix", [".json", ".yaml"])  # JSON is YAML
def test_any_data_is_a_spec_or_refused_in_words(suffix):
    @examples(300)
    @given(json_like, st.booleans())
    def holds(data, typed):
        answered(f"any{suffix}", json.dumps({"type": "SGD", **data} if typed and isinstance(data, dict) else data))

    holds()
