"""The command line in this process, in a folder with files of every kind."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from keras_optkit.command_line import main

FILES = {
    "sgd.yaml": "type: SGD\nmomentum: 0.9\n",
    "cosine.yaml": "type: SGD\nlearning_rate: {type: CosineDecay, initial_learning_rate: 0.1, decay_steps: 50%}\n",
    "train.yaml": "epochs: 3\nmodel:\n  optimizer: {type: Adam, learning_rate: 1e-4}\n",
    "bad.yaml": "type: SGD\nmomentun: 0.9\nclipnorm: -1\n",
    "worse.json": '{"type": "SGD",\n "momentum": }\n',
}


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


@pytest.fixture
def stdin(monkeypatch) -> Callable[[str | bytes], None]:
    """``stdin(content)``: what standard input holds."""

    def stdin(content: str | bytes) -> None:
        stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(stream))

    return stdin
