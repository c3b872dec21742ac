"""What newcomers write, and the whole text that they get, as ``messages.txt`` has them. Read it when it changes.

Each entry is the code, the text and, where the text says what to write, that, which has to work.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy
import pytest

import keras_optkit
from keras_optkit import OptimizerSpec, ScheduleSpec
from keras_optkit.command_line import main

TABLE = Path(__file__).with_name("messages.txt")


class Entry(NamedTuple):
    """What was written, the text that it got, and what to write instead."""

    code: str
    text: str
    instead: str | None


def _listed(kind: type) -> str:
    """The types of all specs of the ``kind``, as an error lists them."""
    public = [getattr(keras_optkit, name) for name in keras_optkit.__all__ if name.endswith("Spec")]
    return ", ".join(sorted((cls.__name__[:-4] for cls in public if kind in cls.__mro__[1:]), key=str.lower))


def _entries() -> list[Entry]:
    entries = []
    table = re.sub(r"(?m)^# .*\n", "", TABLE.read_text().partition("\n\n")[2])  # without the headings
    table = table.replace("{optimizers}", _listed(OptimizerSpec)).replace("{schedules}", _listed(ScheduleSpec))
    for block in re.split(r"\n\n+(?=>>> )", table.strip()):
        code, _, answer = block.removeprefix(">>> ").partition("\n")
        text, _, instead = answer.partition("\n--> ")
        entries.append(Entry(code, text, instead or None))
    return entries


ENTRIES = _entries()


def command(line: str) -> str:
    """What the command prints, without the usage before an error."""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            status = main(shlex.split(line))
        except SystemExit as ended:
            status = ended.code
    if status == 0:
        return out.getvalue()
    lines = error.getvalue().splitlines()
    raise _CommandError("\n".join(line for line in lines if not line.startswith(("usage: ", " "))))


class _CommandError(Exception):
    """What a command prints on standard error."""


def check(name: str, content: str) -> str:
    Path(name).write_text(content)
    return command(f"check {name}")


def cosine(decay_steps: Any) -> keras_optkit.CosineDecaySpec:
    return keras_optkit.CosineDecaySpec(initial_learning_rate=0.1, decay_steps=decay_steps)


def model() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(2, name="hidden"),
            keras.layers.LayerNormalization(name="norm"),
            keras.layers.Dense(1, name="head"),
        ],
        name="model",
    )


NAMES: dict[str, Any] = {
    **{name: getattr(keras_optkit, name) for name in keras_optkit.__all__},
    "keras": keras,
    "numpy": numpy,
    "model": model,
    "cosine": cosine,
    "COSINE": cosine(10),
    "check": check,
    "command": command,
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("run.yaml").write_text("train:\n  optimizer:\n    type: Adam\n")
    Path("cosine.yaml").write_text(
        "type: SGD\nlearning_rate: {type: CosineDecay, initial_learning_rate: 0.1, decay_steps: 10 epochs}\n"
    )


def answer(code: str) -> str:
    """The text of the exception that ``code`` raises, as it stands under a traceback."""
    try:
        eval(code, dict(NAMES))
    except _CommandError as error:
        return str(error)
    except Exception as error:
        return re.sub(r" at 0x[0-9a-f]+", " at 0x...", f"{type(error).__name__}: {error}")
    return "(nothing is wrong)"


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.code for entry in ENTRIES])
def test_a_mistake_gets_this_text(entry: Entry) -> None:
    assert answer(entry.code) == entry.text


WITH_REMEDY = [entry for entry in ENTRIES if entry.instead]


@pytest.mark.parametrize("entry", WITH_REMEDY, ids=[entry.code for entry in WITH_REMEDY])
def test_what_the_text_says_to_write_works(entry: Entry) -> None:
    assert entry.instead is not None
    eval(entry.instead, dict(NAMES))


# What follows these words is to be written as it is, up to the brackets of a call; there may be a second way.
SUGGESTED = re.compile(
    r"(?:did you mean|write|Keras calls it|here it is called|, or) ('[^']*'|\[.*?\](?= \[type)|\d[\w.-]*|[A-Z]\w*)"
)


@pytest.mark.parametrize("entry", WITH_REMEDY, ids=[entry.code for entry in WITH_REMEDY])
def test_the_remedy_is_what_the_text_suggests(entry: Entry) -> None:
    suggestions = [suggestion.strip("'") for suggestion in SUGGESTED.findall(entry.text)]
    assert not suggestions or any(suggestion in str(entry.instead) for suggestion in suggestions)


def test_a_text_that_suggests_something_to_write_has_its_remedy_here() -> None:
    assert [entry.code for entry in ENTRIES if "; write " in entry.text and not entry.instead] == []


def test_no_text_is_long_or_shows_an_address() -> None:
    for entry in ENTRIES:
        assert len(max(entry.text.splitlines(), key=len)) < 450, entry.code
        assert "0x7f" not in entry.text
        assert "https://" not in entry.text
