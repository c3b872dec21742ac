"""Hints for unknown names: what people write, and what Keras calls it today.

An unknown name can be a typo (``decay_stepz``), the name in another library or in an older Keras (``lr``, ``eps``,
``betas``), or an argument that no longer exists (``decay``). Each gets a hint that names the remedy.

This module is imported only when there is a mistake.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from keras_optkit.specs.spelling import canonical
from keras_optkit.specs.vocabulary import GONE, KERAS_NAMES, NO_TYPES, TYPE_NAMES

if TYPE_CHECKING:
    from pydantic import BaseModel


# How similar two names must be to suggest a typo. At difflib's own 0.6, 'seed' would suggest 'use_ema'.
_ALIKE = 0.65
# With this many letters, the beginning of a name is enough: 'cosin' suggests CosineDecay, not Join.
_BEGINNING = 3
_LONGEST = 100


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The ``known`` name that was probably meant by ``name``, if one is similar enough."""
    best = max(sorted(known), key=lambda other: _likeness(name, other), default=None)
    return best if best is not None and _likeness(name, best) >= _ALIKE else None


def meant_type(name: str, known: Iterable[str]) -> tuple[str | None, str]:
    """The ``known`` type that was probably meant by ``name``, if there is one, and the hint to show.

    ``"tf.keras.optimizers.Adam"``, ``"Adam(0.1)"`` and ``"AdamOptimizer"`` are Adam, PyTorch's ``"MultiStepLR"`` is
    PiecewiseConstantDecay.
    """
    types = {_bare(each): each for each in known}
    parts = re.findall(r"[\w-]+", name[:_LONGEST].partition("(")[0])
    for part in reversed(parts):
        word = _bare(part)
        if meant := types.get(word) or types.get(_ELSEWHERE.get(word, "")):
            return meant, f"did you mean {meant!r}?"
        if word in _NO_TYPES:
            return None, _NO_TYPES[word]
    meant = nearest(parts[-1] if parts else name, types.values()) or _named_within(parts, types)
    return meant, f"did you mean {meant!r}?" if meant else ""


def _named_within(parts: Iterable[str], types: Mapping[str, str]) -> str | None:
    """The type that is named in a name of several words, such as ``"paged_adamw_8bit"``."""
    words = (_bare(word) for part in parts for word in re.split(r"[_-]", part)[::-1])
    return next((types[name] for word in words if (name := _ELSEWHERE.get(word, word)) in types), None)


def explain_unknown_field(name: str, given: Mapping[str, object], spec: type[BaseModel]) -> tuple[str | None, str]:
    """The field of ``spec`` that was meant by ``name``, if there is one, and the message to show.

    ``given`` has all fields as written, so that a message can use their values.
    """
    fields = spec.model_fields
    word = canonical(name)
    for field in fields:
        if canonical(field) == word:
            return field, f"unknown field; did you mean {field!r}?"
    if word == "decay" and "learning_rate" in fields:
        rates = (value for other, value in given.items() if _means(other, "learning_rate"))
        return None, _instead_of_decay(given[name], next(rates, fields["learning_rate"].default), spec)
    if word == "betas" and "beta_2" in fields:
        return "beta_1", "unknown field; Keras has two fields for it: 'beta_1' and 'beta_2'"
    for field in TODAY.get(word, ()):
        if field in fields:
            called = "Keras calls it" if getattr(spec, "mirrors_keras", False) else "here it is called"
            return field, f"unknown field; {called} {field!r}{_unit(word, field, given[name])}"
    if isinstance(given[name], Mapping) and (word == "params" or _is_called(spec, name)):
        word = "config"
    if word in _GONE:
        return None, f"unknown field; {_GONE[word].format(name)}"
    if best := nearest(name, fields):
        return best, f"unknown field; did you mean {best!r}?"
    known = [field for field in fields if field != "type"]
    known.sort(key=lambda field: (field != "learning_rate", field not in spec.__annotations__))
    return None, f"unknown field; {spec.__name__} has the fields {', '.join(known)}"


def _bare(name: str) -> str:
    """``name`` in the form for comparing types across libraries: ``"CosineLRScheduler"`` becomes ``"cosine"``."""
    return re.sub(r"(optimizer|lr|scheduler?|spec)+$", "", canonical(name))


def _is_called(spec: type[BaseModel], name: str) -> bool:
    """Whether ``name`` is the type of ``spec``, here or elsewhere. Model Garden nests the fields under such a name."""
    type_ = _bare(getattr(spec, "_type", ""))
    return type_ in (_bare(name), _ELSEWHERE.get(_bare(name)))


def _means(name: object, field: str) -> bool:
    word = canonical(name) if isinstance(name, str) else ""
    return word == canonical(field) or field in TODAY.get(word, ())


def _unit(word: str, field: str, value: object) -> str:
    """The remedy if the unit of the value is not that of the ``field``."""
    if field == "alpha":
        return ", which is a fraction of the first rate"
    if field == "learning_rate_multiplier":
        return ", which multiplies the optimizer's rate"
    if "schedule" in word:
        return ", which takes a number or a schedule"
    if "epoch" in word:
        amount = _amount(value)
        return f", which counts steps; write '{amount if 0 < amount < 1e9 else 20:g} epochs'"
    return ""


def _likeness(name: str, other: str) -> float:
    # Comparing two names takes 0.1 ms, but seconds if one has a million characters.
    words = canonical(name[:_LONGEST]), canonical(other[:_LONGEST])
    if len(words[0]) >= _BEGINNING and words[1].startswith(words[0]):
        return 0.99
    # Swapped letters count as one typo: 'Adma' is Adam, although difflib prefers Adamax.
    return 1.0 if sorted(words[0]) == sorted(words[1]) else difflib.SequenceMatcher(None, *words).ratio()


def _instead_of_decay(decay: object, rate: object, spec: type[BaseModel]) -> str:
    """The hint for 'decay': it may be RMSprop's or PyTorch's argument of that name, or the schedule of Keras 2."""
    amount, start = _amount(decay), _amount(rate)
    if amount == 0:
        return "Keras no longer has 'decay'; 0 means no decay, so delete it"
    meanings = []
    if "rho" in spec.model_fields and 0.5 <= amount < 1:  # TensorFlow 1 calls rho "decay", with a default of 0.9
        meanings.append(f"for the decay of the squared gradients, use rho={amount!r}")
    elif 0 < amount <= 1e-2:
        meanings.append(f"for weight decay, use weight_decay={amount!r}")
    if start > 0 and 0 < amount < math.inf:
        meanings.append(
            "for the decaying rate of Keras 2, use learning_rate=InverseTimeDecaySpec("
            f"initial_learning_rate={start!r}, decay_steps=1, decay_rate={amount!r})"
        )
    else:
        meanings.append("for a decaying rate, use a schedule such as InverseTimeDecaySpec")
    return f"Keras no longer has 'decay'; {'; '.join(meanings)}"


def _amount(value: object) -> float:
    """``value`` as a number; NaN if it is not one, because NaN is outside every range."""
    try:
        return float(str(value))  # as text, numpy.float32(0.1) is 0.1
    except Exception:  # the value can be any object
        return math.nan


#: Names in other libraries, in canonical spelling -> the names in Keras that they may mean.
TODAY = {canonical(word): tuple(names.split()) for names, words in KERAS_NAMES.items() for word in words}
_GONE = {canonical(word): instead for words, instead in GONE for word in words.split()}
_ELSEWHERE = {_bare(word): _bare(name) for name, words in TYPE_NAMES.items() for word in words}
_NO_TYPES = {word: instead for words, instead in NO_TYPES for word in words.split()}
