"""ParamGroup: what may be said, and what the words for kinds of variables select."""

from __future__ import annotations

import re

import pytest

from keras_optkit import AdamSpec, FtrlSpec, ParamGroup, SGDSpec
from keras_optkit.specs.groups import BIAS_AND_NORM, EMBEDDINGS, word_for


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("dense/bias", BIAS_AND_NORM),
        ("gru/gru_cell/bias", BIAS_AND_NORM),
        ("swin/relative_position_bias_table", BIAS_AND_NORM),
        ("batch_normalization/gamma", BIAS_AND_NORM),
        ("layer_normalization/beta", BIAS_AND_NORM),
        ("ln1/scale", BIAS_AND_NORM),
        ("embedding/embeddings", EMBEDDINGS),
        ("tokens/position_embedding", EMBEDDINGS),
        ("embedding/lora_embeddings_a", EMBEDDINGS),
        ("dense/kernel", ""),
        ("embedding/kernel", ""),
        ("gru/gru_cell/recurrent_kernel", ""),
        ("dense/lora_kernel_a", ""),
        ("biased/kernel", ""),
        ("bias/kernel", ""),
        ("prelu/alpha", ""),
        ("dense/unbiased", None),
        ("norm/weight", None),
    ],
)
def test_names_that_keras_gives_to_weights_say_which_word_selects_them(path: str, word: str | None):
    assert word_for(path) == word


def test_a_group_that_says_nothing_more_is_trained_like_the_rest():
    group = ParamGroup(match="encoder")
    assert (group.learning_rate_multiplier, group.weight_decay) == (1.0, None)


@pytest.mark.parametrize("multiplier", [0, 0.1, 1, 10, "1e-3"])
def test_any_multiplier_from_0_up_is_taken(multiplier):
    assert ParamGroup(match="a", learning_rate_multiplier=multiplier).learning_rate_multiplier == float(multiplier)


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({}, ("match",), "required"),
        ({"match": ""}, ("match",), "must not be empty"),
        ({"match": "dense("}, ("match",), r"must be a regular expression.*received 'dense\('"),
        ({"match": "a{99999999999}"}, ("match",), "must be a regular expression"),
        ({"match": ["a"]}, ("match",), "must be one regular expression"),
        ({"match": "a", "learning_rate_multiplier": -0.1}, ("learning_rate_multiplier",), "must be >= 0"),
        ({"match": "a", "learning_rate_multiplier": None}, ("learning_rate_multiplier",), "must be a number"),
        ({"match": "a", "learning_rate_multiplier": float("inf")}, ("learning_rate_multiplier",), "finite"),
        ({"match": "a", "weight_decay": -1}, ("weight_decay",), "must be >= 0"),
        ({"match": "a", "lr": 1}, ("lr",), "learning_rate_multiplier"),
        ({"match": "a", "learning_rate": 0.1}, ("learning_rate",), "learning_rate_multiplier"),
        ({"match": "a", "learning_rate_multiplier": 0, "weight_decay": 0.1}, ("weight_decay",), "frozen group"),
    ],
)  # fmt: skip
def test_what_a_group_cannot_mean_is_refused_where_it_is_written(refusal, fields, path, words):
    refused = refusal(ParamGroup, **fields)
    assert refused.path == path
    assert re.search(words, refused.message)


def test_a_mistake_within_a_spec_is_reported_with_its_place(refusal):
    refused = refusal(AdamSpec, groups=[{"match": "a"}, {"match": "b", "weight_decay": -1}])
    assert refused.path == ("groups", 1, "weight_decay")
    refused = refusal(AdamSpec, weight_decay=0.1, exclude_from_weight_decay=["bias", "ga(mma"])
    assert refused.path == ("exclude_from_weight_decay", 1)


def test_a_frozen_group_may_say_that_it_is_not_decayed():
    assert ParamGroup(match="a", learning_rate_multiplier=0, weight_decay=0).weight_decay == 0


@pytest.mark.parametrize(
    ("fields", "fine"),
    [
        ({}, False),
        ({"weight_decay": 0}, True),
        ({"weight_decay": 0.1}, True),
        ({"groups": [ParamGroup(match="a", weight_decay=0.1)]}, True),
        ({"groups": [ParamGroup(match="a", weight_decay=0)]}, True),
    ],
)
def test_an_exclusion_needs_a_decay_to_exclude_from(refusal, fields, fine):
    fields = {"exclude_from_weight_decay": ["bias_and_norm"], **fields}
    if fine:
        assert SGDSpec(**fields).exclude_from_weight_decay == ("bias_and_norm",)
    else:
        assert refusal(SGDSpec, **fields).path == ("exclude_from_weight_decay",)


def test_ftrl_refuses_a_decay_of_a_group_and_says_what_it_has_instead(refusal):
    refused = refusal(FtrlSpec, groups=[ParamGroup(match="a", weight_decay=0.1)])
    assert refused.path == ("groups",)
    assert "l2_regularization_strength" in refused.message


def test_groups_survive_a_dump_and_are_equal_by_content():
    spec = AdamSpec(weight_decay=0.1, exclude_from_weight_decay=["bias$"], groups=[ParamGroup(match="a/")])
    again = AdamSpec.model_validate_json(spec.model_dump_json())
    assert again == spec
    assert hash(again) == hash(spec)
