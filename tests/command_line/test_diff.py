"""``diff``: overrides that make one spec the other, as a shell and ``--set`` read them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from keras_optkit import AdamSpec, OptimizerSpec, SGDSpec, parse_spec, save_spec
from keras_optkit.command_line.diff import _written, overrides
from keras_optkit.command_line.options import override

MODELS = Path(__file__).parents[1] / "saved_models"


@examples(200)
@given(specs(), specs())
def test_the_overrides_make_any_spec_the_other(a, b):
    if isinstance(a, OptimizerSpec) == isinstance(b, OptimizerSpec):
        found = overrides(a, b)
        assert a.override(found) == b
        read = dict(override(f"{path}={_written(value)}") for path, value in found.items())
        assert a.override(read) == b
        assert (not found) == (a == b)


@examples(200)
@given(st.text(max_size=6) | st.sampled_from(["null", "true", "1e3", "0x1", "'a'", '"a"', "~", "", "5%", "[1]", "{"]))
def test_any_text_is_written_as_what_is_read_back(text):
    assert override(f"name={_written(text)}") == ("name", text)


CASES = [
    ("sgd", "sgd", []),
    ({"type": "SGD", "momentum": 0.9}, "sgd", ["momentum=0.0"]),
    ("sgd", {"type": "SGD", "momentum": 0.9, "nesterov": True}, ["momentum=0.9", "nesterov=true"]),
    ("sgd", {"type": "Adam", "beta_1": 0.8, "learning_rate": 1}, ["type=Adam", "learning_rate=1.0", "beta_1=0.8"]),
    ({"type": "SGD", "clipnorm": 1}, "adam", ["type=Adam"]),
    ({"type": "SGD", "clipnorm": 1}, "sgd", ["clipnorm=null"]),
    (
        "sgd",
        {"type": "SGD", "learning_rate": {"type": "OneCycle", "max_learning_rate": 0.1, "total_steps": "9 epochs"}},
        ["learning_rate.type=OneCycle", "learning_rate.max_learning_rate=0.1", "'learning_rate.total_steps=9 epochs'"],
    ),
    (
        {"type": "SGD", "learning_rate": {"type": "OneCycle", "max_learning_rate": 0.1}},
        {"type": "SGD", "learning_rate": {"type": "OneCycle", "max_learning_rate": 0.2}},
        ["learning_rate.max_learning_rate=0.2"],
    ),
    ({"type": "SGD", "learning_rate": {"type": "Constant", "learning_rate": 1}}, "sgd", ["learning_rate=0.01"]),
    (
        {"type": "SGD", "groups": [{"match": "a"}, {"match": "b"}]},
        {"type": "SGD", "groups": [{"match": "a"}, {"match": "it's", "weight_decay": 0}]},
        ["'groups.1.match=it'\"'\"'s'", "groups.1.weight_decay=0.0"],
    ),
    ("sgd", {"type": "SGD", "groups": [{"match": "a b"}]}, ["'groups=[{\"match\": \"a b\"}]'"]),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "lines"), CASES)
def test_what_differs_is_a_line_for_each_override(run, tmp_path, a, b, lines):
    for name, data in (("a.json", a), ("b.yaml", b)):
        save_spec(parse_spec(data), name)
    assert run("diff", "a.json", "b.yaml") == (1 if lines else 0, lines, [])
    # As xargs would hand them on.
    length = ["--steps-per-epoch", "10", "--epochs", "20"]
    shown = run("show", "a.json", *length, *[word for line in lines for word in shlex.split(line)])
    assert shown.out[0] == run("show", "b.yaml", *length).out[0]


def test_a_file_and_a_saved_model_are_compared(run):
    model = str(MODELS / "keras_3_15_adamw.keras")
    same = run("show", model).out[0]
    done = run("diff", "train.yaml", model, "--key", "model.optimizer")
    assert (done.status, done.err) == (1, [])
    assert done.out[0] == "type=AdamW"
    changed = run("show", "train.yaml", "--key", "model.optimizer", *(shlex.split(line)[0] for line in done.out))
    assert changed.out[0] == same
    assert run("diff", model, model) == (0, [], [])
    assert run("diff", model, "train.yaml", "--key", "model.optimizer").out[0] == "type=Adam"


def test_each_file_may_have_a_key_of_its_own(run, stdin):
    Path("other.yaml").write_text("optimizer: {type: Adam, learning_rate: 1e-4}\n")
    keys = ["--key", "model.optimizer", "--key", "optimizer"]
    assert run("diff", "train.yaml", "other.yaml", *keys) == (0, [], [])
    stdin("optimizer: adam")
    done = run("diff", "train.yaml", "-", *keys, "--input-format", "yaml")
    assert done == (1, ["learning_rate=0.001"], [])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["sgd.yaml", "none.yaml"], "none.yaml: No such file or directory"),
        (["bad.yaml", "sgd.yaml"], "bad.yaml:2: momentun: unknown field; did you mean 'momentum'?"),
        (["sgd.yaml", "schedule.yaml"], "sgd.yaml is of type SGD, schedule.yaml of type Constant: not comparable"),
        (["-", "-", "--input-format", "json"], "diff can read - only once: the first - reads all of standard input"),
        (
            ["sgd.yaml", str(MODELS / "keras_3_15_adamw.keras"), "--key", "a", "--key", "b"],
            "diff takes --key once, or once for each file that is not a saved model",
        ),
        (
            ["sgd.yaml", "sgd.yaml", "--key", "a", "--key", "b", "--key", "c"],
            "diff takes --key once, or once for each file that is not a saved model",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_compared_ends_with_2(run, arguments, line):
    Path("schedule.yaml").write_text("type: Constant\nlearning_rate: 1\n")
    done = run("diff", *arguments)
    assert (done.status, done.out, done.err[0]) == (2, [], line)


def test_a_name_that_would_break_up_the_line_is_escaped(run):
    Path("x\x1b[31m\n.yaml").write_text("type: Constant\nlearning_rate: 1\n")
    line = r"x\x1b[31m\n.yaml is of type Constant, sgd.yaml of type SGD: not comparable"
    assert run("diff", "x\x1b[31m\n.yaml", "sgd.yaml") == (2, [], [line])


def test_mistakes_in_both_files_are_listed(run):
    done = run("diff", "bad.yaml", "worse.json")
    assert (done.status, [line.partition(": ")[0] for line in done.err]) == (
        2, ["bad.yaml:2", "bad.yaml:3", "worse.json:2"]
    )  # fmt: skip


def test_equal_numbers_in_other_words_are_no_difference():
    assert overrides(SGDSpec(learning_rate=0.01), parse_spec({"type": "sgd", "learning_rate": "1e-2"})) == {}
    assert overrides(AdamSpec(), AdamSpec(epsilon=1e-8)) == {"epsilon": 1e-8}
