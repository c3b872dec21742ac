"""``show``: what is printed, with and without the length of the run."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path

import pytest
from how_many import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from keras_optkit import save_spec
from keras_optkit.command_line import main

COSINE = "SGDSpec(learning_rate=CosineDecaySpec(initial_learning_rate=0.1, decay_steps='50%'))"


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
    assert done.out[-1] == "(install plotext to see the curve here: pip install 'keras_optkit[cli]')"


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
    assert run("check", name).out == ["a\\n\\x1b[31m.yaml: ok"]
