"""Patterns: which paths they find, that they mean what they mean to Python, and that none of them can hang."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from keras_optkit import AdamWSpec, MuonSpec, ParamGroup
from keras_optkit.specs.patterns import matches

#: (pattern, paths it finds, paths it does not)
PATTERNS = [
    ("encoder", ["encoder/dense/kernel", "net/encoder_2/bias", "encoder"], ["my_encoder/kernel", "net/autoencoder/w"]),
    ("encoder/", ["encoder/kernel", "net/encoder/bias"], ["encoder_2/kernel"]),
    ("dense/kernel", ["dense/kernel", "block/dense/kernel"], ["dense/bias", "dense/1/kernel", "wide_dense/kernel"]),
    ("bias$", ["dense/bias", "bias"], ["dense/bias_2", "dense/my_bias", "bias/kernel"]),
    ("kernel|bias", ["dense/kernel", "dense/bias"], ["norm/gamma", "dense/recurrent_kernel"]),
    (".*kernel", ["dense/kernel", "gru/gru_cell/recurrent_kernel"], ["dense/bias"]),
    ("dense(_[0-9]+)?/", ["dense/kernel", "dense_12/kernel"], ["dense_a/kernel", "dense_/kernel"]),
    ("block_1/.*/kernel", ["block_1/a/b/kernel"], ["block_1/kernel", "block_10/a/kernel"]),
    ("^head", ["head/kernel"], ["net/head/kernel"]),
    ("(?i)HEAD", ["head/kernel", "net/Head/bias"], ["ahead/kernel"]),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "found", "missed"), PATTERNS, ids=[row[0] for row in PATTERNS])
def test_a_pattern_is_searched_from_the_start_of_each_component(pattern: str, found: list[str], missed: list[str]):
    assert [path for path in found if not matches(pattern, path)] == []
    assert [path for path in missed if matches(pattern, path)] == []


@pytest.mark.parametrize("path", ["dense/kernel", "net/enc/block_1/dense/bias", "a"])
def test_a_path_written_literally_finds_itself_and_each_of_its_ends(path: str):
    ends = [path.split("/", depth)[-1] for depth in range(path.count("/") + 1)]
    assert [end for end in ends if not matches(re.escape(end), path)] == []


#: Parts of patterns as people write them, and parts that engines read differently.
WRITTEN = r"""
    encoder block_1 kernel bias / _ \d \d+ \w \W \s . .* .+? ^ $ \A \Z \b \B [a-e] [^/] [^/]* [\w.-] [a[b] []a] [\]^]
    (?:_[0-9]+)? (en|de)coder (?P<n>a) x{2} x{,2} x{a} { } - # \. \/ \< \x61 \141 (?i:KERNEL) (?s:.) (?m:^a) (?-i:a) é
    (?#note) | a&&b [a-] (?!bias) (?=k) (?<!_) (a)\1
"""
PARTS = st.sampled_from([*WRITTEN.split(), " "])
NAMES = ["encoder", "decoder", "block_1", "block_12", "kernel", "bias", "é", "x", "xx", "ab", "aa", "{}", "my-net"]
PATHS = st.lists(st.sampled_from([*NAMES, "a b", "x{a}"]), min_size=1, max_size=4).map("/".join)
FLAGS = st.sampled_from(["", "(?i)", "(?s)", "(?x)", "(?a)"])


def found_by_re(pattern: str, path: str) -> bool:
    starts = [0, *(slash.end() for slash in re.finditer("/", path))]
    return any(re.compile(pattern).match(path, start) for start in starts)


@given(parts=st.lists(PARTS, min_size=1, max_size=4), flags=FLAGS, path=PATHS)
def test_a_pattern_means_what_it_means_to_python(parts: list[str], flags: str, path: str) -> None:
    pattern = flags + "".join(parts)
    try:
        found = matches(pattern, path)
    except ValueError:
        return
    assert found is found_by_re(pattern, path)


@given(parts=st.lists(PARTS, min_size=1, max_size=2))
def test_what_people_write_is_accepted_where_python_accepts_it(parts: list[str]) -> None:
    pattern = "".join(parts)
    try:
        re.compile(pattern)
    except (re.error, FutureWarning):
        return
    assert ParamGroup(match=pattern).match == pattern


BACKTRACKING = r"""
    (.+)+! (a|a)*b (a{1000}){1000} (a?){30}a{30} ((a+)+)+b (a|aa)+$ (\w+\s?)*! (?!x)(.+)+! (?=a)(a|a)*b
    (a)\1(a|aa)+$ (?!x)(a?){30}a{30} (?!x)(?:a(?=(.*)*!)) (?a)(.+)+! (?>(a|a)*)b (a|a)*+b (?!x)(?(1)a|b)*(c)
    \ud800 [[a] a{4294967296} (?!x)(a{1,1000}){1,1000} (?!x)(a*?b?)+?! (?<=(a|b)+)c (?!x)(?:|a)+b
"""
LONG = [
    *(".*" * 10 + "x", "(?!x)" + ".*" * 10 + "x", "(?!x)" + "a?" * 40 + "a" * 40, "a" * 1_000_000, r"\w" * 500),
    *("(" * 500 + ")" * 500, "(" * 99 + "a" + ")*" * 99 + "!", "(?!" * 99 + "a" + ")" * 99, "((?!x)" * 49 + ")*" * 49),
    *("(?i)" + r"[\x00-\U0010ffff]" * 50, "(?i)(?!x)" + r"[\x00-\U0010ffff]" * 50),
]
PATH = "block/" + "a" * 41 + "/" + "ab" * 20


@pytest.mark.parametrize("pattern", [*BACKTRACKING.split(), *LONG], ids=lambda pattern: repr(pattern[:30]))
def test_no_pattern_hangs(pattern: str) -> None:
    def search_as_we_do() -> None:
        matches(ParamGroup(match=pattern).match, PATH)

    def search_as_muon_does() -> None:
        for keyword in MuonSpec(exclude_layers=[pattern]).exclude_layers or ():
            re.search(keyword, PATH)

    start = time.process_time()
    for search in (search_as_we_do, search_as_muon_does):
        with contextlib.suppress(ValidationError):
            search()
    assert time.process_time() - start < 0.9


SOON = r"(?!.*bias)(?!.*norm).*kernel .*(?<!bias)$ encoder/(?!norm).*kernel$ (block)_\d+/.*\1 (?!head)"


@pytest.mark.parametrize("pattern", SOON.split())
def test_lookaround_and_backreferences_work_where_they_end_soon(pattern: str) -> None:
    assert ParamGroup(match=pattern).match == pattern
    assert MuonSpec(exclude_layers=[pattern]).exclude_layers == (pattern,)
    path = "encoder/block_1/dense/kernel"
    assert matches(pattern, path) is found_by_re(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("(" * 101 + ")" * 101, "of at most 100 groups"),
        ("(?!x)(.+)+!", "that Python's re searches quickly, received '(?!x)(.+)+!'; with lookaround or a backref"),
        ("a" * 1_001, "of at most 1,000 characters, not 1,001, received 'aaa"),
        ("(a{1000}){1000}", "that compiles, received '(a{1000}){1000}'; this one is too large"),
        ("[[a]", "Possible nested set"),
    ],
)
def test_a_refusal_says_the_rule_and_what_was_received(refusal, pattern: str, rule: str) -> None:
    for refused in (refusal(ParamGroup, match=pattern), refusal(AdamWSpec, exclude_from_weight_decay=[pattern])):
        assert rule in refused.message
        assert "received " in refused.message
        assert len(refused.message) < 400
