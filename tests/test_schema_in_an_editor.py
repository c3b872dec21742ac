"""What an editor makes of the JSON Schema: the YAML language server, as VS Code, Neovim and others run it."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keras_optkit import json_schema

VERSION = "1.25.0"
FOLDER = Path(__file__).parents[1] / "build" / f"yaml-language-server-{VERSION}"
PROGRAM = FOLDER / "node_modules" / ".bin" / "yaml-language-server"


class Editor:
    """The part of an editor that speaks to a language server (https://microsoft.github.io/language-server-protocol)."""

    def __init__(self, schema: Path) -> None:
        self._server = subprocess.Popen([PROGRAM, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._settings = {"schemas": {schema.as_uri(): ["*.yaml"]}, "schemaStore": {"enable": False}}
        self._folder = schema.parent
        self._numbers = itertools.count()
        self._found: dict[str, list[str]] = {}
        capabilities = {"workspace": {"configuration": True}, "textDocument": {"hover": {}, "completion": {}}}
        self._ask("initialize", {"processId": None, "rootUri": schema.parent.as_uri(), "capabilities": capabilities})
        self._send(method="initialized", params={})

    def close(self) -> None:
        self._server.kill()
        self._server.communicate()

    def proposed(self, text: str) -> list[str]:
        """What is proposed at the ``|`` in ``text``."""
        return [item["label"] for item in self._at("completion", text)["items"]]

    def hovered(self, text: str) -> str:
        """What is shown over the word after the ``|`` in ``text``."""
        shown: str = self._at("hover", text)["contents"]["value"]
        return shown.replace("\\", "")

    def mistakes(self, text: str) -> list[str]:
        """The mistakes in ``text``, as the number of the line and what is said there."""
        return self._found[self._open(text)]

    def _at(self, feature: str, text: str) -> Any:
        before, _, after = text.partition("|")
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        where = {"textDocument": {"uri": self._open(before + after)}, "position": position}
        return self._ask(f"textDocument/{feature}", where)

    def _open(self, text: str) -> str:
        uri = (self._folder / f"{next(self._numbers)}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        while uri not in self._found:  # before that it may not know its settings
            self._receive()
        return uri

    def _ask(self, method: str, params: Any) -> Any:
        number = next(self._numbers)
        self._send(id=number, method=method, params=params)
        while (answer := self._receive()).get("id") != number or "method" in answer:
            pass
        return answer["result"]

    def _send(self, **message: Any) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._server.stdin
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        self._server.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        """The next message, answered if it is a question and kept if it is what was found in a document."""
        assert self._server.stdout
        headers = [*iter(self._server.stdout.readline, b"\r\n")]
        (length,) = [int(header.split(b":")[1]) for header in headers if header.startswith(b"Content-Length")]
        message: dict[str, Any] = json.loads(self._server.stdout.read(length))
        if message.get("method") == "workspace/configuration":
            sections = [item.get("section") for item in message["params"]["items"]]
            settings = [self._settings if section == "yaml" else {} for section in sections]
            self._send(id=message["id"], result=settings)
        elif "method" in message and "id" in message:
            self._send(id=message["id"], result=None)
        elif message.get("method") == "textDocument/publishDiagnostics":
            self._found[message["params"]["uri"]] = [
                f"{found['range']['start']['line']}: {found['message']}" for found in message["params"]["diagnostics"]
            ]
        return message


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    if not PROGRAM.exists():
        options = ("--prefix", FOLDER, "--no-audit", "--no-fund", "--ignore-scripts")
        options += ("--fetch-retries=0", "--fetch-timeout=30000")  # a machine without a network is not to wait
        install = ["npm", "install", *options, f"yaml-language-server@{VERSION}"]
        done = subprocess.run(install, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot install yaml-language-server: {done.stderr}")
    schema = tmp_path_factory.mktemp("editor") / "optimizer.schema.json"
    schema.write_text(json.dumps(json_schema()), encoding="utf-8")
    running = Editor(schema)
    yield running
    running.close()


WARM = "type: AdamW\nlearning_rate:\n  type: Warmup\n  warmup_steps: {}\n  schedule:\n    type: Constant\n"
WARM += "    learning_rate: 0.1\n"


def test_it_proposes_types_and_the_fields_of_a_type(editor):
    assert {"Adam", "AdamW", "SGD", "Muon"} <= {*editor.proposed("type: |")}
    schedules = editor.proposed("type: AdamW\nlearning_rate:\n  type: |")
    assert {"Warmup", "CosineDecay"} <= {*schedules}
    assert "Adam" not in schedules
    for spelling in ("SGD", "sgd"):
        fields = editor.proposed(f"type: {spelling}\n|")
        assert {"momentum", "nesterov", "learning_rate"} <= {*fields}
        assert "beta_1" not in fields


@pytest.mark.parametrize("spelling", ["AdamW", "adam_w"])
def test_it_shows_the_text_of_the_optimizer_that_is_written(editor, spelling):
    assert "Adam with decoupled weight decay" in editor.hovered(f"|type: {spelling}\n")
    assert "it cannot be None here" in editor.hovered(f"type: {spelling}\n|weight_decay: 0.1\n")
    assert "the length of the warm-up" in editor.hovered(
        WARM.format("5%").replace("AdamW", spelling).replace("warmup_steps", "|warmup_steps")
    )


def test_it_shows_another_text_for_another_optimizer(editor):
    assert "Stochastic gradient descent" in editor.hovered("|type: SGD\n")
    assert "each update first subtracts" in editor.hovered("type: SGD\n|weight_decay: 0.1\n")


@pytest.mark.parametrize("text", ["type: adamw\nweight_decay: 0.1\n", WARM.format("5%"), WARM.format("20 Epochs")])
def test_it_finds_nothing_in_what_is_read(editor, text):
    assert editor.mistakes(text) == []


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("type: AdamW\nbeta_1: 1.5\n", "1: Value is above the exclusive maximum of 1."),
        ("type: AdamW\nmomentum: 0.9\n", "1: Property momentum is not allowed."),
        ("beta_1: 0.9\n", '0: Missing property "type".'),
        (
            WARM.format("10 weeks"),
            "3: must be a whole number of steps, or a duration such as '20 epochs' or '5%'",
        ),
    ],
)
def test_it_underlines_a_mistake(editor, text, mistake):
    assert mistake in editor.mistakes(text)
