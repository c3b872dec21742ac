"""How the benchmarks measure: actions take turns, and what counts is the ratio of two of them within a round."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from statistics import median, quantiles
from typing import NamedTuple


class Action(NamedTuple):
    """Something to measure, and how many units of work it does at once."""

    run: Callable[[], object]
    units: int = 1


class Measured(NamedTuple):
    """What a figure cost here, and how many times what each peer cost. A peer that is not installed is not in it."""

    ours: str
    ratios: Mapping[str, str]


class Figure(NamedTuple):
    """What is measured, and beside what: each peer with the highest ratio that the package aims at, if it has one."""

    what: str
    peers: Mapping[str, float | None]
    measure: Callable[[], Measured]


def compared(ours: Action, peers: Mapping[str, Action | None], *, rounds: int) -> Measured:
    """The median time of ``ours`` for a unit, and the ratios to the ``peers`` that are there."""
    present = {name: action for name, action in peers.items() if action is not None}
    own, *others = alternately(ours, *present.values(), rounds=rounds)
    ratios = {name: ratio(own, other) for name, other in zip(present, others, strict=True)}
    return Measured(in_words(median(own)), ratios)


def alternately(*actions: Action, rounds: int) -> list[list[float]]:
    """The CPU seconds for a unit of each action in each round; they take turns, so that all see the same machine."""
    for action in actions:
        action.run()  # the first call fills caches, and traces or compiles
    seconds: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, spent in zip(actions, seconds, strict=True):
            start = cpu_seconds()
            action.run()
            spent.append((cpu_seconds() - start) / action.units)
    return seconds


def cpu_seconds() -> float:
    """What this process, with all its threads, and those that it started have computed so far."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def ratio(some: list[float], others: list[float]) -> str:
    """The median ratio within a round, and the middle half of the ratios."""
    ratios = [one / other for one, other in zip(some, others, strict=True)]
    low, middle, high = map(short, quantiles(ratios, n=4))
    return f"{middle} ({low} to {high})"


def short(number: float) -> str:
    """A ratio in three digits, or as a fraction where it is a small one."""
    return f"{number:.3g}" if number > 0.1 else f"1/{float(f'{1 / number:.3g}'):,.0f}"


def in_words(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


#: With the first, each process compiles every module that has no bytecode yet: a plain import takes twice as long.
NOT_OF_USERS = {
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONDEVMODE",
}


def process(*arguments: object) -> Action:
    """A whole Python process, as users start it: with the bytecode of a first run."""
    line = [sys.executable, *map(str, arguments)]
    environment = {
        name: value for name, value in os.environ.items() if name not in NOT_OF_USERS
    }
    quiet = subprocess.DEVNULL
    return Action(
        lambda: subprocess.run(line, check=True, env=environment, stdout=quiet, stderr=quiet)
    )


def if_installed(make: Callable[[], Action]) -> Action | None:
    """What ``make`` returns, or None if it imports what is not installed."""
    try:
        return make()
    except ModuleNotFoundError:
        return None
