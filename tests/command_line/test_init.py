"""``init``: whatever it writes passes ``check``, is said in comments, and replaces nobody's file."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest

from keras_optkit import OptimizerSpec, ScheduleSpec, WarmupSpec, json_schema, parse_spec
from keras_optkit.command_line.init import _schedule, commented, starting_spec
from keras_optkit.formats import yaml
from keras_optkit.specs.registry import registered
from keras_optkit.specs.resolving import RunLength, resolve
from keras_optkit.specs.run_fit import misfits

OPTIMIZERS = [name for name, cls in registered(OptimizerSpec).items() if cls.__module__.startswith("keras_optkit.")]
SCHEDULES = [name for name, cls in registered(ScheduleSpec).items() if cls.__module__.startswith("keras_optkit.")]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_with_each_schedule_there_is_a_spec_that_fits_any_usual_run(optimizer):
    plain = parse_spec(optimizer)
    for name in [None, *SCHEDULES, *(f"warmup-{name}" for name in SCHEDULES)]:
        spec = starting_spec(optimizer, _schedule(name) if name else None)
        assert spec.replace(learning_rate=plain.learning_rate) == plain
        runs = [(57, 10), (100, 20), (1875, 100)] if optimizer == "SGD" else [(57, 10)]
        for steps_per_epoch, epochs in runs:
            run = RunLength.of(steps_per_epoch, epochs)
            resolve(spec, run)
            assert list(misfits(spec, run)) == [], (optimizer, name)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_file_of_each_optimizer_holds_all_its_fields_and_is_read_as_it_was_meant(optimizer):
    spec = starting_spec(optimizer, _schedule("warmup-cosine"))
    text = commented(spec)
    data = yaml.read(BytesIO(text.encode())).data
    assert parse_spec(data) == spec
    assert data.keys() == type(spec).model_fields.keys()
    assert all(len(line) <= 120 for line in text.splitlines())


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_file_of_each_schedule_is_read_as_it_was_meant(schedule):
    for optimizer, name in [("SGD", schedule), ("Ftrl", f"warmup-{schedule}")]:
        spec = starting_spec(optimizer, _schedule(name))
        assert parse_spec(yaml.read(BytesIO(commented(spec).encode())).data) == spec


def test_each_field_has_the_comment_that_describes_it_with_its_range_and_unit():
    text = " ".join(line.strip().removeprefix("# ") for line in commented(starting_spec("AdamW", None)).splitlines())
    fields = json_schema()["$defs"]["AdamWSpec"]["properties"]
    for name, field in fields.items():
        if name != "type":
            assert re.search(rf"{re.escape(field['description'])} {name}: ", text), name
    assert "in [0, 1), the decay of the first moment. beta_1: 0.9" in text
    assert "A step is a batch." in text


@pytest.mark.parametrize(
    ("name", "type_name", "has_warmup"),
    [
        ("cosine", "CosineDecay", False),
        ("CosineDecay", "CosineDecay", False),
        ("cosine_decay", "CosineDecay", False),
        ("warmup-cosine", "CosineDecay", True),
        ("warmup_cosine_decay", "CosineDecay", True),
        ("warm-up-cosine", "CosineDecay", True),
        ("Warmup-Exponential", "ExponentialDecay", True),
        ("cosine-restarts", "CosineDecayRestarts", False),
        ("inverse-time", "InverseTimeDecay", False),
        ("piecewise-constant", "PiecewiseConstantDecay", False),
        ("one-cycle", "OneCycle", False),
        ("warmup-stable-decay", "WarmupStableDecay", False),
        ("warmup", "Warmup", False),
        # These have a warm-up already.
        ("warmup-inverse-sqrt", "InverseSqrtDecay", False),
        ("warmup-warmup", "Warmup", False),
        ("warmup-warmup-stable-decay", "WarmupStableDecay", False),
    ],
)
def test_a_schedule_goes_by_its_type_without_the_word_decay_and_warmup_adds_a_warm_up(name, type_name, has_warmup):
    assert _schedule(name) == (type_name, has_warmup)


def test_what_is_printed_passes_check_when_it_is_piped_into_it(run, stdin):
    done = run("init", "adamw", "--schedule", "warmup-cosine")
    assert (done.status, done.err) == (0, [])
    stdin("\n".join(done.out))
    length = ["--steps-per-epoch", "57", "--epochs", "20", "--strict"]
    assert run("check", "-", "--input-format", "yaml", *length) == (0, ["<stdin>: ok"], [])
    assert isinstance(starting_spec("AdamW", _schedule("warmup-cosine")).learning_rate, WarmupSpec)


def test_a_new_file_is_written_and_one_that_is_there_is_not_replaced(run):
    assert run("init", "sgd", "-o", "new.yaml") == (0, ["new.yaml"], [])
    assert run("check", "new.yaml", "-v").out == ["new.yaml: SGDSpec()"]
    assert run("init", "adam", "-o", "sgd.yaml") == (2, [], ["sgd.yaml: File exists"])
    assert Path("sgd.yaml").read_text() == "type: SGD\nmomentum: 0.9\n"
    assert run("init", "adam", "-o", "none/new.yaml") == (2, [], ["none/new.yaml: No such file or directory"])
    Path("link.yaml").symlink_to("nowhere.yaml")
    assert run("init", "adam", "-o", "link.yaml").status == 2
    assert not Path("nowhere.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "OPTIMIZER"),
        (["adamz"], "did you mean 'Adam'?"),
        (["cosine"], "unknown optimizer, received 'cosine'; the known types are "),
        (["CosineDecay"], "CosineDecay is a schedule"),
        (["sgd", "--schedule", "cosin"], "did you mean 'CosineDecay'?"),
        (["sgd", "--schedule", "adam"], "Adam is an optimizer"),
        (["sgd", "-o", "spec.json"], "must end in .yaml or .yml, received 'spec.json'"),
        (["x" * 90_000], "unknown optimizer"),
        (["sgd", "--schedule", "warmup-" * 10_000], "unknown schedule"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_optimizer_or_schedule_is_answered_with_those_there_are(run, arguments, words):
    done = run("init", *arguments)
    assert (done.status, done.out) == (2, [])
    assert words in done.err[-1]
    assert len(done.err[-1]) < 500
