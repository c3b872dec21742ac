"""Mutants of what functions do: their code is put into the functions of a package that is imported already.

The tests are collected once. Each mutant is a fork that runs those that run the changed line, the quickest first.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import inspect
import os
import pickle
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import CodeType, FunctionType
from typing import NamedTuple

import coverage
import pytest
from forks import Fork, passing
from mutant import Mutant, module_of
from unchanged import ROOT

AT_IMPORT = ""  # for coverage: what no test has run


class Run(NamedTuple):
    """What the tests of the package as it is have shown."""

    seconds: list[float]  # of each test
    tests: dict[tuple[str, int], list[int]]  # of each line of a module
    imported: set[tuple[str, int]]  # the lines that run also when nothing is tested


class Session:
    """A plugin of pytest that runs its tests again and again, for each mutant those that may notice it."""

    def __init__(self, mutants: list[Mutant], jobs: int) -> None:
        self._mutants = mutants
        self._jobs = jobs
        paths = sorted({str(ROOT / mutant.path) for mutant in mutants})
        self._coverage = coverage.Coverage(data_file=None, include=paths)
        self._failed: list[str] = []
        self._caches: list[functools._lru_cache_wrapper[object]] = []
        #: What no test has noticed, and whether an import may show more.
        self.left: dict[Mutant, bool] = {}

    def pytest_sessionstart(self) -> None:
        self._coverage.start()
        self._coverage.switch_context(AT_IMPORT)
        for path in {mutant.path for mutant in self._mutants}:  # some are imported by their first use only
            importlib.import_module(module_of(path))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(f"{report.nodeid}\n{report.longreprtext}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        _build_models()
        self._caches = [
            found
            for found in gc.get_objects()
            if isinstance(found, functools._lru_cache_wrapper) and found.__module__.startswith("keras_optkit.")
        ]
        with tempfile.NamedTemporaryFile() as report:
            measure = functools.partial(self._measure, session.items, Path(report.name))
            [(_, passed)] = passing([("", Fork(measure, 1_500))])
            run = pickle.load(report)
            assert passed, "\n".join(["the tests fail on the package as it is", *run])
        self._coverage.stop()
        for mutant, passed in passing(self._forks(session.items, run), self._jobs):
            if not passed:
                del self.left[mutant]
        return True

    def _measure(self, items: list[pytest.Item], report: Path) -> bool:
        seconds = []
        for item, following in pairwise([*items, None]):
            self._forget()
            self._coverage.switch_context(item.nodeid)
            start = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            seconds.append(time.process_time() - start)
        self._coverage.stop()
        if self._failed:
            report.write_bytes(pickle.dumps(self._failed))
            return False
        number = {item.nodeid: index for index, item in enumerate(items)}
        tests, imported = {}, set()
        data = self._coverage.get_data()
        for path in data.measured_files():
            for line, names in data.contexts_by_lineno(path).items():
                place = str(Path(path).relative_to(ROOT)), line
                tests[place] = sorted((number[name] for name in names if name), key=seconds.__getitem__)
                if AT_IMPORT in names:
                    imported.add(place)
        report.write_bytes(pickle.dumps(Run(seconds, tests, imported)))
        return True

    def _forks(self, items: list[pytest.Item], run: Run) -> Iterator[tuple[Mutant, Fork]]:
        functions = _functions()
        for mutant in self._mutants:
            lines = [(mutant.path, line) for line in _statement(mutant)]
            swaps = _swaps(mutant, functions[mutant.path])
            self.left[mutant] = not swaps or not run.imported.isdisjoint(lines)
            if not swaps:
                continue
            chosen = sorted({test for line in lines for test in run.tests.get(line, ())}, key=run.seconds.__getitem__)
            seconds = 10 + 4 * int(sum(run.seconds[test] for test in chosen))
            yield mutant, Fork(functools.partial(self._passes, swaps, [items[test] for test in chosen]), seconds)

    def _passes(self, swaps: dict[FunctionType, CodeType], items: list[pytest.Item]) -> bool:
        for function, code in swaps.items():
            function.__code__ = code
        self._forget()
        for item, following in pairwise([*items, None]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                return False
        return True

    def _forget(self) -> None:
        for cached in self._caches:
            cached.cache_clear()


def _build_models() -> None:
    """So that what pydantic does once, with the first value of a class, is done before any test."""
    from keras_optkit.specs.value import Value

    classes = [Value]
    for model in classes:
        classes.extend(model.__subclasses__())
        model.model_rebuild()


def _functions() -> dict[str, list[FunctionType]]:
    """Those that live, by module."""
    functions: dict[str, list[FunctionType]] = defaultdict(list)
    for found in gc.get_objects():
        if isinstance(found, FunctionType) and found.__code__.co_filename.startswith(f"{ROOT}{os.sep}"):
            functions[str(Path(found.__code__.co_filename).relative_to(ROOT))].append(found)
    return functions


def _swaps(mutant: Mutant, functions: list[FunctionType]) -> dict[FunctionType, CodeType]:
    """The code of each living function that changes; none where something else changes, such as the body of a class."""
    path = str(ROOT / mutant.path)
    old, new = (
        list(_codes(compile(source, path, "exec", dont_inherit=True)))
        for source in (Path(path).read_text(encoding="utf-8"), mutant.source)
    )
    if len(old) != len(new):
        return {}
    pairs = list(zip(old, new, strict=True))
    if not all(before.co_flags & inspect.CO_OPTIMIZED for before, after in pairs if _own(before) != _own(after)):
        return {}
    changed = {before: after for before, after in pairs if before != after}
    return {
        function: changed[function.__code__]
        for function in functions
        if function.__code__ in changed and function.__code__.co_freevars == changed[function.__code__].co_freevars
    }


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from _codes(constant)


def _own(code: CodeType) -> tuple[object, ...]:
    """All of a code but the functions in it."""
    constants = [repr(constant) for constant in code.co_consts if not inspect.iscode(constant)]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_exceptiontable


def _statement(mutant: Mutant) -> range:
    """The lines of the smallest statement around the change, without the statements in it."""
    lines = range(mutant.line, mutant.line + 1)
    for node in ast.walk(ast.parse((ROOT / mutant.path).read_text(encoding="utf-8"))):  # the outer ones come first
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            body = getattr(node, "body", None)
            own = range(node.lineno, (body[0].lineno if body else node.end_lineno + 1))
            if mutant.line in own:
                lines = own
    return lines
