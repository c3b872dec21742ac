"""``python -m fuzzing documents=100 files=10 lines=10 models=10``, from the folder of the tests: report what breaks.

Each process draws by a seed of its own, which is printed with what it found: ``SEED=...`` draws the same again.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import NamedTuple

from fuzzing.documents import document, overrides
from fuzzing.invariants import check_document, check_model, check_override, check_text, result_or_error
from fuzzing.line_invariants import check_line
from fuzzing.lines import line
from fuzzing.saved_models import saved_model
from fuzzing.texts import text

from keras_optkit import parse_spec

#: A part of the work, so that a report comes often.
PART = 10_000
#: Bytes of a process. What is imported takes a fourth of it.
MOST_MEMORY = 2 << 30
#: Kilobytes that one case may take more than all before it. Making the largest file, of 30 MB, takes 240,000.
MOST_GROWTH = 400_000


class Report(NamedTuple):
    """What came of some cases."""

    accepted: int
    findings: list[str]
    slowest: float
    """The processor time of the slowest case, in seconds."""
    memory: int
    """The most memory that the process has had, in kilobytes."""


def try_document(random: Random, folder: Path) -> bool:
    """Parse a document, or override what one gave."""
    data = document(random)
    if random.random() < 0.75:
        return check_document(data)
    spec = result_or_error(parse_spec, data)
    return spec is not None and check_override(spec, overrides(random))


def try_file(random: Random, folder: Path) -> bool:
    """Load a file of one of the formats."""
    name = random.choice(["json", "yaml", "toml"])
    return check_text(text(random, name), f".{name}", folder, random)


def try_model(random: Random, folder: Path) -> bool:
    """Load a saved model."""
    return check_model(saved_model(random), random.choice([".keras", ".h5", ".hdf5"]), folder)


def try_line(random: Random, folder: Path) -> bool:
    """Run a command line, in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        (work := Path(own, "work")).mkdir()
        with contextlib.chdir(work):
            return check_line(line(random, work), Path(own))


KINDS: dict[str, Callable[[Random, Path], bool]] = {
    "documents": try_document,
    "files": try_file,
    "models": try_model,
    "lines": try_line,
}


def limit_process() -> None:
    """Make a MemoryError of too much memory, and an error of each warning."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    warnings.simplefilter("error")


def most_memory() -> int:
    """The most memory that this process has had so far, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def fuzz(seed: int, **counts: int) -> Report:
    """Try so many cases of each kind."""
    random, accepted, slowest = Random(seed), 0, 0.0
    findings: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, count in counts.items():
            for i in range(count):
                before, memory = time.process_time(), most_memory()
                try:
                    accepted += KINDS[kind](Random(random.getrandbits(64)), Path(folder))
                    assert most_memory() - memory < MOST_GROWTH, f"took {most_memory() - memory} kB"
                except Exception as error:
                    shown = "".join(traceback.format_exception(error)[-8:])
                    findings.append(f"seed {seed}, {kind} {i}: {shown}"[:4000])
                slowest = max(slowest, time.process_time() - before)
    return Report(accepted, findings, slowest, most_memory())


def main() -> int:
    """Share the work among the processors. The exit status is 1 if something broke."""
    counts = {kind: int(count) for kind, _, count in (each.partition("=") for each in sys.argv[1:])}
    parts = max(1, -(-sum(counts.values()) // PART))
    first = int(os.environ.get("SEED", time.time_ns() // 1000))
    shares = [{kind: total // parts + (i < total % parts) for kind, total in counts.items()} for i in range(parts)]
    reports = []
    with ProcessPoolExecutor(initializer=limit_process) as pool:
        for future in [pool.submit(fuzz, first + i, **share) for i, share in enumerate(shares)]:
            reports.append(future.result())
            for finding in reports[-1].findings:
                print(finding, flush=True)  # noqa: T201
    found = sum(len(report.findings) for report in reports)
    cases = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    print(  # noqa: T201
        f"{cases} from seed {first}: {sum(report.accepted for report in reports)} accepted, {found} findings; "
        f"at most {max(report.slowest for report in reports):.1f} s and "
        f"{max(report.memory for report in reports) // 1000} MB"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
