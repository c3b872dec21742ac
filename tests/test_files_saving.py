"""How ``save_spec`` writes: as a whole or not at all, text of every kind, and a word where a package is missing."""

from __future__ import annotations

import errno
import os
import re
import socket
import stat
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_optkit import AdamSpec, ParamGroup, PiecewiseConstantDecaySpec, SGDSpec, SpecFileError, load_spec, save_spec

SUFFIXES = [".json", ".yaml", ".toml"]
OLD, NEW = AdamSpec(beta_1=0.8), SGDSpec(momentum=0.9)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing but the spec ``OLD`` in every format."""
    for suffix in SUFFIXES:
        save_spec(OLD, tmp_path / f"spec{suffix}")
    assert names_in(tmp_path) == ["spec.json", "spec.toml", "spec.yaml"]
    return tmp_path


# The whole file or nothing


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_there_before_is_replaced(suffix, folder):
    save_spec(NEW, folder / f"spec{suffix}")
    assert load_spec(folder / f"spec{suffix}") == NEW
    assert len(names_in(folder)) == 3


# In a process of its own: the limit holds for every file, also for one that pytest's own output may go to.
WRITE_WHERE_NO_FILE_CAN_BE_LONG = """
import resource, sys
from keras_optkit import SGDSpec, save_spec

hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
try:
    save_spec(SGDSpec(momentum=0.9), sys.argv[1])
except OSError as error:
    sys.exit(0 if "File too large" in str(error) else str(error))
sys.exit("the file was written")
"""


def test_an_error_in_the_middle_of_writing_leaves_the_old_file_and_no_other(folder):
    pytest.importorskip("resource")
    for suffix in SUFFIXES:
        command = [sys.executable, "-B", "-c", WRITE_WHERE_NO_FILE_CAN_BE_LONG, str(folder / f"spec{suffix}")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert load_spec(folder / f"spec{suffix}") == OLD
    assert len(names_in(folder)) == 3


def test_an_error_at_the_last_step_leaves_the_old_file_and_no_other(folder, monkeypatch):
    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(os, "rename", refuse)
    for suffix in SUFFIXES:
        with pytest.raises(PermissionError):
            save_spec(NEW, folder / f"spec{suffix}")
        assert load_spec(folder / f"spec{suffix}") == OLD
    assert len(names_in(folder)) == 3


@pytest.mark.parametrize(
    ("name", "error"),
    [("spec.ini", SpecFileError), ("spec", SpecFileError), ("none/spec.json", OSError), ("folder.json", OSError)],
)
def test_what_cannot_be_written_is_an_error_and_leaves_nothing(name, error, folder):
    (folder / "folder.json").mkdir()
    with pytest.raises(error):
        save_spec(NEW, folder / name)
    assert names_in(folder) == ["folder.json", "spec.json", "spec.toml", "spec.yaml"]


@pytest.mark.parametrize("thing", [{"type": "SGD"}, "adam", None, ParamGroup(match="a"), AdamSpec], ids=repr)
def test_only_a_spec_can_be_saved(thing, folder):
    with pytest.raises(TypeError, match=r"spec must be an optimizer or schedule spec, received"):
        save_spec(thing, folder / "spec.json")
    assert load_spec(folder / "spec.json") == OLD


def test_many_threads_may_write_one_file(folder):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: save_spec(SGDSpec(momentum=number / 100), folder / "spec.json"), range(100)))
    assert isinstance(load_spec(folder / "spec.json"), SGDSpec)
    assert len(names_in(folder)) == 3


# Links and permissions


def test_a_link_goes_on_pointing_to_the_file_that_is_written(folder):
    link = folder / "links" / "link.yaml"
    link.parent.mkdir()
    link.symlink_to("../spec.yaml")
    save_spec(NEW, link)
    assert link.readlink() == Path("../spec.yaml")
    assert load_spec(folder / "spec.yaml") == NEW
    assert names_in(link.parent) == ["link.yaml"]


def test_a_link_to_no_file_makes_the_file(tmp_path):
    (tmp_path / "link.json").symlink_to("spec.json")
    save_spec(NEW, tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert load_spec(tmp_path / "spec.json") == NEW


def test_a_link_to_itself_is_an_os_error(tmp_path):
    (tmp_path / "link.json").symlink_to("link.json")
    with pytest.raises(OSError, match="link"):
        save_spec(NEW, tmp_path / "link.json")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_keeps_its_permissions(mode, folder):
    (folder / "spec.json").chmod(mode)
    save_spec(NEW, folder / "spec.json")
    assert (folder / "spec.json").stat().st_mode & 0o777 == mode


def test_a_new_file_has_the_permissions_that_new_files_have(tmp_path):
    (tmp_path / "usual").touch()
    save_spec(NEW, tmp_path / "spec.json")
    assert (tmp_path / "spec.json").stat().st_mode == (tmp_path / "usual").stat().st_mode


# Any text

HARD = [
    "null",
    "~",
    "yes",
    "1e-3",
    "012",
    ".inf",
    "=",
    "<<",
    "2001-01-01",
    "- a",
    "a: b",
    "# x",
    " a",
    "a ",
    "a\n",
    "\n",
]
HARD += ["a\n\nb\n", ">", "%", "@", "`", "!!x", "&a", "---", "...", "'", '"', "\0", "\7", "\x7f", "\r\n", "long " * 60]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_text_survives(suffix, tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / f"spec{suffix}"

    @given(st.sampled_from(HARD) | st.text("a \n\t\x85\u2028\ufeff:#'\"\\é😀", min_size=1) | st.text(min_size=1))
    def survives(text):
        spec = SGDSpec(groups=[ParamGroup(match=re.escape(text)), ParamGroup(match=f"[{re.escape(text)}]")])
        save_spec(spec, path)
        assert load_spec(path) == spec

    survives()


def test_text_stays_text_that_one_can_read(tmp_path):
    for suffix in SUFFIXES[1:]:
        save_spec(SGDSpec(groups=[ParamGroup(match="größe/")]), tmp_path / f"spec{suffix}")
        assert "größe/" in (tmp_path / f"spec{suffix}").read_text(encoding="utf-8")


# Missing packages


@pytest.mark.parametrize("suffix", [".yaml", ".yml"])
def test_without_ruamel_yaml_an_error_names_the_extra(suffix, folder, monkeypatch):
    (folder / "spec.yml").write_bytes((folder / "spec.yaml").read_bytes())
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    for act in (load_spec, lambda path: save_spec(NEW, path)):
        with pytest.raises(ModuleNotFoundError) as caught:
            act(folder / f"spec{suffix}")
        assert str(caught.value) == "YAML files need ruamel.yaml: pip install 'keras_optkit[yaml]'"
    save_spec(NEW, folder / "spec.json")
    save_spec(NEW, folder / "spec.toml")
    assert load_spec(folder / "spec.json") == load_spec(folder / "spec.toml") == NEW


def test_without_tomli_w_toml_can_be_read_and_an_error_names_the_extra_for_writing(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "tomli_w", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        save_spec(NEW, folder / "spec.toml")
    assert str(caught.value) == "writing TOML files needs tomli-w: pip install 'keras_optkit[toml]'"
    assert load_spec(folder / "spec.toml") == OLD


def test_the_extras_that_are_named_install_the_packages():
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"]["yaml"][0].startswith("ruamel.yaml")
    assert project["optional-dependencies"]["toml"][0].startswith("tomli-w")


# What is no file


@pytest.fixture
def special(tmp_path: Path) -> Path:
    """A folder with what may have a file's name and is none."""
    os.mkfifo(tmp_path / "fifo.json")
    os.mkfifo(tmp_path / "behind a link")
    (tmp_path / "link.json").symlink_to("behind a link")
    _device(tmp_path / "zero.json", 5)
    _device(tmp_path / "null.json", 3)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(tmp_path / "socket.json"))  # whose path may have no more than 107 characters
    return tmp_path


def _device(path: Path, minor: int) -> None:
    """A link to /dev/null (3) or /dev/zero (5), or one of the test's own for who could lose the machine's.

    A ``save_spec`` that is wrong, run by root, would replace the device that a link leads to by a file.
    """
    if os.access("/dev", os.W_OK):
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        except PermissionError:
            pytest.skip("may replace the machine's devices, and may make none")
    else:
        path.symlink_to({3: "/dev/null", 5: "/dev/zero"}[minor])


SPECIAL = ["fifo.json", "link.json", "zero.json", "null.json", "socket.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
@pytest.mark.parametrize("name", SPECIAL)
def test_what_is_no_regular_file_is_neither_waited_for_nor_read(name, special):
    with pytest.raises(OSError, match=r"Not a regular file|No such device or address"):
        load_spec(special / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
@pytest.mark.parametrize("name", SPECIAL)
def test_what_is_no_regular_file_is_not_replaced(name, special):
    before = (special / name).lstat(), (special / name).stat(), names_in(special)
    with pytest.raises(OSError, match="Not a regular file") as caught:
        save_spec(NEW, special / name)
    assert caught.value.filename == str(special / name)
    after = (special / name).lstat(), (special / name).stat(), names_in(special)
    assert [status.st_ino for status in before[:2]] == [status.st_ino for status in after[:2]]
    assert [status.st_mode for status in before[:2]] == [status.st_mode for status in after[:2]]
    assert before[2] == after[2]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux")
def test_a_file_that_says_it_is_empty_is_read_no_further_than_the_limit(tmp_path, monkeypatch):
    (tmp_path / "maps.yaml").symlink_to("/proc/self/maps")
    assert (tmp_path / "maps.yaml").stat().st_size == 0
    monkeypatch.setattr("keras_optkit.formats.document.MOST_BYTES", 100)
    with pytest.raises(SpecFileError, match="is too large: the limit is 100 bytes"):
        load_spec(tmp_path / "maps.yaml")


def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    path = tmp_path / ("a" * 250 + ".json")
    save_spec(NEW, path)
    assert load_spec(path) == NEW
    assert names_in(tmp_path) == [path.name]


def test_what_could_not_be_read_again_is_not_written(folder):
    rates = [1 / n for n in range(1, 45_000)]
    spec = PiecewiseConstantDecaySpec(boundaries=range(1, len(rates)), values=rates)
    for suffix in SUFFIXES:
        with pytest.raises(SpecFileError, match=r"the spec (expands to more|is too large)"):
            save_spec(spec, folder / f"spec{suffix}")
        assert load_spec(folder / f"spec{suffix}") == OLD
    assert len(names_in(folder)) == 3


@pytest.mark.parametrize("path", [0, 1.5, b"spec.json", None], ids=repr)
def test_only_a_path_can_be_written_to(path):
    with pytest.raises(TypeError, match=r"path must be a string or a pathlib\.Path, received "):
        save_spec(NEW, path)


def test_a_disk_that_is_full_is_told_with_the_name_that_was_passed(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    name = str(tmp_path / "spec.json")
    with pytest.raises(OSError, match="No space left") as caught:
        save_spec(SGDSpec(), name)
    assert caught.value.filename == name
    assert list(tmp_path.iterdir()) == []
