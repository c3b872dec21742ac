"""An action to take as soon as some module is imported, without importing it. Knows nothing of Keras."""

from __future__ import annotations

import importlib
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def after_import(name: str, action: Callable[[], object]) -> None:
    """Calls ``action`` when the module called ``name`` has been imported: now, if it has been already.

    The module is never imported because of this. An ``action`` that fails is a warning, because an import of somebody
    else's must not fail with it.
    """
    if sys.modules.get(name) is not None:
        module = importlib.import_module(name)  # waits for another thread that is importing it
        if not getattr(module.__spec__, "_initializing", False):  # as it still is where this thread is importing it
            _run(action, name)
            return
    sys.meta_path.insert(0, _Finder(name, action))


class _Finder(MetaPathFinder):
    """Finds one module as all other finders together would, with a loader that calls back; gone after that."""

    def __init__(self, name: str, action: Callable[[], object]) -> None:
        self._name = name
        self._action = action
        self._searching: set[int] = set()
        """The threads in which the other finders are asked; some of them ask all finders again, this one included."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        thread = threading.get_ident()
        if fullname != self._name or thread in self._searching:
            return None
        self._searching.add(thread)
        try:
            finders = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]
            spec = next(filter(None, (finder.find_spec(fullname, path, target) for finder in finders)), None)
        finally:
            self._searching.discard(thread)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader, self._imported)
        return spec

    def _imported(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            _run(self._action, self._name)


class _Loader(Loader):
    """Another loader, which calls back when it has executed its module."""

    def __init__(self, loader: Any, imported: Callable[[], None]) -> None:
        self._loader = loader
        self._imported = imported

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # From here on the module is as if nobody had watched: resources and sources are read by its own loader.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._imported()


def _run(action: Callable[[], object], name: str) -> None:
    try:
        action()
    except Exception as error:
        warnings.warn(f"{__name__.partition('.')[0]} cannot work with this {name}: {error!r}", stacklevel=2)
