"""The command line as a process of its own: what it imports, and pipes and outputs of every kind."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from keras_optkit.command_line import main

ROOT = Path(__file__).parent.parent
FILES = {
    "sgd.yaml": "type: SGD\nmomentum: 0.9\n",
    "cosine.yaml": "type: SGD\nlearning_rate: {type: CosineDecay, initial_learning_rate: 0.1, decay_steps: 50%}\n",
    "bad.yaml": "type: SGD\nmomentun: 0.9\nclipnorm: -1\n",
}
SHOW = ["show", "cosine.yaml", "--steps-per-epoch", "10", "--epochs", "4"]


@pytest.fixture(autouse=True)
def _in_a_folder_with_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")


def process(*arguments: str, out: Any = subprocess.PIPE, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, in which a warning is an error."""
    command = [sys.executable, "-W", "error", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, env=environment, stdout=out, stderr=subprocess.PIPE, text=True, timeout=60)


def command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return process("-m", "keras_optkit", *arguments, **options)


def test_a_process_ends_with_the_status_and_without_a_traceback():
    done = command("check", "sgd.yaml", "bad.yaml", "none.yaml")
    assert (done.returncode, done.stdout) == (1, "sgd.yaml: SGDSpec(momentum=0.9)\n")
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["bad.yaml:2", "bad.yaml:3", "none.yaml"]


def test_check_and_show_import_no_framework():
    heavy = "{'keras', 'tensorflow', 'tf_keras', 'jax', 'torch', 'matplotlib', 'sklearn', 'pandas', 'rich'}"
    script = f"""
import sys
from keras_optkit.command_line import main
for arguments in (["check", "cosine.yaml"], {SHOW}):
    assert main(arguments) == 0
    loaded = {heavy} & sys.modules.keys()
    assert not loaded, loaded
"""
    done = process("-c", script)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["schema"], SHOW, ["check", "cosine.yaml", "sgd.yaml"]], ids=" ".join)
def test_a_pipe_that_is_closed_early_is_no_error(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as out:
        # Unbuffered, so that writing itself meets the closed pipe, and not only the last flush.
        done = command(*arguments, out=out, PYTHONUNBUFFERED="1")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_buffered_pipe_that_is_closed_early_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as out:
        done = command("schema", out=out)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_output_that_knows_no_more_than_ascii_is_no_error():
    Path("größe.yaml").write_text("type: SGD\ngroups: [{match: größe}]\n", encoding="utf-8")
    for arguments in (["check", "größe.yaml"], SHOW):
        done = command(*arguments, PYTHONIOENCODING="ascii")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.isascii()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_an_output_that_takes_nothing_is_one_line():
    with Path("/dev/full").open("wb") as full:
        done = command("check", "sgd.yaml", out=full)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "No space left on device" in done.stderr


def test_the_command_is_called_keras_optkit_and_the_extras_it_names_bring_the_packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"keras-optkit": "keras_optkit.command_line:main"}
    assert callable(main)
    assert project["optional-dependencies"]["cli"][0].startswith("plotext")
    assert project["optional-dependencies"]["plot"][0].startswith("matplotlib")
