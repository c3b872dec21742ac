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

ROOT = Path(__file__).parents[2]
FILES = {
    "sgd.yaml": "type: SGD\nmomentum: 0.9\n",
    "cosine.yaml": "type: SGD\nlearning_rate: {type: CosineDecay, initial_learning_rate: 0.1, decay_steps: 50%}\n",
    "again.yaml": "type: SGD\n",
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
    assert (done.returncode, done.stdout) == (2, "sgd.yaml: ok\n")
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


def in_an_emptied_environment(*arguments: str, **outputs: Any) -> subprocess.CompletedProcess[str]:
    """Without PYTHONUNBUFFERED or anything else that could hide how output is buffered."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from keras_optkit.command_line import main; sys.exit(main())"
    )
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    return subprocess.run(command, env={"PATH": os.defpath}, text=True, timeout=60, check=False, **outputs)


def test_results_and_errors_in_one_pipe_are_in_the_order_of_the_files():
    files = ["sgd.yaml", "bad.yaml", "cosine.yaml", "none.yaml", "again.yaml"]
    done = in_an_emptied_environment("check", *files, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 2
    started = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert started == ["sgd.yaml", "bad.yaml", "bad.yaml", "cosine.yaml", "none.yaml", "again.yaml"]


@pytest.mark.parametrize(("files", "status"), [("sgd.yaml", 0), ("sgd.yaml bad.yaml", 1), ("bad.yaml sgd.yaml", 1)])
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_output_changes_no_status_and_where_the_rest_is_written(files, status, closed):
    line = f'exec "$0" -W error -m keras_optkit check {files} {closed}'
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", line, sys.executable], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == status
    assert done.stdout == ("" if closed != "2>&-" else "sgd.yaml: ok\n")
    assert (done.stderr == "") == (closed != ">&-" or status == 0)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_pipe_that_is_closed_early_hides_no_wrong_file(stream):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as out:
        outputs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: out}
        done = in_an_emptied_environment("check", "sgd.yaml", "bad.yaml", "again.yaml", **outputs)
    assert done.returncode == 1
    if stream == "stdout":
        assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["bad.yaml:2", "bad.yaml:3"]
    else:
        assert done.stdout == "sgd.yaml: ok\nagain.yaml: ok\n"


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
@pytest.mark.parametrize(
    "arguments",
    [["check", "sgd.yaml"], ["check", "bad.yaml", "--output-format", "json"], ["--version"], ["init", "adam"]],
    ids=" ".join,
)
def test_an_output_that_takes_nothing_is_one_line(arguments):
    with Path("/dev/full").open("wb") as full:
        done = command(*arguments, out=full)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "No space left on device" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_an_error_output_that_takes_nothing_is_an_error_status():
    with Path("/dev/full").open("wb") as full:
        done = in_an_emptied_environment("check", "bad.yaml", stdout=subprocess.PIPE, stderr=full)
    assert (done.returncode, done.stdout) == (2, "")


def test_the_command_is_called_keras_optkit_and_the_extras_it_names_bring_the_packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"keras-optkit": "keras_optkit.command_line:main"}
    assert callable(main)
    assert project["optional-dependencies"]["cli"][0].startswith("plotext")
    assert project["optional-dependencies"]["plot"][0].startswith("matplotlib")
