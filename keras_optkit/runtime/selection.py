"""Patterns and groups applied to places: how each variable is trained. Works without keras."""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from typing import NamedTuple

from keras_optkit.runtime.places import Place
from keras_optkit.specs.groups import BIAS_AND_NORM, EMBEDDINGS, WORDS, ParamGroup
from keras_optkit.specs.patterns import search_of


class Treatment(NamedTuple):
    """How one variable is trained, relative to the optimizer's own settings."""

    multiplier: float = 1.0
    decayed: bool = True
    weight_decay: float | None = None
    """The group's weight decay; None uses the optimizer's."""
    began: int = 0
    """The optimizer's update count when it first trained the variable; not 0 for one that was unfrozen later."""

    def weight_decay_under(self, optimizers: float | None) -> float | None:
        """The variable's weight decay if the optimizer's is ``optimizers``."""
        if not self.decayed:
            return None
        return optimizers if self.weight_decay is None else self.weight_decay


class Selection(NamedTuple):
    """How the variable at each place is trained, and an error message for each wrong pattern."""

    treatments: list[Treatment]
    mistakes: list[str]


def select(places: Sequence[Place], exclude: Sequence[str], groups: Sequence[ParamGroup]) -> Selection:
    """How the variable at each of ``places`` is trained with these patterns.

    A pattern that matches nothing is a mistake, and so is a group whose variables are all in earlier groups. A word may
    match nothing.
    """
    mistakes: list[str] = []
    excluded: set[int] = set()
    for number, pattern in enumerate(exclude):
        excluded |= _found(f"exclude_from_weight_decay.{number}", pattern, places, mistakes)
    treatments = [Treatment(decayed=i not in excluded) for i in range(len(places))]
    taken: set[int] = set()
    for number, group in enumerate(groups):
        found = _found(f"groups.{number}.match", group.match, places, mistakes)
        if found and found <= taken:
            mistakes.append(f"groups.{number}: all variables that {group.match!r} matches are in earlier groups")
        for i in found - taken:
            treatments[i] = Treatment(group.learning_rate_multiplier, treatments[i].decayed, group.weight_decay)
        taken |= found
    return Selection(treatments, mistakes)


def _found(field: str, pattern: str, places: Sequence[Place], mistakes: list[str]) -> set[int]:
    if pattern in WORDS:
        if unknown := [place.path for place in places if place.word is None]:
            mistakes.append(
                f"{field}: the optimizer alone cannot tell whether {pattern!r} selects {few(unknown)}: use "
                "compile_with, which knows the model's layers, or name the variables by a pattern"
            )
        return {i for i, place in enumerate(places) if place.word == pattern}
    search = search_of(pattern)
    found = {i for i, place in enumerate(places) if search(place.path)}
    # Keras's own paths may begin with the model's name, so a pattern may too, if it has the whole name.
    found = found or {i for i, place in enumerate(places) if _begins_with_root(pattern, place)}
    if not found:
        paths = paths_like(pattern, [place.path for place in places], "paths")
        mistakes.append(f"{field}: {pattern!r} matches no variable; {paths}{_hint(pattern)}")
    return found


def _begins_with_root(pattern: str, place: Place) -> bool:
    """Whether ``pattern`` matches the path with its root, and needs the whole root for it."""
    search = search_of(pattern)
    return bool(place.root) and search(f"{place.root}/{place.path}") and not search(place.root[:-1])


#: So many paths are still easy to read.
_MOST_PATHS = 8


def paths_like(pattern: str, paths: Sequence[str], noun: str) -> str:
    """The ``paths``, called ``noun``, or those that are most like ``pattern``."""
    if len(paths) <= _MOST_PATHS:
        return f"the {noun} are {', '.join(paths)}"
    import difflib  # here, because only a mistake needs it

    likeness = difflib.SequenceMatcher(autojunk=False)
    likeness.set_seq2(pattern)

    def like(path: str) -> float:
        likeness.set_seq1(path)
        return likeness.quick_ratio()

    nearest = heapq.nlargest(_MOST_PATHS // 2, paths, key=like)
    return f"the nearest of {len(paths):,} {noun} are {', '.join(nearest)}"


def few(paths: Sequence[str]) -> str:
    """The first three of ``paths``, and how many more there are."""
    more = f" and {len(paths) - 3:,} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + more


def _hint(pattern: str) -> str:
    if re.search(r"(?i)norm|bias|gamma|beta|\bln|\bbn", pattern):
        return f". For biases and normalization layers, write {BIAS_AND_NORM!r}"
    return f". For embeddings, write {EMBEDDINGS!r}" if re.search(r"(?i)embed", pattern) else ""
