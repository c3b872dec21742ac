"""What ``load_spec`` refuses: the words in which it says so, and that no file, whatever is in it, does anything else."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_optkit import SpecFileError, load_spec
from keras_optkit.specs.base import Spec

SUFFIXES = [".json", ".yaml", ".toml"]
#: Ids that can be read, of texts that cannot.
BRIEF = "{:.30}".format
NO_SPEC = "must be a spec, a mapping with a 'type', or the name of a type, received"


@pytest.fixture(autouse=True, scope="module")
def _in_a_folder_of_their_own(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("files"))
        yield


def mistakes(name: str, text: str | bytes, **options: Any) -> list[str]:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SpecFileError) as caught:
        load_spec(name, **options)
    lines = caught.value.lines
    assert str(caught.value) == "\n".join(lines)
    assert all(line.startswith(name) and line.isprintable() for line in lines), "each mistake is one line"
    return lines


# Mistakes in a spec

ISSUE = """\
data:
  batch_size: 32
optimizer:
  type: Adam
  learning_rate:
    type: CosineDecay
    decay_stepz: 1000
    initial_learning_rate: 0.1
"""
SEVERAL = """\
type: SGD
learning_rat: 0.1

groups:
- match: head/
- match: encoder/
  learning_rate_multiplier: -1
momentum: 1.5
use_ema: "no"
"""


def test_a_mistake_is_a_line_with_file_line_path_and_rule():
    assert mistakes("train.yaml", ISSUE, key="optimizer") == [
        "train.yaml:7: optimizer.learning_rate.decay_stepz: unknown field, did you mean 'decay_steps'?"
    ]


def test_several_mistakes_are_several_lines_unknown_fields_first():
    lines = mistakes("train.yaml", SEVERAL)
    assert lines[0] == "train.yaml:2: learning_rat: unknown field, did you mean 'learning_rate'?"
    assert sorted(lines[1:]) == [
        "train.yaml:7: groups.1.learning_rate_multiplier: must be >= 0, received -1",
        "train.yaml:8: momentum: must be in [0, 1), received 1.5",
        "train.yaml:9: use_ema: must be true or false, received 'no'",
    ]


MERGED = "common: &common\n  momentum: 2\noptimizer:\n  <<: *common\n  type: SGD\n"
ALIASED = "decay: &decay\n  type: Constant\n  learning_rate: 0\noptimizer:\n  type: SGD\n  learning_rate: *decay\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (MERGED, "train.yaml:3: optimizer.momentum: must be in [0, 1), received 2"),
        (ALIASED, "train.yaml:3: optimizer.learning_rate.learning_rate: must be > 0, received 0"),
    ],
)
def test_a_mistake_by_way_of_an_alias_is_found_where_it_is_written_or_used(text, line):
    assert mistakes("train.yaml", text, key="optimizer") == [line]


@pytest.mark.parametrize(
    ("name", "text", "start"),
    [
        ("a.yaml", "", f"a.yaml: {NO_SPEC} None"),
        ("a.yaml", "# only a comment", f"a.yaml: {NO_SPEC} None"),
        ("a.yaml", "- SGD\n", f"a.yaml: {NO_SPEC} ['SGD']"),
        ("a.yaml", "!!binary 'QUJD'", f"a.yaml: {NO_SPEC} b'ABC'"),
        ("a.yaml", "type: SGD\nx: 1\n", "a.yaml:2: x: unknown field, SGDSpec has type, "),
        ("a.yaml", "type: SGD\nuse_ema: yes", "a.yaml:2: use_ema: must be true or false, received 'yes'"),
        ("a.yaml", "type: SGD\nlearning_rate: -.inf", "a.yaml:2: learning_rate: must be a finite number, received -inf"),
        ("a.yaml", "type: SGD\nname: 2001-01-01", "a.yaml:2: name: must be a string, received datetime.date(2001, 1, 1)"),
        ("a.yaml", "type: SGD\r\nlr: 1\r\n", "a.yaml:2: lr: unknown field, its name in Keras is 'learning_rate'"),
        ("a.yaml", "type: SGD\n? {a: b}\n: 2\n", "a.yaml:2: is not YAML: found unhashable key"),
        ("a.yaml", "type: SGD\ngroups: [x]\n", "a.yaml:2: groups.0: must be a mapping of field names to values, or ParamGroup,"
         " received 'x'"),
        ("a.json", '{"type": "SGD",\n"momentum": 2}', "a.json: momentum: must be in [0, 1), received 2"),
        ("a.json", '{"type": "SGD", "learning_rate": NaN}', "a.json: learning_rate: must be a finite number, received nan"),
        ("a.json", '{"type": "SGD", "learning_rate": 1e999}', "a.json: learning_rate: must be a finite number, received inf"),
        ("a.json", "null", f"a.json: {NO_SPEC} None"),
        ("a.toml", "", "a.toml: type: required: one of ExponentialDecay, "),
        ("a.toml", "type = 'SGD'\nlearning_rate = nan", "a.toml: learning_rate: must be a finite number, received nan"),
        ("a.toml", "type = 'SGD'\nname = 2001-01-01", "a.toml: name: must be a string, received datetime.date(2001, 1, 1)"),
        ("a.ini", "", "a.ini: a spec file ends in .json, .yaml, .yml, .toml, not '.ini'"),
        ("noted", "", "noted: a spec file ends in .json, .yaml, .yml, .toml, not ''"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_spec_is_said_in_words(name, text, start):
    (line,) = mistakes(name, text)
    assert line.startswith(start)


@pytest.mark.parametrize("key", ["1", "~", "true", "0.5", "2001-01-01", "? [a, b]\n"])
def test_a_field_name_that_yaml_reads_as_no_text_is_refused(key):
    (line,) = mistakes("a.yaml", f"type: SGD\n{key}: 2\n")
    assert re.match(r"a\.yaml:[12]: .+: field names must be strings, received ", line)


TRAINING = {
    "train.yaml": "data: 1\ntrain:\n  epochs: 3\n  optimizer: {type: SGD}\n",
    "train.toml": "data = 1\n[train]\nepochs = 3\noptimizer = {type = 'SGD'}\n",
    "train.json": '{"data": 1, "train": {"epochs": 3, "optimizer": {"type": "SGD"}}}',
}


@pytest.mark.parametrize("name", TRAINING)
@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("optimizer", "there is no 'optimizer'; there are data, train"),
        ("train.optimiser", "there is no 'train.optimiser'; there are epochs, optimizer"),
        ("train.epochs.optimizer", "there is no 'train.epochs.optimizer'"),
        ("train.optimizer.0", "there is no 'train.optimizer.0'; there are type"),
        ("train.", "there is no 'train.'; there are epochs, optimizer"),
    ],
)
def test_a_key_that_leads_nowhere_is_answered_with_the_keys_there_are(name, key, line):
    assert mistakes(name, TRAINING[name], key=key) == [f"{name}: {line}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_cannot_be_read_is_an_os_error(suffix, tmp_path):
    with pytest.raises(FileNotFoundError):
        load_spec(tmp_path / f"none{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(IsADirectoryError):
        load_spec(tmp_path / f"folder{suffix}")


# No file of its format


@pytest.mark.parametrize(
    ("name", "text", "start"),
    [
        ("a.yaml", "type: SGD\ntype: Adam\n", ":2: is not YAML: found duplicate key "),
        ("a.yaml", "type: SGD\nmomentum: [0.9\n", ":3: is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a.yaml", "type: SGD\n---\ntype: Adam\n", ":2: is not YAML: but found another document"),
        ("a.yaml", "type:\n\tSGD\n", ":2: is not YAML: found character '\\t' that cannot start any token"),
        ("a.yaml", "type: *sgd\n", ":1: is not YAML: found undefined alias 'sgd'"),
        ("a.yaml", "type: SGD\n<<: 3\n", ":2: is not YAML: expected a mapping or list of mappings for merging, but"),
        ("a.yaml", "type: SGD\nname: 2001-13-45\n", ": is not YAML: month must be in 1..12"),
        ("a.yaml", "%YAML 1.0\n---\ntype: SGD\n", ""),
        ("a.yaml", "%YAML 2.0\n---\ntype: SGD\n", ":1: is not YAML: found incompatible YAML document"),
        ("a.yaml", "type: SGD\n%YAML 2.0\n", ""),
        ("a.yaml", "type: SGD\nuse_ema: !!bool maybe\n", ""),
        ("a.yaml", "type: SGD\nmomentum: !!int ''\n", ""),
        ("a.yaml", "type: SGD\nmomentum: !!float ''\n", ""),
        ("a.yaml", "type: SGD\nmomentum: !!int many\n", ": is not YAML: invalid literal for int()"),
        ("a.yaml", "type: SGD\nmomentum: !!timestamp now\n", ":2: is not YAML: failed to construct timestamp"),
        ("a.yaml", "type: !include sgd.yaml\n", ":1: is not YAML: could not determine a constructor for the tag '!include'"),
        ("a.json", "", ":1: is not JSON: Expecting value"),
        ("a.json", '{"type": "SGD",\n"momentum": }', ":2: is not JSON: Expecting value"),
        ("a.json", '{"type": "SGD", "type": "Adam"}', ": 'type' is written twice in one object"),
        ("a.json", "{'type': 'SGD'}", ":1: is not JSON: Expecting property name enclosed in double quotes"),
        ("a.toml", "type: SGD", ": is not TOML: "),
    ],
)  # fmt: skip
def test_a_file_that_is_not_of_its_format_is_refused_with_the_reason(name, text, start):
    (line,) = mistakes(name, text)
    assert line.startswith(name + start)


@pytest.mark.parametrize("text", ["type = 'SGD'\nmomentum = 0.9\nmomentum = 0.8\n", "type = 'SGD'\n\nmomentum = \n"])
def test_an_error_in_toml_says_in_which_line(text):
    (line,) = mistakes("train.toml", text)
    assert re.match(r"train\.toml(:3: is not TOML: |: is not TOML: .*line 3\b)", line)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "content",
    ["type: SGD".encode("utf-16"), b"type: S\x00GD", b"\xff", b"\x80" * 100, b"\x1f\x8b\x08\x00", bytes(range(256))],
    ids=["UTF-16", "NUL", "FF", "80", "gzip", "all bytes"],
)
def test_a_file_that_is_no_text_is_refused(suffix, content):
    (line,) = mistakes(f"binary{suffix}", content)
    assert re.match(r"binary\.\w+(:1)?: (must be UTF-8|is not (JSON|YAML|TOML)) ?", line)


# Hostile files

DEEP = {
    ".json": ["[" * 100_000, '{"a":' * 20_000, "[" * 50_000 + "]" * 50_000],
    ".yaml": ["[" * 1_000, "{a: " * 5_000, "- " * 5_000, "? " * 5_000, "- ? " * 5_000],
    ".toml": ["a = " + "[" * 50_000, "a = " + "{a = " * 5_000, ".".join("a" * 3_000) + " = 1"],
}


@pytest.mark.parametrize(("suffix", "text"), [(suffix, text) for suffix in DEEP for text in DEEP[suffix]], ids=BRIEF)
def test_a_file_that_is_nested_too_deeply_is_refused(suffix, text):
    assert mistakes(f"deep{suffix}", text) == [f"deep{suffix}: is nested too deeply"]


def grown(lines: int, line: str) -> str:
    return "x0: &x0 {a: 1, b: 2}\n" + "".join(line.format(last=n, this=n + 1) for n in range(lines)) + "type: SGD\n"


MANY = "bomb.yaml: stands for more than 100,000 values, by aliases or as it is"
BOMBS = {
    "lists": (grown(40, "x{this}: &x{this} [*x{last}, *x{last}, *x{last}]\n"), MANY),
    "mappings": (grown(200, "x{this}: &x{this} {{a: *x{last}, b: *x{last}}}\n"), MANY),
    "keys": (grown(40, "x{this}: &x{this} {{? [*x{last}, *x{last}] : 1}}\n"), MANY),
    "merges": (grown(100, "x{this}: &x{this} {{<<: [*x{last}, *x{last}], c{this}: 1}}\n"), MANY),
    "a list in itself": ("type: SGD\ngroups: &a\n- *a\n", "bomb.yaml:2: a value contains itself, by an alias"),
    "a mapping in itself": ("&a\ntype: SGD\nx: {y: *a}\n", "bomb.yaml:1: a value contains itself, by an alias"),
    "a merge of itself": ("&a\ntype: SGD\n<<: *a\n", "bomb.yaml:1: a value contains itself, by an alias"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_aliases_that_would_fill_the_memory_are_refused_at_once(bomb):
    text, expected = BOMBS[bomb]
    mistakes("bomb.yaml", "[")  # pays for imports
    start = time.process_time()
    assert mistakes("bomb.yaml", text) == [expected]
    assert time.process_time() - start < 1


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "9" * 400, "0x" + "f" * 5_000, "1e99999"])
@pytest.mark.parametrize(("suffix", "form"), [(".json", '{{"type": "SGD", "momentum": {}}}'), (".yaml", "type: SGD\n"
                         "momentum: {}"), (".toml", "type = 'SGD'\nmomentum = {}")])  # fmt: skip
def test_a_number_that_no_computer_wants_is_refused(suffix, form, number):
    (line,) = mistakes(f"huge{suffix}", form.format(number))
    assert len(line) < 300


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
        '{"type": "__import__(\'os\').mkdir(\'ran\')"}',
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


# Anything at all

PIECES = {
    ".yaml": [*"-?:,[]{}#&*!|>'\"%@`\\=~<.0x\t\r\0\7\x85\ufeff\u2028é😀", "\n", "\n  ", ": ", "- ", "? ", "&a ", "*a", "<<: ",
              "--- ", "...\n", "%YAML 1.1\n", "!!int ", "!!bool ", "!!float ", "!!null ", "!!set ", "!!omap ", "!!pairs ",
              "!!binary ", "!!timestamp ", "!!map ", "!!seq ", "! ", "1e-3", ".inf", "2001-01-01", "12:30:45", "yes", "null",
              "type: SGD\n", "momentum: ", "groups:\n", "match: ", "1: "],
    ".json": [*'{}[]:,"\\ \n\0eE+-.', '"type"', '"SGD"', '"groups"', '"match"', "null", "NaN", "-Infinity", "1e999", '"\\ud800"'],
    ".toml": [*"=.[]{}'\"#,-+_ \r\0\7\\", "\n", "type = 'SGD'\n", "momentum = ", "[groups]\n", "[[groups]]\n", "a.b = ",
              "'''", '"""', "2001-01-01", "07:30:00Z", "0x", "nan", "1e5", "'null'", "match = 'a'\n", "'\\ud800'"],
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
    try:
        assert isinstance(load_spec(name), Spec)
    except SpecFileError as error:
        assert error.lines
        assert all(line.startswith(name) and line.isprintable() for line in error.lines)


@pytest.mark.parametrize("suffix", PIECES)
def test_any_text_is_a_spec_or_refused_in_words(suffix):
    pieces = st.lists(st.sampled_from(PIECES[suffix]), max_size=14).map("".join)

    @settings(max_examples=400)
    @given(st.sampled_from(["", STARTS[suffix]]), pieces | st.text(max_size=30))
    def holds(start, text):
        answered(f"any{suffix}", start + text)

    holds()


@pytest.mark.parametrize("suffix", [".json", ".yaml"])  # JSON is YAML
def test_any_data_is_a_spec_or_refused_in_words(suffix):
    @settings(max_examples=300)
    @given(json_like, st.booleans())
    def holds(data, typed):
        answered(f"any{suffix}", json.dumps({"type": "SGD", **data} if typed and isinstance(data, dict) else data))

    holds()
