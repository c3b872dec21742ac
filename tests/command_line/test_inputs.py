"""Which files are checked: those in a directory that hold a spec, what a glob matches, and each file once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SPEC = "type: SGD\n"


@pytest.fixture
def tree(run, tmp_path):
    """``tree(name=text, ...)``: files in a folder ``in``, with folders made as needed."""

    def tree(files: dict[str, str]) -> None:
        for name, text in files.items():
            path = Path("in", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    return tree


def test_the_specs_in_a_directory_are_checked_by_name_and_then_those_of_each_directory_in_it(run, tree):
    tree({"b.yml": SPEC, "a.JSON": '"adam"', "c/d.toml": "type = 'SGD'", "c/a/z.yaml": SPEC, "a/b.yaml": SPEC})
    expected = ["in/a.JSON", "in/b.yml", "in/a/b.yaml", "in/c/d.toml", "in/c/a/z.yaml"]
    for name in ("in", "in/", "./in", f"{Path.cwd()}/in"):
        done = run("check", name)
        assert (done.status, done.err) == (0, [])
        assert [line.removeprefix(f"{Path.cwd()}/") for line in done.out] == [f"{file}: ok" for file in expected]


NO_SPECS = {
    "package.json": '{"type": "module"}',
    "schema.json": '{"type": "object", "properties": {"type": {"type": "string"}}}',
    "mkdocs.yml": "x: !!python/name:os.path 1\n",
    "chart.yaml": "{{ if x }}\n",
    "list.yaml": "- 1\n- type: image\n",
    "empty.yaml": "",
    "data.json": '{"type": "Adam", "x": "' + "x" * 1_000_000 + '"}',
    "model.keras": "",
    "notes.txt": SPEC,
    ".hidden.yaml": "type: SGDD",
    ".git/spec.yaml": "type: SGDD",
}


def test_files_in_a_directory_that_hold_no_spec_are_skipped(run, tree):
    tree({**NO_SPECS, "spec.yaml": SPEC})
    assert run("check", "in") == (0, ["in/spec.yaml: ok"], [])
    skipped = sorted(name for name in NO_SPECS if name.endswith((".json", ".yaml", ".yml")) and name[0] != ".")
    done = run("check", "in", "--verbose")
    assert done.out == [f"in/{name}: skipped, has no spec" for name in skipped] + ["in/spec.yaml: SGDSpec()"]


WRONG_SPECS = {
    "a slip in the type": ("a.yaml", "type: Adamm\n"),
    "no JSON": ("a.json", '{"type": "SGD",}'),
    "no YAML": ("a.yaml", "learning_rate:\n  type: CosineDecay\n x: 1"),
    "no TOML": ("a.toml", "type = SGD\n"),
    "UTF-16": ("a.yaml", "type:\0 SGD\n"),
    "an optimizer further inside": ("a.yaml", "train:\n  optimizer:\n    type: SGD\n"),
    "a type of another library": ("a.yaml", "type: torch.optim.AdamW\n"),
}


@pytest.mark.parametrize("wrong", WRONG_SPECS)
def test_a_file_in_a_directory_that_is_meant_to_hold_a_spec_is_not_skipped(run, tree, wrong):
    name, text = WRONG_SPECS[wrong]
    tree({name: text})
    done = run("check", "in")
    assert (done.status, done.out) == (1, [])
    assert done.err[0].startswith(f"in/{name}:")


def test_with_a_key_the_files_that_have_the_node_are_checked(run, tree):
    tree({
        "a.yaml": "train: {optimizer: sgd}", "b.yaml": SPEC, "c.json": '{"train": {"optimizer": {"type": "SDG"}}}',
        "d.yaml": "train: {optimizer:\n", "e.toml": "train = 3",
    })  # fmt: skip
    done = run("check", "in", "--key", "train.optimizer")
    assert (done.status, done.out) == (1, ["in/a.yaml: ok"])
    assert [line.partition(":")[0] for line in done.err] == ["in/c.json"]
    assert run("check", "in", "--key", "trian") == (2, [], ["in: no file in it has a spec at trian"])


def test_a_directory_without_a_spec_ends_with_2(run, tree):
    tree({"package.json": '{"type": "module"}'})
    assert run("check", "in") == (2, [], ["in: no file in it has a spec"])


def test_a_file_that_is_named_is_checked_whatever_it_holds_also_beside_its_directory(run, tree):
    tree({"package.json": '{"type": "module"}', "spec.yaml": SPEC})
    done = run("check", "in", "in/package.json")
    assert (done.status, done.out) == (1, ["in/spec.yaml: ok"])
    assert done.err[0].startswith("in/package.json:1: type: unknown optimizer or schedule")


def test_a_file_is_checked_once_however_often_and_in_whatever_way_it_is_named(run, tree):
    tree({"spec.yaml": SPEC})
    names = ["in", "in/spec.yaml", "./in/spec.yaml", "in/../in", f"{Path.cwd()}/in/spec.yaml", "in/*.yaml", "in"]
    assert run("check", *names) == (0, ["in/spec.yaml: ok"], [])


def test_links_that_make_loops_are_not_followed_and_links_to_files_are(run, tree):
    tree({"a/spec.yaml": SPEC, "b/other.yaml": SPEC})
    for link, target in [("a/up", ".."), ("a/self", "."), ("b/up", ".."), ("b/self", "../b"), ("x.yaml", "x.yaml")]:
        Path("in", link).symlink_to(target)
    Path("in/link.yaml").symlink_to("a/spec.yaml")
    Path("in/dir.yaml").symlink_to("a")
    done = run("check", "in")
    assert (done.status, done.out) == (2, [f"in/{name}: ok" for name in ("link.yaml", "a/spec.yaml", "b/other.yaml")])
    assert done.err == ["in/x.yaml: Too many levels of symbolic links"]
    assert run("check", "in/**/*other.yaml") == (0, ["in/b/other.yaml: ok"], [])


@pytest.fixture
def _a_deep_directory(tree):
    """Directories inside each other, more than Python's stack has frames; pytest could not remove them either."""
    tree({"spec.yaml": SPEC})
    here = Path.cwd()
    os.chdir("in")
    for _ in range(1_200):
        Path("d").mkdir()
        os.chdir("d")
    os.chdir(here)
    yield
    os.chdir(f"in{'/d' * 1_200}")
    for _ in range(1_200):
        os.chdir("..")
        Path("d").rmdir()
    os.chdir(here)


@pytest.mark.usefixtures("_a_deep_directory")
def test_a_directory_that_is_very_deep_is_no_traceback(run):
    assert run("check", "in") == (0, ["in/spec.yaml: ok"], [])
    assert run("check", "in/**/*.yaml").status in (0, 2)


def test_a_directory_that_must_not_be_read_is_said_and_hides_no_other(run, tree, monkeypatch):
    tree({"a/spec.yaml": SPEC, "b/spec.yaml": SPEC})
    scandir = os.scandir

    def locked(path):
        if str(path).endswith("a"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", locked)  # root may read everything
    assert run("check", "in") == (2, ["in/b/spec.yaml: ok"], ["in/a: Permission denied"])


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("in/*.yaml", ["in/a.yaml", "in/b.yaml"]),
        ("in/?.yaml", ["in/a.yaml", "in/b.yaml"]),
        ("in/[b-z].yaml", ["in/b.yaml"]),
        ("in/**/*.yaml", ["in/a.yaml", "in/b.yaml", "in/c/d.yaml"]),
        ("in/*", ["in/a.yaml", "in/b.yaml", "in/c/d.yaml"]),
        ("in/.*.yaml", ["in/.hidden.yaml"]),
        ("in/../in/a*.yaml", ["in/../in/a.yaml"]),
    ],
)
def test_a_glob_is_what_it_matches_in_the_order_of_the_names(run, tree, pattern, expected):
    tree(dict.fromkeys(["b.yaml", "a.yaml", "c/d.yaml", ".hidden.yaml"], SPEC))
    done = run("check", pattern)
    assert (done.status, done.err) == (0, [])
    assert done.out == [f"{name}: ok" for name in expected]
    assert run("check", f"{Path.cwd()}/{pattern}").out == [f"{Path.cwd()}/{name}: ok" for name in expected]


@pytest.mark.parametrize("pattern", ["x*.yaml", "a**b", "[x].yaml", "*\0", "/*/nowhere", "*/" * 2_000])
def test_a_glob_that_matches_nothing_ends_with_2(run, pattern):
    done = run("check", pattern)
    assert (done.status, done.out, len(done.err)) == (2, [], 1)
    assert done.err[0].endswith(": no file matches")


def test_a_file_whose_name_looks_like_a_glob_is_that_file(run, tree):
    tree({"[a].yaml": SPEC})
    assert run("check", "in/[a].yaml") == (0, ["in/[a].yaml: ok"], [])


def test_where_the_current_directory_is_gone_files_are_still_read(run, tree, tmp_path):
    tree({"spec.yaml": SPEC})
    gone = Path("gone")
    gone.mkdir()
    os.chdir(gone)
    (tmp_path / "gone").rmdir()
    assert run("check", f"{tmp_path}/in/spec.yaml", "here.yaml").out == [f"{tmp_path}/in/spec.yaml: ok"]
    os.chdir(tmp_path)


def test_an_empty_name_is_no_directory(run):
    assert run("check", "").err == ["'': a spec file must end in .json, .yaml, .yml, .toml, not ''"]
