"""What may be written on a command line: overrides, lengths of a run, help; and what is answered to the rest."""

from __future__ import annotations

import pytest

import keras_optkit

COSINE = "SGDSpec(learning_rate=CosineDecaySpec(initial_learning_rate=0.1, decay_steps='50%'))"

# Overrides

ORDERS = [
    ["cosine.yaml", "momentum=0.5", "learning_rate.alpha=0.1", "--steps-per-epoch", "10", "--epochs", "4"],
    ["cosine.yaml", "--steps-per-epoch", "10", "--epochs", "4", "momentum=0.5", "learning_rate.alpha=0.1"],
    ["--steps-per-epoch", "10", "cosine.yaml", "momentum=0.5", "--epochs", "4", "learning_rate.alpha=0.1"],
    ["--epochs=4", "--steps-per-epoch=10", "cosine.yaml", "momentum=0.5", "learning_rate.alpha=0.1"],
    ["cosine.yaml", "momentum=0.5", "--epochs=4", "learning_rate.alpha=0.1", "--steps-per-epoch=10"],
]


@pytest.mark.parametrize("arguments", ORDERS)
def test_overrides_may_stand_before_between_and_after_options(run, arguments):
    done = run("show", *arguments)
    assert (done.status, done.err) == (0, [])
    assert done.out[0] == f"{COSINE[:-2]}, alpha=0.1), momentum=0.5)"
    assert any(line.split()[:3] == ["20", "2", "0.01"] for line in done.out)


@pytest.mark.parametrize(
    ("override", "shown"),
    [
        ("momentum=0.5", "SGDSpec(momentum=0.5)"),
        ("momentum=5e-1", "SGDSpec(momentum=0.5)"),
        ("nesterov=true", "SGDSpec(momentum=0.9, nesterov=True)"),
        ("nesterov=True", "SGDSpec(momentum=0.9, nesterov=True)"),
        ("momentum=.5", "SGDSpec(momentum=0.5)"),
        ("clipnorm=~", "SGDSpec(momentum=0.9)"),
        ("name=sgd", "SGDSpec(name='sgd', momentum=0.9)"),
        ("name='12'", "SGDSpec(name='12', momentum=0.9)"),
        ('name="12"', "SGDSpec(name='12', momentum=0.9)"),
        ("clipnorm=null", "SGDSpec(momentum=0.9)"),
        ("type=adam", "AdamSpec()"),
        ("learning_rate=ramp", None),
        ('learning_rate={"type": "constant", "learning_rate": 1}',
         "SGDSpec(learning_rate=ConstantSpec(learning_rate=1.0), momentum=0.9)"),
        ('groups=[{"match": "a=b"}]', "SGDSpec(groups=(ParamGroup(match='a=b'),), momentum=0.9)"),
    ],
)  # fmt: skip
def test_a_value_is_json_or_else_the_text_as_it_stands(run, override, shown):
    done = run("show", "sgd.yaml", override)
    if shown is None:
        assert (done.status, done.out) == (1, [])
    else:
        assert (done.status, done.out[0]) == (0, shown)


def test_a_type_and_its_fields_are_overridden_together_and_a_duration_needs_no_quotes(run):
    changes = ["learning_rate.decay_steps=2 epochs", "learning_rate.initial_learning_rate=1"]
    done = run("show", "sgd.yaml", *changes, "learning_rate.type=cosine_decay", "--steps-per-epoch", "10")
    assert done.status == 0
    cosine = "CosineDecaySpec(initial_learning_rate=1.0, decay_steps='2 epochs')"
    assert done.out[0] == f"SGDSpec(learning_rate={cosine}, momentum=0.9)"


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("momentum=5", "sgd.yaml: momentum: must be in [0, 1), received 5"),
        ("momentum=", "sgd.yaml: momentum: must be a number, received ''; leave it out for the default, 0.0"),
        ("momentum=NaN", "sgd.yaml: momentum: must be a finite number, received nan"),
        ("momentun=0.5", "sgd.yaml: momentun: unknown field; did you mean 'momentum'?"),
        ("groups.0.match=a", ""),
        ("learning_rate.decay_steps=9", ""),
        (f"momentum={'[' * 100_000}", ""),
        (f"momentum={'9' * 5_000}", ""),
        (f"groups.{'9' * 5_000}=a", ""),
        (f"{'a.' * 5_000}=1", "sgd.yaml: a.a.a."),
        (f"momentum={'x' * 90_000}", "sgd.yaml: momentum: must be a number, received 'xxx"),
        ("momentum=\udcff", "sgd.yaml: momentum: must be a number, received '\\udcff'"),
    ],
    ids="{:.30}".format,
)
def test_a_wrong_override_is_one_line_and_ends_with_1(run, override, line):
    done = run("show", "sgd.yaml", override)
    assert (done.status, done.out, len(done.err)) == (1, [], 1)
    assert done.err[0].startswith(line or f"sgd.yaml: {override.partition('=')[0][:40]}")


# Wrong commands


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chekc"],
        ["check"],
        ["check", "sgd.yaml", "--colour"],
        ["check", "sgd.yaml", "--epochs", "0"],
        ["check", "sgd.yaml", "--epochs", "-1"],
        ["check", "sgd.yaml", "--epochs", "1.5"],
        ["check", "sgd.yaml", "--steps-per-epoch", "many"],
        ["check", "sgd.yaml", "--steps-per-epoch"],
        ["show"],
        ["show", "sgd.yaml", "momentum"],
        ["show", "sgd.yaml", "=0.5"],
        ["show", "sgd.yaml", "--epochs", "3", "momentum"],
        ["show", "sgd.yaml", "momentum=0.5", "cosine.yaml"],
        ["show", "sgd.yaml", "--epochs", "9007199254740993"],
        ["show", "sgd.yaml", "--epochs", "9" * 5_000],
        ["show", "sgd.yaml", "--steps-per-epoch", "x" * 90_000],
        ["show", "sgd.yaml", "x" * 90_000],
        ["show", "sgd.yaml", f"--{'x' * 90_000}"],
        ["show", "sgd.yaml", "\x1b[31m"],
        ["x" * 90_000],
        ["plot", "sgd.yaml"],
        ["plot", "sgd.yaml", "-o", "lr"],
        ["schema", "momentum=0.5"],
        ["schema", "sgd.yaml"],
        ["schema", "--set", "momentum=0.5"],
        ["check", "-"],
        ["diff", "sgd.yaml"],
        ["diff", "sgd.yaml", "-"],
        ["check", "sgd.yaml", "-"],
        ["show", "-"],
        ["plot", "-", "-o", "lr.png"],
        ["check", "sgd.yaml", "--set", "momentum"],
        ["check", "sgd.yaml", "--set", "=1"],
        ["check", "sgd.yaml", "--set"],
        ["check", "sgd.yaml", "-q", "-v"],
        ["check", "sgd.yaml", "--input-format", "keras"],
        ["check", "sgd.yaml", "--output-format", "xml"],
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_a_wrong_command_ends_with_2_and_says_how_it_is_used(run, arguments):
    done = run(*arguments)
    assert (done.status, done.out) == (2, [])
    assert done.err[0].startswith("usage: keras-optkit")
    assert "error: " in done.err[-1]
    assert all(line.isprintable() and len(line) < 500 for line in done.err)


@pytest.mark.parametrize(
    "arguments", [["--help"], *([command, "-h"] for command in ("init", "check", "show", "diff", "plot", "schema"))]
)
def test_help_is_there_and_ends_with_0(run, arguments):
    done = run(*arguments)
    assert (done.status, done.err) == (0, [])
    assert done.out[0].startswith("usage: keras-optkit")


def test_the_version_is_that_of_the_package(run):
    assert run("--version") == (0, [f"keras-optkit {keras_optkit.__version__}"], [])


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["check", "sgd.yaml", "--momentum=0.5"], "; write --set momentum=0.5"),
        (["check", "sgd.yaml", "--steps_per_epoch", "3"], "; did you mean --steps-per-epoch?"),
        (["check", "sgd.yaml", "--output_format=json"], "; did you mean --output-format?"),
        (["show", "sgd.yaml", "--momentum=0.5"], "; an override has no dashes: momentum=0.5"),
        (["show", "sgd.yaml", "--learning_rate=0.5"], "; an override has no dashes: learning_rate=0.5"),
        (["schema", "--x=1"], "--x=1"),
        (["check", "sgd.yaml", "--colour"], "--colour"),
        (["check", "-"], "- needs --input-format, because standard input has no suffix"),
    ],
)
def test_an_argument_that_is_unknown_gets_the_one_that_is_meant(run, arguments, hint):
    assert run(*arguments).err[-1].endswith(hint)


def test_set_and_overrides_behind_the_file_are_the_same_and_the_last_counts(run):
    done = run("show", "sgd.yaml", "--set", "momentum=0.1", "--set", "name=a", "momentum=0.5")
    assert done.out[0] == "SGDSpec(name='a', momentum=0.5)"


def test_show_and_plot_read_standard_input_too(run, stdin):
    stdin("type: SGD\nmomentum: 0.5")
    assert run("show", "-", "--input-format", "yaml").out[0] == "SGDSpec(momentum=0.5)"
