"""Mutation tests: changes the package in many small ways, one at a time, and shows those that no test notices.

    make mutants                                    every module of ROOMS, some hours
    make mutants OF="keras_optkit/preview"          one room or module
    make mutants SAMPLE=200 SEED=1                  so many, drawn from all

The changes are those of Cosmic Ray. Left to itself it writes each into the file and starts Python, which takes seconds,
and leaves a broken package behind when it is stopped. Here nothing is written: a fork of this process imports the
changed source and runs the tests: those that mirror the module, the others of its room, all fast ones, and at last the
slow ones that are alone in running some lines.

Those that change nothing that anybody could see are listed in ``unchanged.txt``, each with the reason.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import resource
import signal
import stat
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

ROOT = Path(__file__).parent.parent.parent
LISTED = Path(__file__).with_name("unchanged.txt")
ROOMS = [
    "keras_optkit/specs",
    "keras_optkit/formats",
    "keras_optkit/files.py",
    "keras_optkit/fields.py",
    "keras_optkit/schema.py",
    "keras_optkit/preview",
    *("keras_optkit/runtime/run_length.py", "keras_optkit/runtime/selection.py"),
]
#: Tests that import Keras and are the only ones to run some lines.
SLOW_TESTS = {
    "keras_optkit/preview": ["tests/runtime/test_plan.py", "tests/specs/test_tracebacks.py"],
    "keras_optkit/specs": ["tests/test_messages.py", "tests/specs/test_tracebacks.py"],
    "keras_optkit/specs/schedules": ["tests/runtime/test_schedule.py"],
    "keras_optkit/files.py": ["tests/specs/test_tracebacks.py"],
}
#: Of the operators that can replace one, those that no test would notice unless it looks closely.
REPLACED = {
    "Comparison": "Lt_LtE Lt_NotEq LtE_Lt LtE_Eq Gt_GtE Gt_NotEq GtE_Gt GtE_Eq Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is",
    "Binary": "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Div Mod_FloorDiv Pow_Mul BitOr_BitAnd BitAnd_BitOr",
    "Unary": "USub_UAdd Delete_Not",
}
OPERATORS = [
    *(f"core/Replace{kind}Operator_{name}" for kind, names in REPLACED.items() for name in names.split()),
    *("core/AddNot", "core/ReplaceTrueWithFalse", "core/ReplaceFalseWithTrue", "core/ReplaceAndWithOr"),
    *("core/ReplaceOrWithAnd", "core/ReplaceBreakWithContinue", "core/ReplaceContinueWithBreak"),
    *("core/ExceptionReplacer", "core/NumberReplacer", "core/RemoveDecorator", "core/ZeroIterationForLoop"),
]
#: What all tests import, and no change can touch.
PRELOADED = ["hypothesis.strategies", "hypothesis.extra", "numpy", "pydantic", "jsonschema", "ruamel.yaml", "tomli_w"]
PYTEST = [
    *("-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile=mutants"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
]
#: Of processor time; the tests of a module take a second or two, all of them some 30.
MOST_SECONDS = 200
MOST_MEMORY = 20_000_000_000  # of addresses, of which TensorFlow takes many


class Mutant(NamedTuple):
    """A module with one change."""

    path: str
    line: int
    operator: str
    old: str
    new: str
    source: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.operator.removeprefix('core/')}\n    - {self.old}\n    + {self.new}"


def mutants_of(path: str) -> Iterator[Mutant]:
    """All of a module, but those in types that nothing evaluates, and those that are no Python."""
    source = (ROOT / path).read_text(encoding="utf-8")
    lines = source.splitlines()
    ignored = set(_types(ast.parse(source)))
    for name in OPERATORS:
        operator = plugins.get_operator(name)()
        nodes = ast_nodes(get_ast(source))
        places = [(node, start) for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, (node, (line, column)) in enumerate(places):
            # `zip(strict=True)` says what is always so.
            is_certain = node.parent.get_code().strip() in ("strict=True", "strict=False")
            is_sign = node.parent.type == "parameters"  # the star of `def f(a, *, b)`
            if is_certain or is_sign or any(start <= (line, column) < end for start, end in ignored):
                continue
            try:
                changed = mutate_code(source, operator, occurrence)
                compile(changed, path, "exec", dont_inherit=True)
            except (SyntaxError, AttributeError):  # the latter from Cosmic Ray, for `except module.Error`
                continue
            after = zip(lines[line - 1 :], changed.splitlines()[line - 1 :], strict=False)
            old, new = next(pair for pair in after if pair[0] != pair[1])
            yield Mutant(path, line, name, " ".join(old.split()), " ".join(new.split()), changed)


def _types(tree: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for node in ast.walk(tree):
        parts: list[Any] = []
        if isinstance(node, ast.FunctionDef):
            parts = [node.returns, *(part.annotation for part in ast.walk(node.args) if isinstance(part, ast.arg))]
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            parts = [node]
        for part in filter(None, parts):
            yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)


class _Changed(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Finds one module, as another source."""

    def __init__(self, mutant: Mutant) -> None:
        parts = Path(mutant.path).with_suffix("").parts
        super().__init__(".".join(parts[:-1] if parts[-1] == "__init__" else parts), str(ROOT / mutant.path))
        self._mutant = mutant

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, fullname: str) -> object:
        return compile(self._mutant.source, self.path, "exec", dont_inherit=True)


def near(path: str) -> list[list[str]]:
    """The tests that mirror the module, and the others of its room but for those that draw examples, which are slow.

    Those of the runtime are slow too: they import Keras.
    """
    folder = ROOT / "tests" / Path(path).parent.relative_to("keras_optkit")
    stem = Path(path).stem
    mirror = [*folder.glob(f"test_{stem}.py"), *folder.glob(f"test_{stem}_*.py")]
    room = [] if folder.name in ("tests", "runtime") else sorted(set(folder.glob("test_*.py")) - set(mirror))
    stages = [[str(test) for test in mirror], ["-m", "not hypothesis", *(str(test) for test in room)]]
    return [tests for tests, files in zip(stages, (mirror, room), strict=True) if files]


def survives(mutant: Mutant, tests: list[str]) -> bool:
    """Whether the tests pass, in a process of their own that cannot hang."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        for stream in (1, 2) if mutant.operator else ():  # why the package as it is fails is shown
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        sys.meta_path.insert(0, _Changed(mutant))
        status = 1
        try:
            status = int(pytest.main([*PYTEST, *tests]))
        finally:
            os._exit(status)
    status = _ended(child, 20 * MOST_SECONDS)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode), f"{os.devnull} is no device any more"
    return status == 0


def _ended(child: int, seconds: int) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def listed() -> dict[tuple[str, str, str], str]:
    """From a module, a line and what it is changed to, to why that changes nothing."""
    reasons = {}
    for block in LISTED.read_text(encoding="utf-8").split("\n\n")[1:]:
        path, old, new, reason = block.strip().split("\n", 3)
        old, new = old.removeprefix("- "), new.removeprefix("+ ")
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        assert old in (" ".join(line.split()) for line in lines), f"{path} has no line {old!r} any more: see {LISTED}"
        reasons[path, old, new] = reason
    return reasons


def main() -> int:
    parser = argparse.ArgumentParser(description="Shows the changes of the package that no fast test notices.")
    parser.add_argument("of", nargs="*", default=ROOMS, help="modules or folders")
    parser.add_argument("--sample", type=int, help="how many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--near", action="store_true", help="run only the tests of the module's own room")
    parser.add_argument("--slow", nargs="*", default=[], help="tests that are not fast")
    options = parser.parse_args()

    os.environ["EXAMPLES"] = os.environ.get("EXAMPLES", "20")
    for name in PRELOADED:
        importlib.import_module(name)
    paths = [
        str(module.relative_to(ROOT))
        for place in options.of
        for module in sorted((ROOT / place).rglob("*.py") if (ROOT / place).is_dir() else [ROOT / place])
    ]
    mutants = [mutant for path in paths for mutant in mutants_of(path)]
    if options.sample and options.sample < len(mutants):
        mutants = sorted(random.Random(options.seed).sample(mutants, options.sample))
    reasons = listed()
    everything = [] if options.near else [[str(ROOT / "tests"), *(f"--ignore={ROOT / test}" for test in options.slow)]]
    for path in {mutant.path for mutant in mutants}:
        unchanged = Mutant(path, 0, "", "", "", (ROOT / path).read_text(encoding="utf-8"))
        assert all(survives(unchanged, tests) for tests in near(path)), f"the tests of {path} fail as it is"
    assert all(survives(unchanged, tests) for tests in everything), "the fast tests fail as the package is"
    made: Counter[str] = Counter()
    lived: Counter[str] = Counter()
    unknown = 0
    for mutant in mutants:
        made[mutant.path] += 1
        last = [] if options.near else [tests for room, tests in SLOW_TESTS.items() if mutant.path.startswith(room)]
        if not all(survives(mutant, tests) for tests in (*near(mutant.path), *everything, *last)):
            continue
        lived[mutant.path] += 1
        reason = reasons.get((mutant.path, mutant.old, mutant.new))
        unknown += reason is None
        print(mutant, *([f"    ({reason})"] if reason else []), sep="\n", flush=True)
    for path, number in made.items():
        print(f"{path}: {number - lived[path]} of {number} noticed")
    total, alive = made.total(), lived.total()
    print(f"{total - alive} of {total} noticed, {alive - unknown} listed as changing nothing, {unknown} to be tested")
    return unknown > 0


if __name__ == "__main__":
    sys.exit(main())
