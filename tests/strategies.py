"""One Hypothesis strategy for each spec: valid ones, with every field varied. And data that is anything but."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from keras_optkit import (
    AdamSpec,
    CosineDecayRestartsSpec,
    CosineDecaySpec,
    ExponentialDecaySpec,
    InverseTimeDecaySpec,
    OptimizerSpec,
    PiecewiseConstantDecaySpec,
    PolynomialDecaySpec,
    ScheduleSpec,
    SGDSpec,
)
from keras_optkit.specs.base import Spec

SMALLEST = float(np.finfo(np.float32).tiny)
LARGEST = float(np.finfo(np.float32).max)
LAST_BELOW_ONE = float(np.nextafter(np.float32(1), np.float32(0)))
MOST_STEPS = 2**63 - 1

ZERO = st.just(0.0)
positive = st.floats(SMALLEST, LARGEST)
non_negative = ZERO | positive
momenta = ZERO | st.floats(SMALLEST, LAST_BELOW_ONE)
fractions = ZERO | st.floats(SMALLEST, 1)
steps = st.integers(1, MOST_STEPS)
flags = st.booleans()
names = st.from_regex(r"[A-Za-z0-9.][A-Za-z0-9_.>-]{0,20}", fullmatch=True)

Fields = dict[str, Any]


def _some_of(**optional: SearchStrategy[Any]) -> SearchStrategy[Fields]:
    """Some of the fields: what has a default may be left out."""
    return st.fixed_dictionaries({}, optional=optional)


def _all_of(**required: SearchStrategy[Any]) -> SearchStrategy[Fields]:
    return st.fixed_dictionaries(required)


def _together(*parts: SearchStrategy[Fields]) -> SearchStrategy[Fields]:
    """The fields of all the parts."""
    return st.tuples(*parts).map(lambda drawn: {name: part[name] for part in drawn for name in part})


def _specs(cls: type[Spec], *parts: SearchStrategy[Fields]) -> SearchStrategy[Any]:
    return _together(*parts).map(lambda fields: cls(**fields))


def exponential_decay_specs() -> SearchStrategy[ExponentialDecaySpec]:
    required = _all_of(initial_learning_rate=positive, decay_steps=steps, decay_rate=st.floats(SMALLEST, 1))
    return _specs(ExponentialDecaySpec, required, _some_of(staircase=flags, name=names))


def piecewise_constant_decay_specs() -> SearchStrategy[PiecewiseConstantDecaySpec]:
    boundaries = st.sets(steps, min_size=1, max_size=5).map(sorted)
    pieces = boundaries.flatmap(
        lambda bounds: _all_of(
            boundaries=st.just(bounds),
            values=st.lists(non_negative, min_size=len(bounds) + 1, max_size=len(bounds) + 1).filter(any),
        )
    )
    return _specs(PiecewiseConstantDecaySpec, pieces, _some_of(name=names))


def polynomial_decay_specs() -> SearchStrategy[PolynomialDecaySpec]:
    decay = _together(_all_of(initial_learning_rate=positive), _some_of(end_learning_rate=non_negative))
    ramp = _all_of(initial_learning_rate=ZERO, end_learning_rate=positive)
    optional = _some_of(power=positive, cycle=flags, name=names)
    return _specs(PolynomialDecaySpec, decay | ramp, _all_of(decay_steps=steps), optional)


def inverse_time_decay_specs() -> SearchStrategy[InverseTimeDecaySpec]:
    required = _all_of(initial_learning_rate=positive, decay_steps=steps, decay_rate=non_negative)
    return _specs(InverseTimeDecaySpec, required, _some_of(staircase=flags, name=names))


def cosine_decay_specs() -> SearchStrategy[CosineDecaySpec]:
    plain = _all_of(initial_learning_rate=positive)
    with_warmup = st.tuples(non_negative, positive).flatmap(
        lambda rates: _all_of(
            initial_learning_rate=st.just(min(rates)), warmup_target=st.just(max(rates)), warmup_steps=steps
        )
    )
    optional = _some_of(alpha=fractions, name=names)
    return _specs(CosineDecaySpec, plain | with_warmup, _all_of(decay_steps=steps), optional)


def cosine_decay_restarts_specs() -> SearchStrategy[CosineDecayRestartsSpec]:
    required = _all_of(initial_learning_rate=positive, first_decay_steps=steps)
    optional = _some_of(t_mul=st.floats(1, LARGEST), m_mul=positive, alpha=fractions, name=names)
    return _specs(CosineDecayRestartsSpec, required, optional)


def _optimizer_fields() -> SearchStrategy[Fields]:
    """The fields that all optimizers share, with the rules between them kept."""
    free = _some_of(
        learning_rate=positive | schedule_specs(),
        weight_decay=st.none() | non_negative,
        loss_scale_factor=st.none() | positive,
        gradient_accumulation_steps=st.none() | steps,
        name=st.none() | names,
    )
    clips = [_some_of(**{clip: positive}) for clip in ("clipnorm", "clipvalue", "global_clipnorm")]
    averaging = _together(
        _all_of(use_ema=st.just(True)), _some_of(ema_momentum=momenta, ema_overwrite_frequency=st.none() | steps)
    )
    return _together(free, st.one_of(clips), _some_of(use_ema=st.just(False)) | averaging)


def sgd_specs() -> SearchStrategy[SGDSpec]:
    plain = _some_of(momentum=momenta, nesterov=st.just(False))
    nesterov = _all_of(momentum=st.floats(SMALLEST, LAST_BELOW_ONE), nesterov=st.just(True))
    return _specs(SGDSpec, _optimizer_fields(), plain | nesterov)


def adam_specs() -> SearchStrategy[AdamSpec]:
    own = _some_of(beta_1=momenta, beta_2=momenta, epsilon=positive, amsgrad=flags)
    return _specs(AdamSpec, _optimizer_fields(), own)


SCHEDULES: dict[type[ScheduleSpec], SearchStrategy[Any]] = {
    ExponentialDecaySpec: exponential_decay_specs(),
    PiecewiseConstantDecaySpec: piecewise_constant_decay_specs(),
    PolynomialDecaySpec: polynomial_decay_specs(),
    InverseTimeDecaySpec: inverse_time_decay_specs(),
    CosineDecaySpec: cosine_decay_specs(),
    CosineDecayRestartsSpec: cosine_decay_restarts_specs(),
}


def schedule_specs() -> SearchStrategy[Any]:
    return st.one_of(*SCHEDULES.values())


OPTIMIZERS: dict[type[OptimizerSpec], SearchStrategy[Any]] = {
    SGDSpec: sgd_specs(),
    AdamSpec: adam_specs(),
}


def optimizer_specs() -> SearchStrategy[Any]:
    return st.one_of(*OPTIMIZERS.values())


#: Every spec class of the package; a test holds this complete.
SPEC_STRATEGIES: dict[type[Spec], SearchStrategy[Any]] = {**OPTIMIZERS, **SCHEDULES}


def specs() -> SearchStrategy[Any]:
    return optimizer_specs() | schedule_specs()


#: Anything that a config file could hold, also with surrogates, nan and infinity.
json_data: SearchStrategy[Any] = st.recursive(
    st.none() | flags | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)

#: Values that have broken readers of numbers before.
oddities = st.sampled_from(
    [
        np.timedelta64(5, "D"),
        np.datetime64("2020"),
        np.ma.masked,
        np.array(True),
        np.array([1.0, 2.0]),
        np.complex64(1),
        np.float16("nan"),
        np.uint64(2**64 - 1),
        b"0.1",
        "\ud800",
        "{}",
        "1" * 5000,
        2**64,
        -(2**64),
        {1, 2},
        1j,
        object,
        SGDSpec(),
        PolynomialDecaySpec(initial_learning_rate=0.1, decay_steps=10),
    ]
)

anything = json_data | oddities
