"""What ``load_spec`` refuses, and the words in which it says so: file, line where it is known, path and rule."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest
from spec_files import mistakes, written

from keras_optkit import SGDSpec, SpecFileError, load_spec, save_spec

SUFFIXES = [".json", ".yaml", ".toml"]
NO_SPEC = "must be an optimizer or schedule spec, a mapping with a 'type', or the name of a type, received"


@pytest.fixture(autouse=True, scope="module")
def _in_a_folder_of_their_own(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("files"))
        yield


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
        "train.yaml:7: optimizer.learning_rate.decay_stepz: unknown field; did you mean 'decay_steps'?"
    ]


def test_several_mistakes_are_several_lines_in_the_order_of_the_file():
    assert mistakes("train.yaml", SEVERAL) == [
        "train.yaml:2: learning_rat: unknown field; did you mean 'learning_rate'?",
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
        (
            ALIASED,
            "train.yaml:3: optimizer.learning_rate.learning_rate: must be > 0, received 0; to freeze weights, "
            "set trainable=False",
        ),
    ],
)
def test_a_mistake_by_way_of_an_alias_is_found_where_it_is_written_or_used(text, line):
    assert mistakes("train.yaml", text, key="optimizer") == [line]


FINITE = "learning_rate: must be a finite number, received"
MAPPING = "must be a ParamGroup, or a mapping of its fields"


@pytest.mark.parametrize(
    ("suffix", "text", "start"),
    [
        (".yaml", "# only a comment", ": is empty"),
        (".yaml", "\n- SGD\n", f":2: {NO_SPEC} ['SGD']"),
        (".yaml", "type: SGD\nx: 1\n", ":2: x: unknown field; SGDSpec has the fields learning_rate, "),
        (".yaml", "type: SGD\nuse_ema: yes", ":2: use_ema: must be true or false, received 'yes'"),
        (".yaml", "type: SGD\nlearning_rate: -.inf", f":2: {FINITE} -inf"),
        (".yaml", "type: SGD\r\nlr: 1\r\n", ":2: lr: unknown field; Keras calls it 'learning_rate'"),
        (".yaml", "type: SGD\ngroups: [x]\n", f":2: groups.0: {MAPPING}, received 'x'"),
        (".json", '{"type": "SGD",\n"momentum": 2}', ":2: momentum: must be in [0, 1), received 2"),
        (".ini", "", ": a spec file must end in .json, .yaml, .yml, .toml, not '.ini'"),
        ("", "", ": a spec file must end in .json, .yaml, .yml, .toml, not ''"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_spec_is_said_in_words(suffix, text, start):
    (line,) = mistakes(f"train{suffix}", text)
    assert line.startswith(f"train{suffix}{start}")


@pytest.mark.parametrize("key", ["1", "~", "true", "0.5"])
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
        ("optimizer", ": there is no 'optimizer'; the keys are data, train"),
        ("trian", ": there is no 'trian'; did you mean 'train'? The keys are data, train"),
        (
            "train.optimiser",
            ":2: there is no 'train.optimiser'; did you mean 'optimizer'? The keys are epochs, optimizer",
        ),
        ("train.epochs.optimizer", ":3: there is no 'train.epochs.optimizer'"),
        ("train.optimizer.0", ":4: there is no 'train.optimizer.0'; the keys are type"),
        ("train.", ":2: there is no 'train.'; the keys are epochs, optimizer"),
        ("", ": there is no ''; the keys are data, train"),
        ("k" * 90_000, f": there is no '{'k' * 37}...{'k' * 38}'; the keys are data, train"),
    ],
    ids="{:.30}".format,
)
def test_a_key_that_leads_nowhere_is_answered_with_the_keys_there_are(name, key, line):
    line = re.sub(r"^:\d", ":1", line) if name.endswith(".json") else line  # which has one line
    assert mistakes(name, TRAINING[name], key=key) == [f"{name}{line}"]


def test_of_many_keys_some_are_shown():
    text = "".join(f"key_{n:04}: 1\n" for n in range(9_000)) + "long_" + "g" * 500 + ": 1\n"
    (line,) = mistakes("many.yaml", text, key="kei_0007")
    assert line.startswith(
        "many.yaml: there is no 'kei_0007'; did you mean 'key_0007'? The keys are key_0000, key_0001, "
    )
    assert line.endswith("key_0019 and 8,981 more")
    (line,) = mistakes("one.yaml", "long" + "g" * 500 + ": 1\n", key="kei")
    assert len(line) < 150


def test_a_mistake_at_a_key_has_the_whole_path_and_the_line():
    text = "models:\n- optimizer: {type: SGD}\n-\n  optimizer:\n    type: SGD\n    momentum: 2\n"
    assert mistakes("list.yaml", text, key="models.1.optimizer") == [
        "list.yaml:6: models.1.optimizer.momentum: must be in [0, 1), received 2"
    ]
    assert mistakes("list.yaml", text, key="models.2") == ["list.yaml:1: there is no 'models.2'; the keys are 0, 1"]
    assert load_spec("list.yaml", key="models.0.optimizer") == SGDSpec()


def test_a_key_may_be_a_number_or_a_word_of_yaml_as_it_is_written_in_python():
    written("numbers.yaml", "1: {true: sgd}\n")
    assert load_spec("numbers.yaml", key="1.True") == SGDSpec()


@pytest.mark.parametrize("key", [5, 0, False, b"train", ["train"], ("train", "optimizer")], ids=repr)
def test_a_key_that_is_no_string_is_a_type_error(key):
    written("train.yaml", TRAINING["train.yaml"])
    with pytest.raises(TypeError, match=r"key must be a dotted path such as 'train\.optimizer', received "):
        load_spec("train.yaml", key=key)


# A larger file without a key

LARGER = """\
data: {batch_size: 32, augment: {type: flip}}
train:
  epochs: 20
  optimizer:
    type: adam_w
    learning_rate: {type: Constant, learning_rate: 1}
secret: hunter2
"""


def test_without_a_type_at_the_top_the_key_of_the_optimizer_is_named_and_the_file_is_not_shown():
    assert mistakes("train.yaml", LARGER) == [
        "train.yaml:1: has no 'type'; there is an optimizer under 'train.optimizer': use key='train.optimizer' (--key)"
    ]
    assert load_spec("train.yaml", key="train.optimizer").type == "AdamW"
    assert mistakes("train.yaml", LARGER, key="train") == [
        "train.yaml:2: train: has no 'type'; there is an optimizer under 'train.optimizer': use "
        "key='train.optimizer' (--key)"
    ]


def test_of_several_optimizers_the_nearest_are_named():
    text = "gan:\n- {optimizer: {type: Adam}}\n- {optimizer: {type: SGD}}\nother: {type: SGD}\na.b: {type: SGD}\n"
    assert mistakes("gan.yaml", text) == [
        "gan.yaml:1: has no 'type'; there is an optimizer under 'other' and 'gan.0.optimizer' and 'gan.1.optimizer': "
        "use key='other' (--key)"
    ]


@pytest.mark.parametrize(
    "text", ["momentum: 0.9\nlearning_rate: {type: Constant, learning_rate: 1}\n", "data: {type: images}\n"]
)
def test_without_an_optimizer_in_it_only_the_type_is_missing(text):
    (line,) = mistakes("train.yaml", text)
    assert line.startswith("train.yaml:1: type: required")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_node_is_said_to_be_empty(suffix):
    text = {".json": '{"optimizer": {}}', ".yaml": "a: 1\noptimizer:\n", ".toml": "[optimizer]\n"}[suffix]
    (line,) = mistakes(f"none{suffix}", text, key="optimizer")
    assert line.removeprefix(f"none{suffix}").removeprefix(f":{1 + (suffix == '.yaml')}") == (
        ": optimizer: is empty; a spec needs at least a type, such as 'type: Adam'"
    )


# No file


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_cannot_be_read_is_an_os_error(suffix, tmp_path):
    with pytest.raises(FileNotFoundError):
        load_spec(tmp_path / f"none{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(IsADirectoryError):
        load_spec(tmp_path / f"folder{suffix}")


# No text


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "content",
    ["type: SGD".encode("utf-16"), b"type: S\x00GD", b"\xff", b"\x80" * 100, b"\x1f\x8b\x08\x00", bytes(range(256))],
    ids=["UTF-16", "NUL", "FF", "80", "gzip", "all bytes"],
)
def test_a_file_that_is_no_text_is_refused(suffix, content):
    (line,) = mistakes(f"binary{suffix}", content)
    assert re.match(r"binary\.\w+(:1)?: (must be UTF-8|is not (JSON|YAML|TOML)) ?", line)


def test_a_path_that_is_none_is_refused():
    for path in (0, 2.5, b"train.yaml", None, ["train.yaml"]):
        with pytest.raises(TypeError, match=r"path must be a string or a pathlib\.Path, received "):
            load_spec(path)
    with pytest.raises(SpecFileError, match=r"^'': a spec file must end in \.json, \.yaml, \.yml, \.toml, not ''$"):
        load_spec("")
    Path("saved_model").mkdir()
    words = r"^saved_model: is a directory; a spec file ends in .*\.toml, a saved model in \.keras or \.h5$"
    with pytest.raises(SpecFileError, match=words):
        load_spec("saved_model")
    with pytest.raises(SpecFileError, match="a path cannot have a NUL character"):
        load_spec("a\0.yaml")
    for use in (load_spec, lambda path: save_spec(SGDSpec(), path)):
        with pytest.raises(SpecFileError, match=r"^'a\\ud800\.yaml': a path cannot have a lone surrogate$"):
            use("a\ud800.yaml")
    for name in ("a" * 10**6, "a." + "b" * 10**6):
        with pytest.raises(SpecFileError, match="a spec file must end in") as caught:
            load_spec(name)
        assert len(str(caught.value)) < 1_000
    with pytest.raises(OSError, match="File name too long"):
        load_spec("a" * 300 + ".yaml")


# The error itself


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, *(lambda e, p=p: pickle.loads(pickle.dumps(e, p)) for p in range(6))]
)
def test_an_error_survives_copying_and_pickling(again):
    with pytest.raises(SpecFileError) as caught:
        load_spec(written("train.yaml", "type: SGD\nlr: 1\nmomentum: 2\n"))
    other = again(caught.value)
    assert type(other) is SpecFileError
    assert other.lines == caught.value.lines
    assert str(other) == str(caught.value)
    assert len(other.lines) == 2


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_however_much_is_wrong_the_error_stays_short(suffix):
    big = "x" * 200_000
    text = {
        ".json": f'{{"type": "{big}"}}',
        ".yaml": f"type: SGD\n{big}: {big}\nlearning_rate: {{type: {big}}}\nname: [{big}]\n",
        ".toml": f"type = 'SGD'\n'{big}' = 1\nmomentum = '{big}'\n",
    }[suffix]
    assert sum(map(len, mistakes(f"big{suffix}", text))) < 3_000
    many = "\n".join(f"f{n}: 1" for n in range(20_000))
    many = {
        ".json": '{"type": "SGD", ' + ",".join(f'"f{n}": 1' for n in range(20_000)) + "}",
        ".yaml": f"type: SGD\n{many}",
        ".toml": "type = 'SGD'\n" + many.replace(":", " ="),
    }[suffix]
    assert len(mistakes(f"many{suffix}", many)) <= 51
