"""Colours: in a terminal only, and as NO_COLOR and FORCE_COLOR say."""

from __future__ import annotations

import io

import pytest

from keras_optkit.command_line.output import as_text, coloured
from keras_optkit.formats.findings import Finding


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


GREEN = "\x1b[32mok\x1b[0m"


@pytest.mark.parametrize(
    ("environment", "terminal", "pipe"),
    [
        ({}, GREEN, "ok"),
        ({"TERM": "xterm"}, GREEN, "ok"),
        ({"TERM": "dumb"}, "ok", "ok"),
        ({"NO_COLOR": "1"}, "ok", "ok"),
        ({"NO_COLOR": ""}, GREEN, "ok"),
        ({"FORCE_COLOR": "1"}, GREEN, GREEN),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, GREEN, GREEN),
        ({"FORCE_COLOR": ""}, GREEN, "ok"),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, "ok", "ok"),
    ],
)
def test_colours_are_for_terminals_unless_the_environment_says_otherwise(monkeypatch, environment, terminal, pipe):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert coloured("ok", "green", Terminal()) == terminal
    assert coloured("ok", "green", io.StringIO()) == pipe


FINDINGS = [
    Finding("a.yaml", 2, "momentum", "must be in [0, 1), received 2"),
    Finding("a.yaml", 3, "learning_rate.decay_steps", "is 20 batches", "warning"),
    Finding("b\x1b[31m.yaml", None, "", "No such\nfile"),
]


def test_in_colours_there_is_the_same_text_and_no_escape_but_the_colours(monkeypatch):
    terminal, pipe = Terminal(), io.StringIO()
    monkeypatch.setattr("sys.stderr", terminal)
    as_text(FINDINGS)
    monkeypatch.setattr("sys.stderr", pipe)
    as_text(FINDINGS)
    assert terminal.getvalue().splitlines() == [
        "\x1b[1ma.yaml:2\x1b[0m: \x1b[31mmomentum\x1b[0m: must be in [0, 1), received 2",
        "\x1b[1ma.yaml:3\x1b[0m: \x1b[33mwarning\x1b[0m: \x1b[33mlearning_rate.decay_steps\x1b[0m: is 20 batches",
        "\x1b[1mb\\x1b[31m.yaml\x1b[0m: No such\\nfile",
    ]
    assert pipe.getvalue().splitlines() == [str(finding) for finding in FINDINGS]
