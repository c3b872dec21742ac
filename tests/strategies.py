"""One Hypothesis strategy for each spec of the package: valid ones, with every field varied."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schedule_strategies import (
    LARGEST,
    LAST_BELOW_ONE,
    SCHEDULES,
    SMALLEST,
    Fields,
    all_of,
    counts,
    flags,
    momenta,
    names,
    non_negative,
    positive,
    schedule_specs,
    some_of,
    specs_of,
    steps,
    together,
)

from keras_optkit import (
    AdamWSpec,
    ConstantSpec,
    FtrlSpec,
    MuonSpec,
    OptimizerSpec,
    ScheduleFreeAdamWSpec,
    SGDSpec,
)
from keras_optkit.specs import fields
from keras_optkit.specs.base import Spec
from keras_optkit.specs.groups import ParamGroup
from keras_optkit.specs.registry import registered

numbers = st.floats(SMALLEST, LARGEST) | st.floats(-LARGEST, -SMALLEST)
decays = st.none() | non_negative
negative = st.floats(-LARGEST, -SMALLEST)
positive_momenta = st.floats(SMALLEST, LAST_BELOW_ONE)
patterns = st.sampled_from(["bias$", "dense(_[0-9]+)?/", "gamma|beta", "bias_and_norm"])
pattern_lists = st.lists(patterns, min_size=1, max_size=3)


def optimizer_fields() -> SearchStrategy[Fields]:
    """The fields that all optimizers share, with the rules between them kept."""
    free = some_of(
        learning_rate=positive | schedule_specs(),
        loss_scale_factor=st.none() | positive,
        gradient_accumulation_steps=st.none() | counts,
        name=st.none() | names,
    )
    clips = [some_of(**{clip: positive}) for clip in ("clipnorm", "clipvalue", "global_clipnorm")]
    averaging = together(
        all_of(use_ema=st.just(True)), some_of(ema_momentum=momenta, ema_overwrite_frequency=st.none() | counts)
    )
    return together(free, st.one_of(clips), some_of(use_ema=st.just(False)) | averaging)


def param_groups(weight_decay: SearchStrategy[Any]) -> SearchStrategy[ParamGroup]:
    frozen = all_of(learning_rate_multiplier=st.just(0.0))
    scaled = some_of(learning_rate_multiplier=positive, weight_decay=weight_decay)
    return together(all_of(match=patterns), frozen | scaled).map(lambda fields: ParamGroup(**fields))


def optimizers(
    cls: type[OptimizerSpec],
    *rules: SearchStrategy[Fields],
    weight_decay: SearchStrategy[Any] = decays,
    group_decay: SearchStrategy[Any] = decays,
    **own: SearchStrategy[Any],
) -> Any:
    """Specs of the class: the shared fields, those of its own that no rule binds, and those that ``rules`` do."""
    excluded = all_of(weight_decay=positive, exclude_from_weight_decay=pattern_lists)
    decay = some_of(weight_decay=weight_decay) | excluded
    groups = some_of(groups=st.lists(param_groups(group_decay), max_size=3))
    return specs_of(cls, optimizer_fields(), decay, groups, some_of(**own), *rules)


def sgd_specs() -> SearchStrategy[SGDSpec]:
    plain = some_of(momentum=momenta, nesterov=st.just(False))
    nesterov = all_of(momentum=positive_momenta, nesterov=st.just(True))
    return optimizers(SGDSpec, plain | nesterov)


def schedule_free_adamw_specs() -> SearchStrategy[ScheduleFreeAdamWSpec]:
    warmups = all_of(warmup_steps=st.just(0) | counts) | all_of(
        warmup_steps=steps, gradient_accumulation_steps=st.none()
    )
    return optimizers(ScheduleFreeAdamWSpec, warmups, **MOMENTS | {"beta_1": positive_momenta})


def muon_specs() -> SearchStrategy[MuonSpec]:
    plain = all_of(momentum=momenta, nesterov=st.just(False))
    nesterov = some_of(momentum=positive_momenta, nesterov=st.just(True))
    return optimizers(
        MuonSpec,
        plain | nesterov,
        adam_beta_1=momenta,
        adam_beta_2=momenta,
        adam_weight_decay=decays,
        epsilon=positive,
        exclude_layers=st.none() | pattern_lists,
        exclude_embeddings=flags,
        muon_a=numbers,
        muon_b=numbers,
        muon_c=numbers,
        adam_lr_ratio=positive,
        ns_steps=st.integers(1, 100),
        rms_rate=st.none() | positive,
    )


MOMENTS: Fields = {"beta_1": momenta, "beta_2": momenta, "epsilon": positive}
#: The optimizers whose fields depend on each other, or have types of their own.
OF_THEIR_OWN: dict[type[OptimizerSpec], SearchStrategy[Any]] = {
    SGDSpec: sgd_specs(),
    AdamWSpec: optimizers(AdamWSpec, **MOMENTS, amsgrad=flags, weight_decay=non_negative),
    ScheduleFreeAdamWSpec: schedule_free_adamw_specs(),
    FtrlSpec: optimizers(
        FtrlSpec,
        all_of(learning_rate=positive | SCHEDULES[ConstantSpec]),  # Ftrl divides by it
        group_decay=st.none(),
        learning_rate_power=st.just(0) | negative,
        initial_accumulator_value=non_negative,
        l1_regularization_strength=non_negative,
        l2_regularization_strength=non_negative,
        l2_shrinkage_regularization_strength=non_negative,
        beta=non_negative,
    ),
    MuonSpec: muon_specs(),
}
#: What a field accepts, by its type.
BY_TYPE = {
    fields.Flag: flags,
    fields.Momentum: momenta,
    fields.Negative: negative,
    fields.NonNegative: non_negative,
    fields.Positive: positive,
    fields.PositiveMomentum: positive_momenta,
}


def by_types(cls: type[OptimizerSpec]) -> SearchStrategy[Any]:
    """Specs of a class whose fields are of the types above, and independent of each other."""
    own = cls.model_fields.keys() - OptimizerSpec.model_fields.keys()
    return optimizers(cls, **{name: BY_TYPE[cls.__annotations__[name]] for name in sorted(own)})


OPTIMIZERS: dict[type[OptimizerSpec], SearchStrategy[Any]] = {
    cls: OF_THEIR_OWN[cls] if cls in OF_THEIR_OWN else by_types(cls) for cls in registered(OptimizerSpec).values()
}


def optimizer_specs() -> SearchStrategy[Any]:
    return st.one_of(*OPTIMIZERS.values())


#: Every spec class of the package; a test holds this complete.
SPEC_STRATEGIES: dict[type[Spec], SearchStrategy[Any]] = {**OPTIMIZERS, **SCHEDULES}


def specs() -> SearchStrategy[Any]:
    return optimizer_specs() | schedule_specs()
