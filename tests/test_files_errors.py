"""What ``load_spec`` refuses, and the words in which it says so: file, line where it is known, path and rule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from keras_optkit import SpecFileError, load_spec

SUFFIXES = [".json", ".yaml", ".toml"]
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


FINITE = "learning_rate: must be a finite number, received"
DATE = "name: must be a string, received datetime.date(2001, 1, 1)"
MAPPING = "must be a mapping of field names to values, or ParamGroup"


@pytest.mark.parametrize(
    ("suffix", "text", "start"),
    [
        (".yaml", "", f": {NO_SPEC} None"),
        (".yaml", "# only a comment", f": {NO_SPEC} None"),
        (".yaml", "- SGD\n", f": {NO_SPEC} ['SGD']"),
        (".yaml", "!!binary 'QUJD'", f": {NO_SPEC} b'ABC'"),
        (".yaml", "type: SGD\nx: 1\n", ":2: x: unknown field, SGDSpec has type, "),
        (".yaml", "type: SGD\nuse_ema: yes", ":2: use_ema: must be true or false, received 'yes'"),
        (".yaml", "type: SGD\nlearning_rate: -.inf", f":2: {FINITE} -inf"),
        (".yaml", "type: SGD\nname: 2001-01-01", f":2: {DATE}"),
        (".yaml", "type: SGD\r\nlr: 1\r\n", ":2: lr: unknown field, its name in Keras is 'learning_rate'"),
        (".yaml", "type: SGD\ngroups: [x]\n", f":2: groups.0: {MAPPING}, received 'x'"),
        (".json", '{"type": "SGD",\n"momentum": 2}', ": momentum: must be in [0, 1), received 2"),
        (".json", '{"type": "SGD", "learning_rate": NaN}', f": {FINITE} nan"),
        (".json", '{"type": "SGD", "learning_rate": 1e999}', f": {FINITE} inf"),
        (".json", "null", f": {NO_SPEC} None"),
        (".toml", "", ": type: required: one of Constant, "),
        (".toml", "type = 'SGD'\nlearning_rate = nan", f": {FINITE} nan"),
        (".toml", "type = 'SGD'\nname = 2001-01-01", f": {DATE}"),
        (".ini", "", ": a spec file ends in .json, .yaml, .yml, .toml, not '.ini'"),
        ("", "", ": a spec file ends in .json, .yaml, .yml, .toml, not ''"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_spec_is_said_in_words(suffix, text, start):
    (line,) = mistakes(f"train{suffix}", text)
    assert line.startswith(f"train{suffix}{start}")


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

DUPLICATE = ":2: is not YAML: found duplicate key "
NO_TAG = "is not YAML: could not determine a constructor for the tag"


@pytest.mark.parametrize(
    ("suffix", "text", "start"),
    [
        (".yaml", "type: SGD\ntype: Adam\n", DUPLICATE),
        (".yaml", "type: SGD\nlearning_rate: {type: Constant, type: Ramp}\n", DUPLICATE),
        (".yaml", "type: SGD\nmomentum: [0.9\n", ":3: is not YAML: expected ',' or ']', but got '<stream end>'"),
        (".yaml", "type: SGD\n---\ntype: Adam\n", ":2: is not YAML: but found another document"),
        (".yaml", "type:\n\tSGD\n", ":2: is not YAML: found character '\\t' that cannot start any token"),
        (".yaml", "type: *sgd\n", ":1: is not YAML: found undefined alias 'sgd'"),
        (".yaml", "type: SGD\n<<: 3\n", ":2: is not YAML: expected a mapping or list of mappings for merging, but"),
        (".yaml", "type: SGD\nname: 2001-13-45\n", ": is not YAML: month must be in 1..12"),
        (".yaml", "type: SGD\n? {a: b}\n: 2\n", ":2: is not YAML: found unhashable key"),
        (".yaml", "%YAML 1.0\n---\ntype: SGD\n", ""),
        (".yaml", "%YAML 2.0\n---\ntype: SGD\n", ":1: is not YAML: found incompatible YAML document"),
        (".yaml", "[]\n%YAML 2.0\n", ""),
        (".yaml", "type: SGD\nuse_ema: !!bool maybe\n", ""),
        (".yaml", "type: SGD\nmomentum: !!int ''\n", ""),
        (".yaml", "type: SGD\nmomentum: !!float ''\n", ""),
        (".yaml", "type: SGD\nmomentum: !!int many\n", ""),
        (".yaml", "type: SGD\nmomentum: !!timestamp now\n", ":2: is not YAML: failed to construct timestamp"),
        (".yaml", "type: !include sgd.yaml\n", f":1: {NO_TAG} '!include'"),
        (".json", "", ":1: is not JSON: Expecting value"),
        (".json", '{"type": "SGD",\n"momentum": }', ":2: is not JSON: Expecting value"),
        (".json", '{"type": "SGD", "type": "Adam"}', ": 'type' is written twice in one object"),
        (".json", "{'type': 'SGD'}", ":1: is not JSON: Expecting property name enclosed in double quotes"),
        (".toml", "type: SGD", ": is not TOML: "),
    ],
)  # fmt: skip
def test_a_file_that_is_not_of_its_format_is_refused_with_the_reason(suffix, text, start):
    (line,) = mistakes(f"train{suffix}", text)
    assert line.startswith(f"train{suffix}{start}")


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
