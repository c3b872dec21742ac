"""Mutants that are imported: for what a module does when it is imported, such as the ranges of its classes."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys

import pytest
from mutant import Mutant, module_of
from unchanged import ROOT

PYTEST = [
    *("-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile=mutants"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
]


class _Changed(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Finds one module, as another source."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(module_of(mutant.path), str(ROOT / mutant.path))
        self._mutant = mutant

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, fullname: str) -> object:
        return compile(self._mutant.source, self.path, "exec", dont_inherit=True)


def tests_pass(mutant: Mutant, stages: list[list[str]]) -> bool:
    """Whether the package with this change passes all stages of tests, in this process that has not imported it yet."""
    sys.meta_path.insert(0, _Changed(mutant))
    return all(pytest.main([*PYTEST, *tests]) == 0 for tests in stages)
