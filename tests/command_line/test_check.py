"""The command line: what each command prints, where, and how it ends; an error is one line."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from keras_optkit import json_schema, save_spec
from keras_optkit.command_line import main

FILES = {
    "sgd.yaml": "type: SGD\nmomentum: 0.9\n",
    "cosine.yaml": "type: SGD\nlearning_rate: {type: CosineDecay, initial_learning_rate: 0.1, decay_steps: 50%}\n",
    "train.yaml": "epochs: 3\nmodel:\n  optimizer: {type: Adam, learning_rate: 1e-4}\n",
    "bad.yaml": "type: SGD\nmomentun: 0.9\nclipnorm: -1\n",
    "worse.json": '{"type": "SGD",\n "momentum": }\n',
}
COSINE = "SGDSpec(learning_rate=CosineDecaySpec(initial_learning_rate=0.1, decay_steps='50%'))"


class Done(NamedTuple):
    """How a command ended, and the lines it wrote."""

    status: int
    out: list[str]
    err: list[str]


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys) -> Run:
    """``run("check", ...)`` in this process, in a folder with ``FILES``."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")

    def run(*arguments: str) -> Done:
        try:
            status = main(arguments)
        except SystemExit as end:  # as argparse ends a wrong command
            status = int(str(end.code))
        captured = capsys.readouterr()
        return Done(status, captured.out.splitlines(), captured.err.splitlines())

    return run


# check


def test_check_prints_what_it_read_and_ends_with_0(run):
    assert run("check", "sgd.yaml", "cosine.yaml") == (
        0, ["sgd.yaml: SGDSpec(momentum=0.9)", f"cosine.yaml: {COSINE}"], []
    )  # fmt: skip


def test_check_reports_all_mistakes_of_all_files_and_ends_with_1(run):
    Path("folder.yaml").mkdir()
    Path("binary.toml").write_bytes(b"\xff\x00")
    files = ["bad.yaml", "sgd.yaml", "none.json", "folder.yaml", "binary.toml", "worse.json", "notes.txt"]
    assert run("check", *files) == (
        1,
        ["sgd.yaml: SGDSpec(momentum=0.9)"],
        [
            "bad.yaml:2: momentun: unknown field, did you mean 'momentum'?",
            "bad.yaml:3: clipnorm: must be > 0, received -1",
            "none.json: No such file or directory",
            "folder.yaml: Is a directory",
            "binary.toml: must be UTF-8 (invalid start byte at byte 0)",
            "worse.json:2: is not JSON: Expecting value",
            "notes.txt: a spec file ends in .json, .yaml, .yml, .toml, not '.txt'",
        ],
    )


def test_check_reads_the_node_at_a_key_of_every_file(run):
    assert run("check", "train.yaml", "sgd.yaml", "--key", "model.optimizer") == (
        1,
        ["train.yaml: AdamSpec(learning_rate=0.0001)"],
        ["sgd.yaml: there is no 'model'; there are type, momentum"],
    )


def test_check_warns_of_what_does_not_fit_the_run_at_its_line(run):
    Path("misfit.yaml").write_text(
        "model:\n  optimizer:\n    type: SGD\n    learning_rate:\n      type: CosineDecay\n"
        "      initial_learning_rate: 0.1\n      decay_steps: 20\n",
        encoding="utf-8",
    )
    told = [
        "misfit.yaml:7: warning: model.optimizer.learning_rate.decay_steps: "
        "20 is 20 batches, 2% of the run: did you mean '20 epochs'?"
    ]
    spec = ["misfit.yaml: SGDSpec(learning_rate=CosineDecaySpec(initial_learning_rate=0.1, decay_steps=20))"]
    check = ("check", "misfit.yaml", "--key", "model.optimizer", "--steps-per-epoch", "57")
    assert run(*check, "--epochs", "20") == (0, spec, told)
    assert run(*check, "--epochs", "20", "--strict") == (1, spec, told)
    assert run(*check, "--strict") == (0, spec, [])


def test_check_strict_ends_with_0_if_all_fits(run):
    assert run("check", "sgd.yaml", "--steps-per-epoch", "57", "--epochs", "20", "--strict").status == 0


def test_a_warning_in_one_file_does_not_hide_a_mistake_in_another(run):
    done = run("check", "cosine.yaml", "bad.yaml", "cosine.yaml", "--steps-per-epoch", "57", "--epochs", "20")
    assert done.status == 1
    assert [line.partition(": ")[0] for line in done.err] == [
        "cosine.yaml:2",
        "bad.yaml:2",
        "bad.yaml:3",
        "cosine.yaml:2",
    ]


def test_check_with_the_length_of_the_run_checks_the_durations_in_steps(run):
    assert run("check", "cosine.yaml", "--steps-per-epoch", "10", "--epochs", "3").status == 0
    assert run("check", "cosine.yaml", "--epochs", "3") == (
        1, [], ["cosine.yaml: learning_rate.decay_steps is '50%': pass --steps-per-epoch"]
    )  # fmt: skip
    short = "type: WarmupStableDecay\npeak_learning_rate: 1\nwarmup_steps: 100\ndecay_steps: 1 epoch\n"
    Path("short.yaml").write_text(short)
    assert run("check", "short.yaml").status == 0
    done = run("check", "short.yaml", "--steps-per-epoch", "10", "--epochs", "3")
    assert done.status == 1
    assert len(done.err) == 1
    assert done.err[0].startswith("short.yaml: total_steps: leaves no stable phase: ")


def test_a_file_that_must_not_be_read_is_one_line(run, monkeypatch):
    def locked(name: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr("keras_optkit.files._without_waiting", locked)  # root may read everything
    assert run("check", "sgd.yaml") == (1, [], ["sgd.yaml: Permission denied"])


# show


def test_show_describes_and_draws_the_run(run):
    done = run("show", "cosine.yaml", "--steps-per-epoch", "10", "--epochs", "4")
    assert (done.status, done.err) == (0, [])
    assert done.out[0] == COSINE
    assert any(line.split()[:3] == ["20", "2", "0"] for line in done.out), "the end of the decay"
    assert sum(any("\u2800" < character <= "\u28ff" for character in line) for line in done.out) > 5, "a curve"
    assert all(line.isprintable() for line in done.out), "no colours, which a file or a pipe would keep"


def test_show_without_the_length_of_the_run_describes_only(run):
    done = run("show", "sgd.yaml")
    assert done == (0, ["SGDSpec(momentum=0.9)", "learning rate 0.01 at every step"], [])


def test_show_without_plotext_says_how_to_get_a_curve(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotext", None)
    done = run("show", "sgd.yaml", "--steps-per-epoch", "10", "--epochs", "4")
    assert (done.status, done.err) == (0, [])
    assert done.out[-1] == "(a curve is drawn here with plotext: pip install 'keras_optkit[cli]')"


@pytest.mark.parametrize(("steps_per_epoch", "epochs"), [("1", "1"), ("1", "2"), ("100000000", "1000000")])
def test_show_draws_the_shortest_and_the_longest_run(run, steps_per_epoch, epochs):
    done = run("show", "cosine.yaml", "--steps-per-epoch", steps_per_epoch, "--epochs", epochs)
    assert (done.status, done.err) == (0, [])
    assert len(done.out) > 15


def test_show_of_rates_beyond_all_numbers_is_no_warning_and_one_line_at_most(run):
    fields = {"initial_learning_rate": 1, "first_decay_steps": 1, "t_mul": 1, "m_mul": 3e38}
    Path("beyond.json").write_text(json.dumps({"type": "CosineDecayRestarts", **fields}))
    done = run("show", "beyond.json", "--steps-per-epoch", "10", "--epochs", "3")
    assert (done.status, len(done.err)) in [(0, 0), (1, 1)]
    assert all(line.startswith("beyond.json: ") and "NaN to integer" not in line for line in done.err)


@examples(50)
@given(specs(), st.integers(1, 1000), st.integers(1, 1000))
def test_any_spec_is_shown_or_refused_in_lines(folder, spec, steps_per_epoch, epochs):
    save_spec(spec, folder / "spec.json")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        run = ["--steps-per-epoch", str(steps_per_epoch), "--epochs", str(epochs)]
        status = main(["show", str(folder / "spec.json"), *run])
    assert (status == 0) == (err.getvalue() == "")
    assert all(line.startswith(f"{folder}") for line in err.getvalue().splitlines())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("shown")


def test_a_run_of_more_steps_than_can_be_counted_is_one_line(run):
    most = str(2**53)
    for command in (["show"], ["check"], ["plot", "-o", "lr.png"]):
        done = run(*command, "cosine.yaml", "--steps-per-epoch", most, "--epochs", most)
        assert (done.status, done.out, len(done.err)) == (1, [], 1)
        assert done.err[0].startswith("cosine.yaml: steps_per_epoch * epochs must be at most 2**53")
        assert len(done.err[0]) < 200


def test_a_name_that_would_break_up_its_line_is_escaped(run):
    name = "a\n\x1b[31m.yaml"
    assert run("check", name).err == ["a\\n\\x1b[31m.yaml: No such file or directory"]
    Path(name).write_text("adam")
    assert run("check", name).out == ["a\\n\\x1b[31m.yaml: AdamSpec()"]


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
        ("name=sgd", "SGDSpec(name='sgd', momentum=0.9)"),
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
        ("momentum=", "sgd.yaml: momentum: must be a number; leave it out for the default, 0.0, received ''"),
        ("momentum=NaN", "sgd.yaml: momentum: must be a finite number, received nan"),
        ("momentun=0.5", "sgd.yaml: momentun: unknown field, did you mean 'momentum'?"),
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


# plot


@pytest.mark.parametrize("picture", ["lr.png", "lr.svg", "lr.pdf"])
def test_plot_writes_a_picture_and_prints_where(run, picture):
    options = ["--steps-per-epoch", "10", "--epochs", "4", "-o", picture]
    assert run("plot", "cosine.yaml", *options, "momentum=0.5") == (0, [picture], [])
    assert Path(picture).read_bytes()[:4] in (b"\x89PNG", b"<?xm", b"%PDF")


@pytest.mark.parametrize(
    ("output", "start"),
    [
        ("lr.docx", "cosine.yaml: Format 'docx' is not supported (supported formats: "),
        ("none/lr.png", "none/lr.png: No such file or directory"),
    ],
)
def test_a_picture_that_cannot_be_written_is_one_line(run, output, start):
    done = run("plot", "cosine.yaml", "--steps-per-epoch", "10", "--epochs", "4", "-o", output)
    assert (done.status, done.out, len(done.err)) == (1, [], 1)
    assert done.err[0].startswith(start)


@pytest.mark.parametrize("package", ["matplotlib", "ruamel.yaml"])
def test_plot_without_a_package_names_the_extra_that_brings_it(run, package, monkeypatch):
    for name in [package, *(name for name in sys.modules if name.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    done = run("plot", "sgd.yaml", "-o", "lr.png")
    assert (done.status, done.out, len(done.err)) == (1, [], 1)
    extra = {"matplotlib": "plot", "ruamel.yaml": "yaml"}[package]
    assert done.err[0].startswith("sgd.yaml: ")
    assert package in done.err[0]
    assert done.err[0].endswith(f"pip install 'keras_optkit[{extra}]'")


# schema


def test_schema_prints_the_schema(run):
    done = run("schema")
    assert (done.status, done.err) == (0, [])
    assert json.loads("\n".join(done.out)) == json_schema()


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
    "arguments", [["--help"], *([command, "-h"] for command in ("check", "show", "plot", "schema"))]
)
def test_help_is_there_and_ends_with_0(run, arguments):
    done = run(*arguments)
    assert (done.status, done.err) == (0, [])
    assert done.out[0].startswith("usage: keras-optkit")
