"""``load_spec`` and ``save_spec``: every spec in every format, and what a file means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import SPEC_STRATEGIES

from keras_optkit import (
    AdamSpec,
    CosineDecaySpec,
    MuonSpec,
    ParamGroup,
    SGDSpec,
    WarmupSpec,
    load_spec,
    save_spec,
)

SUFFIXES = [".json", ".yaml", ".yml", ".toml"]
DECAY = CosineDecaySpec(initial_learning_rate=0.1, decay_steps="20 epochs")


@pytest.fixture(autouse=True, scope="module")
def _in_a_folder_of_their_own(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("files"))
        yield


def loaded(name: str, text: str, **options: Any) -> Any:
    Path(name).write_text(text, encoding="utf-8")
    return load_spec(name, **options)


# Saved and loaded


@pytest.mark.parametrize("cls", SPEC_STRATEGIES)
def test_every_spec_survives_every_format_unchanged(cls):
    @examples(40)
    @given(SPEC_STRATEGIES[cls], st.sampled_from([".yaml", ".toml", ".json"]))
    def survives(spec, suffix):
        save_spec(spec, f"spec{suffix}")
        again = load_spec(f"spec{suffix}")
        assert again == spec
        assert type(again) is cls

    survives()


NAMES = ["null", "yes", "true", "1e-3", ".inf", ".nan", "012", "0x1F", "1_000", "12", "1.", "...", "2001-01-01"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_name_that_looks_like_something_else_stays_a_name(suffix):
    for name in NAMES:
        save_spec(SGDSpec(name=name), f"name{suffix}")
        assert load_spec(f"name{suffix}") == SGDSpec(name=name)


SAVED = MuonSpec(
    learning_rate=WarmupSpec(schedule=DECAY, warmup_steps=500),
    adam_weight_decay=None,
    groups=[ParamGroup(match="head/", learning_rate_multiplier=10)],
)
LOOKS = {
    ".json": """\
{
  "type": "Muon",
  "learning_rate": {
    "type": "Warmup",
    "schedule": {
      "type": "CosineDecay",
      "initial_learning_rate": 0.1,
      "decay_steps": "20 epochs"
    },
    "warmup_steps": 500
  },
  "groups": [
    {
      "match": "head/",
      "learning_rate_multiplier": 10.0
    }
  ],
  "adam_weight_decay": null
}
""",
    ".yaml": """\
type: Muon
learning_rate:
  type: Warmup
  schedule:
    type: CosineDecay
    initial_learning_rate: 0.1
    decay_steps: 20 epochs
  warmup_steps: 500
groups:
- match: head/
  learning_rate_multiplier: 10.0
adam_weight_decay:
""",
    ".toml": """\
type = "Muon"
groups = [
    { match = "head/", learning_rate_multiplier = 10.0 },
]
adam_weight_decay = "null"

[learning_rate]
type = "Warmup"
warmup_steps = 500

[learning_rate.schedule]
type = "CosineDecay"
initial_learning_rate = 0.1
decay_steps = "20 epochs"
""",
}


@pytest.mark.parametrize("suffix", LOOKS)
def test_a_saved_file_reads_as_one_would_write_it(suffix):
    save_spec(SAVED, f"saved{suffix}")
    assert Path(f"saved{suffix}").read_text(encoding="utf-8") == LOOKS[suffix]
    assert load_spec(f"saved{suffix}") == SAVED


@pytest.mark.parametrize("name", ["capitals.YAML", "capitals.Json", "capitals.TOML"])
def test_the_suffix_counts_in_any_case(name):
    save_spec(AdamSpec(), name)
    assert load_spec(Path(name)) == AdamSpec()


def test_in_toml_the_word_null_is_none():
    assert loaded("null.toml", 'type = "muon"\nadam_weight_decay = "null"') == MuonSpec(adam_weight_decay=None)
    assert loaded("null.toml", 'type = "sgd"\nweight_decay = "null"') == SGDSpec()


def test_in_toml_a_name_or_a_pattern_may_be_the_word_null():
    assert loaded("null.toml", 'type = "sgd"\nname = "null"') == SGDSpec(name="null")
    spec = SGDSpec(groups=[ParamGroup(match="null", learning_rate_multiplier=2)])
    save_spec(spec, "null.toml")
    assert load_spec("null.toml") == spec


# What a file may look like


def test_a_spec_may_be_no_more_than_a_name():
    assert loaded("name.yaml", "adam") == loaded("name.json", '"adam"') == AdamSpec()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_byte_order_mark_as_windows_writes_it_is_no_part_of_the_file(suffix):
    save_spec(SAVED, f"bom{suffix}")
    Path(f"bom{suffix}").write_bytes(b"\xef\xbb\xbf" + Path(f"bom{suffix}").read_bytes())
    assert load_spec(f"bom{suffix}") == SAVED


# By key

TRAINING = {
    "train.yaml": "data: {batch_size: 32}\ntrain:\n  epochs: 3\n  optimizer: {type: SGD, momentum: 0.9}\n",
    "train.toml": "[data]\nbatch_size = 32\n[train]\nepochs = 3\n[train.optimizer]\ntype = 'SGD'\nmomentum = 0.9\n",
    "train.json": '{"data": {"batch_size": 32}, "train": {"epochs": 3, "optimizer": {"type": "SGD", "momentum": 0.9}}}',
}


@pytest.mark.parametrize("name", TRAINING)
def test_a_key_takes_the_spec_out_of_a_whole_training_config(name):
    assert loaded(name, TRAINING[name], key="train.optimizer") == SGDSpec(momentum=0.9)
