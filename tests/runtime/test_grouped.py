"""Parameter groups and exclusions: each variable is trained as by a native optimizer with the rate and decay it has."""

import pickle
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from installed_keras import can_build
from strategies import OPTIMIZERS

from keras_optkit import (
    AdamSpec,
    AdamWSpec,
    ExponentialDecaySpec,
    FtrlSpec,
    MuonSpec,
    OptimizerSpec,
    ParamGroup,
    ScheduleFreeAdamWSpec,
    SGDSpec,
    build_optimizer,
    build_schedule,
)

CATALOGUE = list(filter(can_build, OPTIMIZERS))
SHAPES = {"slow/kernel": (3, 4), "slow/bias": (4,), "fast/kernel": (4, 2), "fast/bias": (2,)}
UPDATES = 6
RATE = 0.125
SCHEDULE = ExponentialDecaySpec(initial_learning_rate=0.1, decay_steps=3, decay_rate=0.5)
SAYS_NOTHING = [ParamGroup(match="slow")]


def variables(names: Sequence[str] = tuple(SHAPES)) -> list[keras.Variable]:
    """Variables with these paths and, each time, the same values."""
    made = []
    for name in names:
        scope, own = name.split("/")
        values = np.random.default_rng(list(SHAPES).index(name)).normal(size=SHAPES[name]).astype("float32")
        with keras.name_scope(scope):
            made.append(keras.Variable(values, name=own))
    return made


def gradients(names: Sequence[str], update: int) -> list[Any]:
    seeds = [(100 + update, list(SHAPES).index(name)) for name in names]
    values = [np.random.default_rng(seed).normal(size=SHAPES[name]) for seed, name in zip(seeds, names, strict=True)]
    return [keras.ops.convert_to_tensor(value.astype("float32")) for value in values]


def trained(optimizer: Any, names: Sequence[str] = tuple(SHAPES), updates: int = UPDATES) -> dict[str, np.ndarray]:
    """By path, the weights after each update and at last after the end of training."""
    weights = variables(names)
    optimizer.build(weights)
    history = []
    for update in range(updates):
        optimizer.apply(gradients(names, update), weights)
        history.append([variable.numpy() for variable in weights])
    optimizer.finalize_variable_values(weights)
    history.append([variable.numpy() for variable in weights])
    return {name: np.stack(values) for name, values in zip(names, zip(*history, strict=True), strict=True)}


def native(cls: type[OptimizerSpec], **fields: Any) -> Any:
    return getattr(keras.optimizers, cls._type)(**fields)


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray], tolerance: float = 0) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert np.isfinite(values).all()
        np.testing.assert_allclose(values, other[name], rtol=tolerance, atol=tolerance, err_msg=name)


SLOW, FAST = (tuple(name for name in SHAPES if name.startswith(part)) for part in ("slow", "fast"))


@pytest.mark.parametrize("cls", CATALOGUE)
def test_a_group_is_trained_as_by_a_native_optimizer_of_its_own_rate(cls: type[OptimizerSpec]) -> None:
    # A power of two scales the rate without rounding, so that the two agree bit for bit.
    spec = cls(learning_rate=RATE, groups=[ParamGroup(match="slow", learning_rate_multiplier=0.25)])
    expected = trained(native(cls, learning_rate=RATE / 4), SLOW) | trained(native(cls, learning_rate=RATE), FAST)
    assert_same(trained(build_optimizer(spec)), expected)


@pytest.mark.parametrize("cls", CATALOGUE)
def test_the_weight_decay_of_a_group_goes_with_the_rate_of_the_group(cls: type[OptimizerSpec]) -> None:
    decay = {} if cls is FtrlSpec else {"weight_decay": 0.2}
    group = ParamGroup(match="slow", learning_rate_multiplier=0.3, **decay)
    both = {"weight_decay": 0.05} | ({"adam_weight_decay": 0.05} if cls is MuonSpec else {})
    own = {"weight_decay": 0.2} | ({"adam_weight_decay": 0.2} if cls is MuonSpec else {})
    slow = native(cls, learning_rate=RATE * 0.3, **(both if cls is FtrlSpec else own))
    expected = trained(slow, SLOW) | trained(native(cls, learning_rate=RATE, **both), FAST)
    optimizer = build_optimizer(cls(learning_rate=RATE, groups=[group], **both))
    assert_same(trained(optimizer), expected, tolerance=1e-6)


@pytest.mark.parametrize("cls", CATALOGUE)
def test_groups_that_say_nothing_change_no_bit(cls: type[OptimizerSpec]) -> None:
    fields: dict[str, Any] = {"weight_decay": 0.05, "clipnorm": 0.5, "use_ema": True, "ema_momentum": 0.9}
    spec = cls(learning_rate=SCHEDULE, groups=SAYS_NOTHING, **fields)
    plain = native(cls, learning_rate=build_schedule(SCHEDULE), **fields)
    assert_same(trained(build_optimizer(spec)), trained(plain))


@pytest.mark.parametrize("cls", CATALOGUE)
def test_a_multiplier_of_0_leaves_every_bit_as_it_was(cls: type[OptimizerSpec]) -> None:
    frozen = ParamGroup(match="slow", learning_rate_multiplier=0)
    decay = {} if cls is FtrlSpec else {"weight_decay": 0.05}
    result = trained(build_optimizer(cls(learning_rate=RATE, groups=[frozen], **decay)))
    for name, variable in zip(SHAPES, variables(), strict=True):
        stays = all(np.array_equal(values, variable.numpy()) for values in result[name])
        assert stays is name.startswith("slow")


def test_an_average_does_not_change_frozen_weights() -> None:
    # 0.9 * w + (1 - 0.9) * w is not always w, and fit writes the average into the weights when it ends.
    values = np.random.default_rng(0).normal(size=1000).astype("float32")
    weights = keras.Variable(values, name="frozen")
    frozen = ParamGroup(match="frozen", learning_rate_multiplier=0)
    optimizer = build_optimizer(SGDSpec(groups=[frozen], use_ema=True, ema_momentum=0.9))
    for _ in range(20):
        optimizer.apply([keras.ops.ones(1000)], [weights])
    optimizer.finalize_variable_values([weights])
    np.testing.assert_array_equal(weights.numpy(), values)


def test_a_constraint_does_not_change_frozen_weights() -> None:
    kernel = keras.Variable([[3.0], [4.0]], name="frozen")
    kernel.constraint = keras.constraints.MaxNorm(1.0)
    optimizer = build_optimizer(SGDSpec(groups=[ParamGroup(match="frozen", learning_rate_multiplier=0)]))
    optimizer.apply([keras.ops.ones((2, 1))], [kernel])
    assert kernel.numpy().tolist() == [[3.0], [4.0]]


@pytest.mark.parametrize("cls", CATALOGUE)
def test_an_exclusion_is_bit_for_bit_that_of_keras(cls: type[OptimizerSpec]) -> None:
    spec = cls(learning_rate=RATE, weight_decay=0.2, exclude_from_weight_decay=["bias$", "fast/"])
    by_keras, weights = native(cls, learning_rate=RATE, weight_decay=0.2), variables()
    by_keras.exclude_from_weight_decay(var_list=weights[1:])
    by_keras.build(weights)
    for update in range(UPDATES):
        by_keras.apply(gradients(tuple(SHAPES), update), weights)
    ours = trained(build_optimizer(spec))
    for name, variable in zip(SHAPES, weights, strict=True):
        np.testing.assert_array_equal(ours[name][-1], variable.numpy())
    decayed = trained(native(cls, learning_rate=RATE, weight_decay=0.2))
    assert [name for name in SHAPES if np.array_equal(ours[name], decayed[name])] == ["slow/kernel"]


def test_a_group_can_decay_where_nothing_else_does_but_not_what_is_excluded() -> None:
    # The gradients are 0, so that 0.5 * 0.5 * 0.1 of each decayed weight is all that goes.
    weights = [keras.Variable([1.0], name=name) for name in ("slow_kernel", "slow_bias", "fast_kernel")]
    group = ParamGroup(match="slow", learning_rate_multiplier=0.5, weight_decay=0.1)
    spec = SGDSpec(learning_rate=0.5, exclude_from_weight_decay=["bias_and_norm"], groups=[group])
    build_optimizer(spec).apply([keras.ops.zeros(1)] * 3, weights)
    assert [float(weight.numpy()[0]) for weight in weights] == pytest.approx([0.975, 1, 1])


def test_variables_may_come_in_any_iterable_as_for_keras() -> None:
    for groups in ((), SAYS_NOTHING):
        weights = [keras.Variable([1.0], name=name) for name in ("slow", "fast")]
        optimizer = build_optimizer(SGDSpec(learning_rate=0.5, groups=groups))
        optimizer.apply([keras.ops.ones(1)] * 2, iter(weights))
        optimizer.apply_gradients((keras.ops.ones(1), weight) for weight in weights)
        assert [float(weight.numpy()[0]) for weight in weights] == [0, 0]


def test_one_global_clip_goes_over_all_groups() -> None:
    # The gradients (3, 4) and (0, 12) have the norm 13 together; on its own the first would have 5.
    one, two = keras.Variable([0.0, 0.0], name="one"), keras.Variable([0.0, 0.0], name="two")
    groups = [ParamGroup(match="one", learning_rate_multiplier=0.5), ParamGroup(match="two")]
    optimizer = build_optimizer(SGDSpec(learning_rate=1, global_clipnorm=1.0, groups=groups))
    optimizer.apply([keras.ops.array([3.0, 4.0]), keras.ops.array([0.0, 12.0])], [one, two])
    np.testing.assert_allclose(one.numpy(), [-0.5 * 3 / 13, -0.5 * 4 / 13], rtol=1e-6)
    np.testing.assert_allclose(two.numpy(), [0, -12 / 13], rtol=1e-6)


TOGETHER: dict[str, dict[str, Any]] = {
    "schedule": {"learning_rate": SCHEDULE},
    "average": {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
    "accumulation": {"gradient_accumulation_steps": 2},
    "clipnorm": {"clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.2},
    "loss scale": {"loss_scale_factor": 4.0},
    "all": {
        "learning_rate": SCHEDULE, "use_ema": True, "gradient_accumulation_steps": 3, "clipvalue": 0.2,
        "loss_scale_factor": 2.0,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", TOGETHER)
def test_groups_go_with(name: str) -> None:
    fields = {"learning_rate": RATE, "weight_decay": 0.1, "beta_1": 0.5} | TOGETHER[name]
    group = ParamGroup(match="slow", learning_rate_multiplier=0.5)
    rate = fields["learning_rate"]
    halved = SCHEDULE.replace(initial_learning_rate=0.05) if isinstance(rate, ExponentialDecaySpec) else rate / 2
    slow, fast = AdamSpec(**{**fields, "learning_rate": halved}), AdamSpec(**fields)
    expected = trained(build_optimizer(slow), SLOW) | trained(build_optimizer(fast), FAST)
    assert_same(trained(build_optimizer(fast.replace(groups=[group]))), expected, tolerance=1e-6)


@pytest.mark.parametrize("cls", CATALOGUE)
def test_the_class_is_a_registered_subclass_only_where_it_must_be(cls: type[OptimizerSpec]) -> None:
    keras_class = getattr(keras.optimizers, cls._type)
    # Keras's ScheduleFreeAdamW loses weights that are loaded after it is built.
    assert (type(build_optimizer(cls(groups=[]))) is keras_class) is (cls is not ScheduleFreeAdamWSpec)
    grouped = type(build_optimizer(cls(groups=SAYS_NOTHING)))
    assert grouped is not keras_class
    assert issubclass(grouped, keras_class)
    assert keras.saving.get_registered_name(grouped) == f"keras_optkit>Grouped{cls._type}"


@pytest.mark.parametrize("cls", CATALOGUE)
def test_an_optimizer_with_groups_can_be_pickled_as_one_without(cls: type[OptimizerSpec]) -> None:
    for spec in (cls(name="mine"), cls(name="mine", groups=SAYS_NOTHING)):
        optimizer = build_optimizer(spec)
        again = pickle.loads(pickle.dumps(optimizer))
        assert type(again) is type(optimizer)
        assert again.get_config() == optimizer.get_config()


def test_gradients_of_embeddings_may_be_sparse() -> None:
    results = []
    for groups in ([], SAYS_NOTHING):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Embedding(5, 3, name="slow")])
        model.compile(optimizer=build_optimizer(AdamWSpec(groups=groups)), loss="mse")
        model.fit(np.array([[0, 1], [1, 3]]), np.ones((2, 2, 3)), epochs=3, verbose=0)
        results.append(model.get_weights()[0])
    np.testing.assert_array_equal(*results)


def test_a_variable_without_gradient_is_left_alone() -> None:
    with_gradient, without = keras.Variable([1.0], name="a"), keras.Variable([1.0], name="b")
    optimizer = build_optimizer(SGDSpec(learning_rate=0.5, weight_decay=0.1, groups=[ParamGroup(match="a|b")]))
    with pytest.warns(UserWarning, match="Gradients do not exist for variables"):
        optimizer.apply([keras.ops.ones(1), None], [with_gradient, without])
    assert with_gradient.numpy() == pytest.approx(1 - 0.05 - 0.5)
    assert without.numpy() == 1.0


@pytest.mark.parametrize("arguments", [{"var_names": ["a"]}, {"var_list": []}, {}])
def test_the_exclusion_of_keras_s_own_is_refused_with_the_remedy(arguments: dict[str, Any]) -> None:
    optimizer = build_optimizer(SGDSpec(learning_rate=0.5, weight_decay=0.1, groups=[ParamGroup(match="a")]))
    with pytest.raises(ValueError, match=r"write exclude_from_weight_decay=\[\.\.\.\] in the spec"):
        optimizer.exclude_from_weight_decay(**arguments)


@pytest.mark.skipif(not can_build(MuonSpec), reason="this Keras has no Muon that trains")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_muon_scales_the_rate_of_weights_of_any_float_type(dtype: str) -> None:
    weight = keras.Variable(np.eye(2), dtype=dtype, name="slow_kernel")
    spec = MuonSpec(learning_rate=0.5, groups=[ParamGroup(match="slow", learning_rate_multiplier=0.5)])
    build_optimizer(spec).apply([keras.ops.ones((2, 2), dtype)], [weight])
    assert not np.array_equal(keras.ops.convert_to_numpy(weight).astype("float32"), np.eye(2))


def test_a_bare_variable_of_tensorflow_with_a_constraint_can_be_frozen() -> None:
    weight = tf.Variable([3.0, 4.0], name="frozen", constraint=lambda value: value / 2)
    optimizer = build_optimizer(SGDSpec(groups=[ParamGroup(match="frozen", learning_rate_multiplier=0)]))
    optimizer.apply([tf.ones(2)], [weight])
    assert weight.numpy().tolist() == [3.0, 4.0]


def test_a_weight_decay_that_is_set_later_counts_as_in_keras() -> None:
    weights = [keras.Variable([1.0], name=name) for name in ("slow_kernel", "own_kernel")]
    groups = [ParamGroup(match="slow", learning_rate_multiplier=0.5), ParamGroup(match="own", weight_decay=0.1)]
    optimizer = build_optimizer(SGDSpec(learning_rate=0.5, weight_decay=0.1, groups=groups))
    optimizer.build(weights)
    optimizer.weight_decay = 0.4
    optimizer.apply([keras.ops.zeros(1)] * 2, weights)
    assert [float(weight.numpy()[0]) for weight in weights] == pytest.approx([1 - 0.5 * 0.5 * 0.4, 1 - 0.5 * 0.1])


@pytest.mark.parametrize("jit", [False, True])
def test_in_a_graph_too_a_weight_decay_that_is_set_later_counts_as_in_keras(jit: bool) -> None:
    def weights_after(groups: list[ParamGroup]) -> list[float]:
        weight = keras.Variable([1.0], name="slow_kernel")
        optimizer = build_optimizer(SGDSpec(learning_rate=0.5, weight_decay=0.1, groups=groups))
        optimizer.build([weight])
        step = tf.function(lambda: optimizer.apply([tf.zeros(1)], [weight]), jit_compile=jit)
        history = []
        for decay in (0.4, 0.0):  # the graph of the first step holds the first
            optimizer.weight_decay = decay
            step()
            history.append(float(weight.numpy()[0]))
        return history

    assert weights_after(SAYS_NOTHING) == weights_after([]) == pytest.approx([0.8, 0.64])
