"""Every example of the README and the guides runs, as a reader would type them, and prints what stands below it.

The blocks of a document run one after another in an empty folder, the Python in one namespace:

- A ``python`` block runs. A ``text`` block right below it is what it prints.
- A block of any language with ``title="a.yaml"`` is that file. A ``python`` one with a ``text`` block right below it
  runs too, without the names of the page: a reader copies it alone.
- In a ``console`` block ``$ keras-optkit ...`` and ``$ python FILE``, a file of the page, run and print what follows.
"""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
FENCE = re.compile(r'^```(\w+)(?: title="(.+?)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"\s*^```text$", re.MULTILINE)


# Some register a spec.
@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_example_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = path.read_text(encoding="utf-8")
    blocks = list(FENCE.finditer(text))
    assert 2 * len(blocks) == len(re.findall("^```", text, re.MULTILINE)), "a block that is not understood"
    namespace: dict[str, object] = {"__name__": "__main__"}
    printed, end = "", 0
    for block in blocks:
        language, title, body = block.groups()
        line = text.count("\n", 0, block.start()) + 1
        if title:
            Path(title).write_text(body, encoding="utf-8")
        if language == "python" and (not title or OUTPUT.match(text, block.end())):
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile("\n" * line + body, str(path), "exec"), {"__name__": "__main__"} if title else namespace)
            printed, end = out.getvalue(), block.end()
            continue
        if language == "text" and printed and not text[end : block.start()].strip():
            assert _lines(printed) == _lines(body), f"{path}:{line}"
        elif language == "console":
            for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", body, re.MULTILINE):
                _run(command, expected, f"{path}:{line}")
        printed = ""


# The site's search ranks a page by its headings first.
@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("fine-tun", "recipes"),
        ("crash", "recipes"),
        ("resum", "saving"),
        ("early stopping", "faq"),
        ("freeze", "faq"),
        ("EMA", "faq"),
        ("NaN", "common_errors"),
        ("warm-up", "schedules"),
        ("warmup", "gallery"),
        ("layer-wise", "groups"),
        ("weight decay", "groups"),
        ("accumulation", "distributed"),
    ],
)
def test_what_readers_search_for_is_in_a_heading_of_the_page_that_answers(words: str, page: str) -> None:
    text = FENCE.sub("", (ROOT / f"docs/{page}.md").read_text(encoding="utf-8"))
    headings = re.findall("^#+ (.*)$", text, re.MULTILINE)
    assert any(re.search(rf"\b{words}", heading, re.IGNORECASE) for heading in headings), headings


def test_a_common_error_has_the_words_of_its_message_in_its_heading() -> None:
    text = (ROOT / "docs/common_errors.md").read_text(encoding="utf-8")
    sections = re.split("^##+ (.*)$", text, flags=re.MULTILINE)
    quoted = [
        (quote, body)
        for heading, body in zip(sections[1::2], sections[2::2], strict=True)
        for quote in re.findall('"(.+?)"(?=, "|$)', heading)
    ]
    assert len(quoted) > 20
    for quote, body in quoted:
        printed = "".join(text for language, _, text in FENCE.findall(body) if language == "text")
        assert all(words.strip() in printed for words in quote.split("...")), quote


def test_the_tree_on_the_design_page_is_the_packages() -> None:
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    tree = next(body for _, _, body in FENCE.findall(text) if body.startswith("keras_optkit/\n"))
    path: list[str] = []
    for line in tree.splitlines():
        name, depth = line.split()[0], (len(line) - len(line.lstrip())) // 2
        path[depth:] = [name]
        found = ROOT.joinpath(*path)
        assert found.is_dir() if name.endswith("/") else found.is_file(), found


def _run(command: str, expected: str, where: str) -> None:
    program, argument = command.split()[:2]
    programs = {"keras-optkit": f"{sys.executable} -m keras_optkit", "python": sys.executable}
    if program not in programs or (program == "python" and not Path(argument).is_file()):
        return
    command = command.replace(program, programs[program], 1)
    done = subprocess.run(command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert _lines(done.stdout) == _lines(expected), f"{where}: {command}"


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]
