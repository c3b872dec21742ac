"""``python -m fuzzing DOCUMENTS FILES``, from the folder of the tests: draw new documents, and report what breaks.

Each process draws by a seed of its own, which is printed with what it found: ``SEED=...`` draws the same again.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

from fuzzing.documents import document, overrides
from fuzzing.invariants import check_document, check_override, check_text, result_or_error
from fuzzing.texts import text

from keras_optkit import parse_spec

#: A part of the work, so that a report comes often.
PART = 10_000
#: More memory than this is a finding. What is imported takes a fourth of it.
MOST_MEMORY = 2 << 30


def limit_process() -> None:
    """Make a MemoryError of too much memory, and an error of each warning."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    warnings.simplefilter("error")


def fuzz(seed: int, documents: int, files: int) -> tuple[int, list[str]]:
    """Try so many documents and files; how many were specs, and what broke."""
    random, accepted, findings = Random(seed), 0, []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(documents + files):
            case = Random(random.getrandbits(64))
            state = case.getstate()
            try:
                accepted += try_file(case, Path(folder)) if i < files else try_document(case)
            except Exception as error:
                case.setstate(state)
                findings.append(f"seed {seed}, case {i}: {''.join(traceback.format_exception(error)[-8:])}"[:4000])
    return accepted, findings


def try_document(random: Random) -> bool:
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


def main() -> int:
    """Share the work among the processors. The exit status is 1 if something broke."""
    documents, files = int(sys.argv[1]), int(sys.argv[2])
    parts = max(1, -(-(documents + files) // PART))
    first = int(os.environ.get("SEED", time.time_ns() // 1000))
    shares = [[total // parts + (i < total % parts) for i in range(parts)] for total in (documents, files)]
    found = accepted = 0
    with ProcessPoolExecutor(initializer=limit_process) as pool:
        for part_accepted, findings in pool.map(fuzz, range(first, first + parts), *shares):
            accepted += part_accepted
            found += len(findings)
            for finding in findings:
                print(finding, flush=True)  # noqa: T201
    print(f"{documents} documents and {files} files from seed {first}: {accepted} specs, {found} findings")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
