"""``check``: what it says of each file, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

COSINE = "SGDSpec(learning_rate=CosineDecaySpec(initial_learning_rate=0.1, decay_steps='50%'))"


def test_check_says_ok_for_each_file_and_ends_with_0(run):
    assert run("check", "sgd.yaml", "cosine.yaml") == (0, ["sgd.yaml: ok", "cosine.yaml: ok"], [])


@pytest.mark.parametrize("option", ["-v", "--verbose"])
def test_check_verbose_prints_the_specs(run, option):
    assert run("check", "sgd.yaml", "cosine.yaml", option) == (
        0, ["sgd.yaml: SGDSpec(momentum=0.9)", f"cosine.yaml: {COSINE}"], []
    )  # fmt: skip


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_check_quiet_prints_mistakes_only(run, option):
    assert run("check", "sgd.yaml", option) == (0, [], [])
    done = run("check", "sgd.yaml", "worse.json", option)
    assert done == (1, [], ["worse.json:2: is not JSON: Expecting value"])


def test_check_reports_all_mistakes_of_all_files_and_ends_with_1(run):
    Path("binary.toml").write_bytes(b"\xff\x00")
    files = ["bad.yaml", "sgd.yaml", "binary.toml", "worse.json", "notes.txt"]
    assert run("check", *files) == (
        1,
        ["sgd.yaml: ok"],
        [
            "bad.yaml:2: momentun: unknown field; did you mean 'momentum'?",
            "bad.yaml:3: clipnorm: must be > 0, received -1",
            "binary.toml: must be UTF-8 (invalid start byte at byte 0)",
            "worse.json:2: is not JSON: Expecting value",
            "notes.txt: a spec file must end in .json, .yaml, .yml, .toml, not '.txt'",
        ],
    )


def test_a_file_that_cannot_be_read_ends_with_2_and_hides_no_mistake_in_another(run):
    os.mkfifo("pipe.yaml")
    assert run("check", "none.json", "bad.yaml", "pipe.yaml", "n" * 5_000 + ".yaml", "sgd.yaml", "nowhere") == (
        2,
        ["sgd.yaml: ok"],
        [
            "none.json: No such file or directory",
            "bad.yaml:2: momentun: unknown field; did you mean 'momentum'?",
            "bad.yaml:3: clipnorm: must be > 0, received -1",
            "pipe.yaml: Not a regular file",
            f"{'n' * 5_000}.yaml: File name too long",
            "nowhere: No such file or directory",
        ],
    )


def test_check_reads_the_node_at_a_key_of_every_file(run):
    assert run("check", "train.yaml", "sgd.yaml", "--key", "model.optimizer") == (
        1,
        ["train.yaml: ok"],
        ["sgd.yaml: there is no 'model'; the keys are type, momentum"],
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
    check = ("check", "misfit.yaml", "--key", "model.optimizer", "--steps-per-epoch", "57")
    assert run(*check, "--epochs", "20") == (0, ["misfit.yaml: ok"], told)
    assert run(*check, "--epochs", "20", "--strict") == (1, [], told)
    assert run(*check, "--strict") == (0, ["misfit.yaml: ok"], [])


def test_check_strict_ends_with_0_if_all_fits(run):
    assert run("check", "sgd.yaml", "--steps-per-epoch", "57", "--epochs", "20", "--strict").status == 0


def test_a_warning_in_one_file_does_not_hide_a_mistake_in_another(run):
    Path("again.yaml").write_text(Path("cosine.yaml").read_text())
    done = run("check", "cosine.yaml", "bad.yaml", "again.yaml", "--steps-per-epoch", "57", "--epochs", "20")
    assert done.status == 1
    assert [line.partition(": ")[0] for line in done.err] == [
        "cosine.yaml:2",
        "bad.yaml:2",
        "bad.yaml:3",
        "again.yaml:2",
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
    assert done.err[0].startswith("short.yaml: total_steps: leaves no stable phase, received 30; ")


def test_a_file_that_must_not_be_read_is_one_line(run, monkeypatch):
    def locked(name: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr("keras_optkit.files._without_waiting", locked)  # root may read everything
    assert run("check", "sgd.yaml") == (2, [], ["sgd.yaml: Permission denied"])


def test_warnings_are_in_the_order_of_their_lines(run):
    cosine = "type: CosineDecay\n  initial_learning_rate: 0.1\n  decay_steps: 20\n"
    Path("two.yaml").write_text(f"type: SGD\nlearning_rate:\n  {cosine}gradient_accumulation_steps: 8000\n")
    done = run("check", "two.yaml", "--steps-per-epoch", "100", "--epochs", "20")
    assert [line.partition(": ")[0] for line in done.err] == ["two.yaml:5", "two.yaml:6"]


# What is changed


def test_set_changes_each_file_before_it_is_checked(run):
    changed = run("check", "sgd.yaml", "cosine.yaml", "--set", "momentum=0.5", "--set=nesterov=true", "-v")
    assert changed.status == 0
    assert [line.partition("momentum")[2] for line in changed.out] == ["=0.5, nesterov=True)"] * 2
    wrong = run("check", "sgd.yaml", "cosine.yaml", "--set", "learning_rate.decay_steps=2 epochs")
    assert (wrong.status, wrong.out) == (1, ["cosine.yaml: ok"])
    assert wrong.err[0].startswith("sgd.yaml: learning_rate.decay_steps: ")


def test_what_does_not_fit_the_run_can_be_mended_by_set(run):
    Path("short.yaml").write_text("type: CosineDecay\ninitial_learning_rate: 0.1\ndecay_steps: 20\n")
    check = ("check", "short.yaml", "--steps-per-epoch", "57", "--epochs", "20", "--strict")
    assert run(*check).status == 1
    assert run(*check, "--set", "decay_steps=100%") == (0, ["short.yaml: ok"], [])


# Standard input


@pytest.mark.parametrize(
    ("format", "text"), [("yaml", "type: SGD"), ("json", '{"type": "SGD"}'), ("toml", "type = 'SGD'")]
)
def test_standard_input_is_read_in_the_format_that_is_named(run, stdin, format, text):
    stdin(text)
    assert run("check", "-", "--input-format", format) == (0, ["<stdin>: ok"], [])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("type: SGD\nmomentum: 2", "<stdin>:2: momentum: must be in [0, 1), received 2"),
        ("", "<stdin>: is empty"),
        (b"\xff", "<stdin>: must be UTF-8 (invalid start byte at byte 0)"),
        (b"\xff\xfet\0", "<stdin>: must be UTF-8, but is UTF-16: save it as UTF-8"),
        ("x" * 2_000_000, "<stdin>: is too large: the limit is 1,000,000 bytes"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_wrong_with_standard_input_is_one_line(run, stdin, content, line):
    stdin(content)
    assert run("check", "-", "-", "--input-format", "yaml") == (1, [], [line])


def test_standard_input_that_is_closed_is_one_line(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    assert run("check", "-", "sgd.yaml", "--input-format", "json").err[0] == "<stdin>: is closed"


def test_the_input_format_counts_more_than_the_suffix(run):
    Path("spec.txt").write_text("type: SGD\n")
    Path("spec.json").write_text("type: SGD\n")
    assert run("check", "spec.txt", "spec.json", "--input-format", "yaml").status == 0
    assert run("check", "spec.txt", "spec.json", "--input-format", "toml").status == 1


# Formats of what is printed

FINDINGS = [
    {"file": "bad.yaml", "line": 2, "path": "momentun", "severity": "error"},
    {"file": "bad.yaml", "line": 3, "path": "clipnorm", "severity": "error"},
    {"file": "none.json", "line": None, "path": "", "severity": "error"},
    {"file": "short.yaml", "line": 3, "path": "decay_steps", "severity": "warning"},
]


def test_json_is_one_array_of_all_mistakes_and_warnings_and_nothing_else(run):
    Path("short.yaml").write_text("type: CosineDecay\ninitial_learning_rate: 0.1\ndecay_steps: 20\n")
    files = ["sgd.yaml", "bad.yaml", "none.json", "short.yaml"]
    length = ["--steps-per-epoch", "57", "--epochs", "20"]
    done = run("check", *files, *length, "--output-format", "json", "--verbose")
    assert (done.status, done.err) == (2, [])
    found = json.loads("\n".join(done.out))
    assert found == [{**expected, "message": each["message"]} for expected, each in zip(FINDINGS, found, strict=True)]
    assert found[1]["message"] == "must be > 0, received -1"


def test_json_of_files_without_a_mistake_is_an_empty_array(run):
    assert run("check", "sgd.yaml", "--output-format", "json") == (0, ["[]"], [])


def test_github_gets_an_annotation_for_each_line_of_a_file(run):
    Path("100%,a:b.yaml").write_text("type: SGD\nname: '%\\n::error::'\n")
    done = run("check", "sgd.yaml", "bad.yaml", "100%,a:b.yaml", "none.json", "--output-format", "github")
    assert (done.status, done.err) == (2, [])
    assert done.out[:2] == [
        "::error file=bad.yaml,line=2::momentun: unknown field; did you mean 'momentum'?",
        "::error file=bad.yaml,line=3::clipnorm: must be > 0, received -1",
    ]
    assert done.out[2].startswith("::error file=100%25%2Ca%3Ab.yaml,line=2::name: must consist of letters, ")
    assert done.out[2].endswith("received '%25\\\\n::error::'")
    assert done.out[3] == "::error file=none.json::No such file or directory"
