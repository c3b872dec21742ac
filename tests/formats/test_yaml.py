"""YAML: what is read as YAML 1.2, what is refused, and at which line."""

from __future__ import annotations

import io

import pytest
from spec_files import loaded, mistakes

from keras_optkit import CosineDecaySpec, ParamGroup, SGDSpec, load_spec, save_spec
from keras_optkit.formats import yaml
from keras_optkit.formats.yaml_scalars import resolved

DECAY = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="20 epochs")


@pytest.mark.parametrize(
    ("field", "spec"),
    [
        ("learning_rate: 1e-3", SGDSpec(learning_rate=0.001)),
        ("learning_rate: 1E+1", SGDSpec(learning_rate=10)),
        ("learning_rate: '1e-3'", SGDSpec(learning_rate=0.001)),
        ("name: yes", SGDSpec(name="yes")),
        ("name: NO", SGDSpec(name="NO")),
        ("use_ema: true", SGDSpec(use_ema=True)),
        ("gradient_accumulation_steps: 012", SGDSpec(gradient_accumulation_steps=12)),
        ("gradient_accumulation_steps: 0o12", SGDSpec(gradient_accumulation_steps=10)),
        ("gradient_accumulation_steps: 0x1F", SGDSpec(gradient_accumulation_steps=31)),
        ("gradient_accumulation_steps: 1_000", SGDSpec(gradient_accumulation_steps=1000)),
        ("name: 2001-01-01", SGDSpec(name="2001-01-01")),
        ("name: 0b11", SGDSpec(name="0b11")),
        ("name: !!str 12", SGDSpec(name="12")),
        ("name: ! 12", SGDSpec(name="12")),
        ("momentum: !!float '0.5'", SGDSpec(momentum=0.5)),
        ("momentum: !!float 0", SGDSpec()),
        ("weight_decay: ~", SGDSpec()),
        ("weight_decay:", SGDSpec()),
        ("learning_rate: {type: cosine_decay, initial_learning_rate: .1, decay_steps: 20 epochs}  # one line",
         SGDSpec(learning_rate=DECAY)),
    ],
)  # fmt: skip
def test_yaml_is_read_as_yaml_1_2(field, spec):
    assert loaded("train.yaml", f"type: SGD\n{field}\n") == spec


ALIASED = """\
decay: &decay {type: CosineDecay, initial_learning_rate: 0.1, decay_steps: 20 epochs}
common: &common {momentum: 0.9, nesterov: true}
optimizer: {<<: *common, type: SGD, learning_rate: *decay, momentum: 0.8}
"""


def test_aliases_and_merge_keys_mean_what_yaml_says():
    spec = loaded("train.yaml", ALIASED, key="optimizer")
    assert spec == SGDSpec(learning_rate=DECAY, momentum=0.8, nesterov=True)


def test_an_anchor_may_be_used_again_and_an_alias_means_the_last_one():
    text = "a: &rate 0.1\nb: &rate 0.2\noptimizer: {type: SGD, learning_rate: *rate}\n"
    assert loaded("train.yaml", text, key="optimizer") == SGDSpec(learning_rate=0.2)


def test_of_two_merged_mappings_the_first_counts_and_what_is_written_counts_more():
    text = """\
a: &a {momentum: 0.1, clipnorm: 1}
b: &b {momentum: 0.2, weight_decay: 0.3, clipnorm: 2}
optimizer: {type: SGD, <<: [*a, *b], clipnorm: 3}
"""
    assert loaded("train.yaml", text, key="optimizer") == SGDSpec(momentum=0.1, weight_decay=0.3, clipnorm=3)


def test_quoted_a_merge_key_is_a_key_like_any_other():
    assert mistakes("train.yaml", "type: SGD\n'<<': {momentum: 0.9}\n")[0].startswith("train.yaml:2: <<: unknown field")


@pytest.mark.parametrize("name", ["null", "TRUE", ".5e5", "1_0", "0o7", "0xF", "-.INF", ".NaN", "1.e3", "-1"])
def test_a_text_that_would_be_read_as_something_else_is_written_in_quotes(name):
    assert not isinstance(resolved(name), str)
    spec = SGDSpec(groups=[ParamGroup(match=name, learning_rate_multiplier=2)])
    save_spec(spec, "name.yaml")
    assert load_spec("name.yaml") == spec


def test_a_name_that_would_be_read_as_something_else_is_written_in_quotes_too():
    data = {".5e5": {"null": "1e3", "\x85": ["0o7"]}}
    assert yaml.read(io.BytesIO(yaml.write(data).encode())).data == data


def test_a_version_line_of_yaml_1_2_is_allowed():
    assert loaded("train.yaml", "# mine\n%YAML 1.2\n---\ntype: SGD\nname: yes\n") == SGDSpec(name="yes")


@pytest.mark.parametrize(
    "version", ["1.0", "1.1", "1.3", "1.20", "2.0", "1", "", "1.99999999999999999999", "1.1 # old"]
)
def test_another_version_is_refused_because_words_and_numbers_mean_something_else_there(version):
    assert mistakes("train.yaml", f"# mine\n%YAML {version}\n---\ntype: SGD\nuse_ema: yes\n") == [
        "train.yaml:2: must be YAML 1.2, where yes is a word and 010 is 10: delete this line"
    ]


NOT_INDENTED = "is not YAML: this line is not indented like the lines that it belongs to"
OVER_INDENTED = "is not YAML: this line is indented more than the line above, which already has a value"
TAB = "is not YAML: a tab is not allowed here; use spaces"
NO_COLON = "is not YAML: no colon followed by a space in"
SLIPS = {
    # Indentation
    "optimizer:\n  type: SGD\n\tmomentum: 0.9\n": f"3: {TAB}",
    "groups:\n- match: a\n-\tmatch: b\n": f"3: {TAB}",
    "type: SGD\n\n  momentum: 0.9\nlr: 1\n": f"3: {OVER_INDENTED}",
    "type: SGD\n# more\n  momentum: 0.9\nlr: 1\n": f"3: {NOT_INDENTED}",
    "optimizer:\n    type: SGD\n  momentum: 0.9\n": f"3: {NOT_INDENTED}",
    "  type: SGD\nmomentum: 0.9\n": f"2: {NOT_INDENTED}",
    "groups:\n- match: a\n weight_decay: 0\n": f"3: {NOT_INDENTED}",
    "momentum: 0.9\n- match: a\n": f"2: {NOT_INDENTED}",
    # Colons
    "type SGD\nmomentum: 0.9\n": f"1: {NO_COLON} 'type SGD'",
    "type: SGD\nmomentum 0.9\nnesterov: true\n": f"2: {NO_COLON} 'momentum 0.9'",
    "type: SGD\nmomentum:0.9\nnesterov: true\n": f"2: {NO_COLON} 'momentum:0.9'",
    "type: SGD\nlearning_rate\n  type: Ramp\n": f"2: {NO_COLON} 'learning_rate'",
    "optimizer\n\n  type: SGD\n": f"1: {NO_COLON} 'optimizer'",
    "type: SGD\nname: a: b\n": "2: is not YAML: a value with a colon and a space in it needs quotes",
    # Quotes and brackets
    "type: 'SGD\nmomentum: 0.9\n\n": "1: is not YAML: a quote is not closed",
    "type: SGD\ngroups: [a, b\nmomentum: 0.9\n": "2: is not YAML: no ',' between two entries, or no ']' after the last",
    "{type: SGD momentum: 0.9}": "1: is not YAML: no ',' between two entries, or no '}' after the last",
    "type: SGD\nmomentum: [0.9\n": "2: is not YAML: no ',' between two entries, or no ']' after the last",
    "match: [a-z]+/kernel\n": "1: is not YAML: text after the end of a value; if it belongs to the value, "
    "put all of it in quotes",
    "decay_steps: %5\n": "1: is not YAML: a value that begins with '%' needs quotes",
    'match: "\\d+"\n': "1: is not YAML: a backslash in double quotes begins an escape; use single quotes",
    'name: "\\UFFFFFFFF"\n': " is not YAML: an escape such as \\U00110000 that is not a character",
    "a: 1\nname: \x1b[0m\n": "2: is not YAML: the character '\\x1b' is not allowed",
    # Twice
    "type: SGD\nlr: 1\ntype: Adam\n": "3: 'type' is written twice, first on line 1",
    "type: SGD\nlearning_rate: {type: Constant, type: Ramp}\n": "2: 'type' is written twice, first on line 2",
    "1: a\ntrue: b\n": "2: True is written twice, first on line 1",
    "a: &a {}\nb:\n  <<: *a\n  <<: *a\n": "4: '<<' is written twice, first on line 3",
    "type: SGD\n---\ntype: Adam\n": "2: a second document begins here; a file can have only one",
    "type: SGD\n...\n\ntype: Adam\n": "4: a second document begins here; a file can have only one",
    # Aliases, tags and keys
    "type: SGD\nname: *sgd\n": "2: there is no anchor 'sgd' before this alias",
    "type: SGD\n<<: 3\n": "2: '<<' takes a mapping or a list of mappings",
    "type: SGD\n<<: [{}, 3]\n": "2: '<<' takes a mapping or a list of mappings",
    "type: SGD\n? {a: b}\n: 2\n": "2: a key must be a word, not a list or a mapping",
    "type: SGD\n? [a, b]\n: 2\n": "2: a key must be a word, not a list or a mapping",
    "type: SGD\nuse_ema: !!bool maybe\n": "2: 'maybe' is not a valid !!bool",
    "type: SGD\nmomentum: !!int ''\n": "2: '' is not a valid !!int",
    "type: SGD\nmomentum: !!int true\n": "2: 'true' is not a valid !!int",
    "type: SGD\nmomentum: !!float many\n": "2: 'many' is not a valid !!float",
    "type: SGD\nname: !!timestamp 2001-01-01\n": "2: the tag !!timestamp is not supported",
    "type: SGD\nname: !!binary QUJD\n": "2: the tag !!binary is not supported",
    "type: SGD\ngroups: !!set {a}\n": "2: the tag !!set is not supported here",
    "type: SGD\ngroups: !mine [a]\n": "2: the tag !mine is not supported here",
    "type: !include sgd.yaml\n": "1: the tag !include is not supported",
    f"type: SGD\nname: !{'a' * 100_000} b\n": "2: a tag this long is not supported",
}


@pytest.mark.parametrize("text", SLIPS, ids="{:.30}".format)
def test_a_slip_is_named_at_the_line_to_change(text):
    assert mistakes("train.yaml", text) == [f"train.yaml:{SLIPS[text]}"]


@pytest.mark.parametrize("text", ["type:SGD\nmomentum:0.9\n", "type = 'SGD'\nmomentum = 0.9\n", "type SGD"])
def test_a_file_that_is_one_text_is_said_to_have_no_fields(text):
    (line,) = mistakes("train.yaml", text)
    assert line.startswith("train.yaml:1: must have fields, but is the text ")
    assert line.endswith("; write 'type: Adam', with a space after the colon")


def test_a_parser_that_gives_events_without_end_is_stopped_at_the_limit(monkeypatch):
    from ruamel.yaml.events import DocumentStartEvent, ScalarEvent, SequenceStartEvent, StreamStartEvent

    class Start:
        line = 6

    taken = 0

    class Endless:
        def parse(self, text: str):
            nonlocal taken
            yield StreamStartEvent()
            yield DocumentStartEvent()
            yield SequenceStartEvent(None, None, True, start_mark=Start)
            while True:
                taken += 1
                yield ScalarEvent(None, None, (True, False), "1", start_mark=Start)

    monkeypatch.setattr(yaml, "_yaml", lambda kind: Endless())
    assert mistakes("train.yaml", "[") == ["train.yaml:7: expands to more than 100,000 values"]
    assert taken == 100_000
