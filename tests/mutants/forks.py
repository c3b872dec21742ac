"""Processes that run the tests of one mutant each: some at a time, none longer or larger than it may be."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeVar

TEMPORARY = tempfile.gettempdir()  # not that of a fork in which another is made: the path of a socket must be short
MOST_MEMORY = 20_000_000_000  # of addresses, of which TensorFlow takes many
Key = TypeVar("Key")


class Fork(NamedTuple):
    """What a process of its own does: ``run`` returns whether the tests pass, within ``seconds`` of processor time."""

    run: Callable[[], bool]
    seconds: int
    is_silent: bool = True


class _Child(NamedTuple):
    temporary: str
    end: float  # on the clock of time.monotonic


def passing(forks: Iterable[tuple[Key, Fork]], jobs: int = 1) -> Iterator[tuple[Key, bool]]:
    """For each, as they end, whether its tests pass. What hangs or dies does not pass."""
    waiting = iter(forks)
    running: dict[int, tuple[Key, _Child]] = {}
    while True:
        while len(running) < jobs and (following := next(waiting, None)) is not None:
            key, fork = following
            temporary = tempfile.mkdtemp(prefix="mutant", dir=TEMPORARY)
            process = os.fork()
            if process == 0:
                _run(fork, temporary)
            # On a busy machine a process gets a part of the clock's time.
            running[process] = key, _Child(temporary, time.monotonic() + 20 * fork.seconds)
        if not running:
            return
        time.sleep(0.005)
        for process, (key, child) in list(running.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if not ended and time.monotonic() < child.end:
                continue
            if not ended:
                os.killpg(process, signal.SIGKILL)
                os.waitpid(process, 0)
            del running[process]
            shutil.rmtree(child.temporary, ignore_errors=True)
            assert stat.S_ISCHR(Path(os.devnull).stat().st_mode), f"{os.devnull} is no device any more"
            yield key, bool(ended) and status == 0


def _run(fork: Fork, temporary: str) -> NoReturn:
    status = 1
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (fork.seconds, fork.seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        os.environ["TMPDIR"] = tempfile.tempdir = temporary
        if fork.is_silent:
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        status = not fork.run()
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
