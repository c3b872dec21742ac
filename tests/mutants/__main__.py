"""Mutation tests: changes the package in many small ways, one at a time, and shows those that no test notices.

    make mutants                                    every module of ROOMS, an hour
    make mutants OF="keras_optkit/preview"          one room, module or line (keras_optkit/preview/plot.py:41)
    make mutants OF=... TESTS="tests/preview"       what some tests notice, within seconds
    make mutants SAMPLE=200 SEED=1                  so many, drawn from all

The changes are those of Cosmic Ray. Left to itself it writes each into the file and starts Python and all tests, which
takes half a minute, and leaves a broken package behind when it is stopped. Here nothing is written. A change in a
function is put into the running package (``in_place``), and only the tests that run its line are run. What else changes
is imported by a fork (``by_import``), which runs the tests that mirror the module, the others of its room, and all fast
ones. What still lives meets the slow tests that are alone in running some lines.

Those that change nothing that anybody could see are listed in ``unchanged.txt``, each with the reason.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import pickle
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from by_import import PYTEST, tests_pass
from forks import Fork, passing
from in_place import Session
from mutant import Mutant, mutants_of
from unchanged import ROOT, unchanged

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
    "keras_optkit/formats/keras.py": ["tests/formats/test_keras_hdf5.py"],
    "keras_optkit/files.py": ["tests/specs/test_tracebacks.py"],
}
#: What all tests import, and no change can touch.
PRELOADED = ["hypothesis.strategies", "hypothesis.extra", "numpy", "pydantic", "jsonschema", "ruamel.yaml", "tomli_w"]
MOST_SECONDS = 200  # of processor time: all fast tests take some 60


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


def unnoticed(mutants: list[Mutant], fast: list[str], jobs: int, are_alone: bool) -> Iterator[Mutant]:
    """Those that neither the fast tests notice nor, unless these are alone, the slow ones."""
    imported = [mutant for mutant in mutants if mutant.path.startswith("keras_optkit/runtime/")]
    changed = [mutant for mutant in mutants if mutant not in imported]
    left = dict.fromkeys(imported, True) | (in_place(changed, fast, jobs) if changed else {})
    print(f"{len(left)} of {len(mutants)} are left after those in place", file=sys.stderr, flush=True)
    forks = (
        (mutant, Fork(functools.partial(tests_pass, mutant, [*stages]), MOST_SECONDS))
        for mutant, may_show in left.items()
        for stages in [_stages(mutant, fast, may_show, are_alone)]
    )
    yield from (mutant for mutant, passed in passing(forks, jobs) if passed)


def _stages(mutant: Mutant, fast: list[str], may_show: bool, are_alone: bool) -> Iterator[list[str]]:
    is_runtime = mutant.path.startswith("keras_optkit/runtime/")
    if may_show and not are_alone:
        yield from near(mutant.path)
    if may_show and (are_alone or not is_runtime):
        yield fast
    if not are_alone:
        yield from (tests for room, tests in SLOW_TESTS.items() if mutant.path.startswith(room))


def in_place(mutants: list[Mutant], fast: list[str], jobs: int) -> dict[Mutant, bool]:
    """Those that no test notices while they are put into the running package, and whether an import may show more."""
    with tempfile.NamedTemporaryFile() as report:

        def run() -> bool:
            session = Session(mutants, jobs)
            status = pytest.main([*PYTEST, "-s", *fast], plugins=[session])
            Path(report.name).write_bytes(pickle.dumps(session.left))
            print(f"pytest ended with {status!r}", file=sys.stderr)
            return status == 0

        [(_, passed)] = passing([("", Fork(run, 1_000_000, is_silent=False))])
        assert passed, "see above"
        left: dict[Mutant, bool] = pickle.load(report)
        return left


def modules(places: list[str]) -> Iterator[tuple[str, int | None]]:
    """Of each place, its modules, with the line that alone is changed."""
    for place in places:
        path, _, line = place.partition(":")
        found = sorted((ROOT / path).rglob("*.py")) if (ROOT / path).is_dir() else [ROOT / path]
        for module in found:
            yield str(module.relative_to(ROOT)), int(line) if line else None


def main() -> int:
    parser = argparse.ArgumentParser(description="Shows the changes of the package that no fast test notices.")
    parser.add_argument("of", nargs="*", default=ROOMS, help="modules, folders, or module:line")
    parser.add_argument("--sample", type=int, help="how many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument("--tests", nargs="*", help="run these alone, and see soon what they notice")
    parser.add_argument("--slow", nargs="*", default=[], help="tests that are not fast")
    options = parser.parse_args()

    os.environ["EXAMPLES"] = os.environ.get("EXAMPLES", "20")
    for name in PRELOADED:
        importlib.import_module(name)
    mutants = [
        mutant for path, line in modules(options.of) for mutant in mutants_of(path) if line in (None, mutant.line)
    ]
    if options.sample and options.sample < len(mutants):
        mutants = sorted(random.Random(options.seed).sample(mutants, options.sample))
    reasons = unchanged()
    fast = options.tests or [str(ROOT / "tests"), *(f"--ignore={ROOT / test}" for test in options.slow)]
    lived: Counter[str] = Counter()
    unknown = 0
    for mutant in unnoticed(mutants, fast, options.jobs, bool(options.tests)):
        lived[mutant.path] += 1
        reason = reasons.get((mutant.path, mutant.old, mutant.new))
        unknown += reason is None
        print(mutant, *([f"    ({reason})"] if reason else []), sep="\n", flush=True)
    made = Counter(mutant.path for mutant in mutants)
    for path, number in made.items():
        print(f"{path}: {number - lived[path]} of {number} noticed")
    total, alive = made.total(), lived.total()
    print(f"{total - alive} of {total} noticed, {alive - unknown} listed as changing nothing, {unknown} to be tested")
    return unknown > 0


if __name__ == "__main__":
    sys.exit(main())
