"""after_import: an action right after an import, whoever imports, however, and without anybody noticing."""

from __future__ import annotations

import importlib
import importlib.resources
import importlib.util
import inspect
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from keras_optkit.runtime.import_hook import after_import

NAME = "imported_late"


@pytest.fixture(autouse=True)
def import_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own to import from, and what the test did to the import system undone."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., None]:
    """``write(code)``: the package to be imported."""

    def write(code: str = "value = 3\n", **files: str) -> None:
        for name, text in {"__init__": code, **files}.items():
            path = tmp_path / NAME / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        importlib.invalidate_caches()

    return write


@pytest.fixture
def seen() -> list[Any]:
    """What the watched actions saw: the value in the module at that time."""
    return []


@pytest.fixture
def watch(seen: list[Any]) -> Callable[[], None]:
    return lambda: after_import(NAME, lambda: seen.append(getattr(sys.modules[NAME], "value", "incomplete")))


def test_is_called_at_once_where_the_module_is_imported_already(write, watch, seen) -> None:
    write()
    importlib.import_module(NAME)
    finders = list(sys.meta_path)
    watch()
    assert seen == [3]
    assert sys.meta_path == finders


def test_imports_nothing_and_is_called_once_right_after_the_import(write, watch, seen) -> None:
    write()
    finders = list(sys.meta_path)
    watch()
    assert NAME not in sys.modules
    assert seen == []
    importlib.import_module(NAME)
    assert seen == [3]
    assert sys.meta_path == finders
    importlib.import_module(NAME)
    importlib.reload(sys.modules[NAME])
    assert seen == [3]


def test_is_called_before_the_first_submodule_that_somebody_asks_for_and_after_those_of_the_package_itself(
    write, watch, seen
) -> None:
    write("from . import inner\nvalue = inner.value", inner="value = 5", outer="import sys\n")
    watch()
    importlib.import_module(f"{NAME}.outer")
    assert seen == [5]


def test_what_is_imported_looks_as_if_nobody_had_watched(write, watch) -> None:
    write("def f():\n    return 1\n")
    (Path(sys.path[0]) / NAME / "data.txt").write_text("text")
    watch()
    module = importlib.import_module(NAME)
    assert type(module.__loader__) is type(module.__spec__.loader) is SourceFileLoader
    assert inspect.getsource(module.f) == "def f():\n    return 1\n"
    assert importlib.resources.files(module).joinpath("data.txt").read_text() == "text"
    assert pickle.loads(pickle.dumps(module.f)) is module.f


def test_only_asking_where_the_module_is_calls_nothing_and_gets_the_whole_answer(write, watch, seen) -> None:
    write()
    expected = importlib.util.find_spec(NAME)
    watch()
    for _ in range(3):
        spec = importlib.util.find_spec(NAME)
        assert spec is not None
        assert (spec.name, spec.origin) == (NAME, expected.origin)
        assert spec.submodule_search_locations == expected.submodule_search_locations
        assert spec.loader.get_source(NAME) == "value = 3\n"  # type: ignore[union-attr]
        assert spec.loader.is_package(NAME)  # type: ignore[union-attr]
    assert seen == []
    importlib.import_module(NAME)
    assert seen == [3]


def test_a_module_that_is_not_there_is_not_found(watch, seen) -> None:
    watch()
    assert importlib.util.find_spec(NAME) is None
    with pytest.raises(ModuleNotFoundError, match=NAME):
        importlib.import_module(NAME)
    assert seen == []


def test_a_module_whose_import_was_forbidden_stays_so(watch, seen, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, NAME, None)
    watch()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(NAME)
    assert seen == []


def test_an_import_that_fails_is_not_counted(write, watch, seen) -> None:
    write("raise OSError('no such device')")
    watch()
    for _ in range(2):
        with pytest.raises(OSError, match="no such device"):
            importlib.import_module(NAME)
    assert seen == []
    write("value = 7  # now it works")
    importlib.import_module(NAME)
    assert seen == [7]


@pytest.mark.parametrize("before", [True, False])
def test_an_action_that_fails_is_a_warning_and_no_failed_import(write, before) -> None:
    write()
    if before:
        importlib.import_module(NAME)

    def fail() -> None:
        raise AttributeError("no such class")

    def use() -> ModuleType:
        after_import(NAME, fail)
        return importlib.import_module(NAME)

    with pytest.warns(
        UserWarning, match=rf"^keras_optkit cannot work with this {NAME}: AttributeError\('no such class'"
    ):
        assert use().value == 3


def test_a_module_that_is_being_imported_here_is_not_touched(write, watch, seen, monkeypatch) -> None:
    # The module itself, or something that it imports, imports keras_optkit.
    monkeypatch.setattr(sys, "watch_it", watch, raising=False)
    write("import sys\nsys.watch_it()\nvalue = 3\n")
    assert importlib.import_module(NAME).value == 3
    assert seen == []


def test_a_module_that_another_thread_is_importing_is_waited_for(write, watch, seen, monkeypatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(sys, "events", (begun, go_on), raising=False)
    write("import sys\nsys.events[0].set()\nsys.events[1].wait(10)\nvalue = 3\n")
    importing = threading.Thread(target=importlib.import_module, args=[NAME])
    importing.start()
    assert begun.wait(10)
    watching = threading.Thread(target=watch)
    watching.start()
    go_on.set()
    watching.join(10)
    importing.join(10)
    assert seen == [3]


def test_is_called_once_where_many_threads_import_at_the_same_time(write, watch, seen) -> None:
    write("import time\ntime.sleep(0.05)\nvalue = 3\n")
    watch()
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        importlib.util.find_spec(NAME)
        importlib.import_module(NAME)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [3]


class Other(MetaPathFinder):
    """Another hook, which asks all finders itself: with a guard like wrapt's, or without one."""

    def __init__(self, *, asks_all: bool) -> None:
        self.asks_all, self.busy, self.found = asks_all, False, 0

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != NAME or self.busy:
            return None
        self.busy = self.asks_all
        try:
            if self.asks_all:
                spec = importlib.util.find_spec(fullname)
            else:
                others = [finder for finder in sys.meta_path if finder is not self]
                spec = next(filter(None, (finder.find_spec(fullname, path, target) for finder in others)), None)
        finally:
            self.busy = False
        self.found += spec is not None
        return spec


@pytest.mark.parametrize("asks_all", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_other_peoples_hooks_and_this_one_find_the_module_in_either_order(
    first: bool, asks_all: bool, write, watch, seen
) -> None:
    write()
    finders = list(sys.meta_path)
    other = Other(asks_all=asks_all)
    if first:
        watch()
    sys.meta_path.insert(0, other)
    if not first:
        watch()
    assert importlib.import_module(NAME).value == 3
    assert seen == [3]
    assert other.found
    assert sys.meta_path == [other, *finders]


def test_two_actions_on_one_module_are_both_called(write, watch, seen) -> None:
    write()
    watch()
    watch()
    importlib.import_module(NAME)
    assert seen == [3, 3]


def test_a_finder_of_the_old_kind_is_passed_over(write, watch, seen) -> None:
    write()
    watch()
    sys.meta_path.insert(1, object())  # type: ignore[arg-type]
    assert importlib.import_module(NAME).value == 3
    assert seen == [3]
