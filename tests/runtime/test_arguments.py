"""A spec can say more than an older Keras can do: it builds while that is unused, and is refused by name otherwise."""

from typing import Any

import keras
import pytest

from keras_optkit import (
    AdamSpec,
    CosineDecaySpec,
    SGDSpec,
    build_optimizer,
    build_schedule,
    compile_with,
    register_spec,
)


@pytest.fixture
def old_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """SGD without loss scaling and accumulation, CosineDecay without warm-up, no Adam."""

    class SGD(keras.optimizers.SGD):
        def __init__(self, learning_rate: Any = 0.01, momentum: float = 0.0, name: str = "SGD", **others: Any) -> None:
            assert not others.keys() & {"loss_scale_factor", "gradient_accumulation_steps"}
            super().__init__(learning_rate=learning_rate, momentum=momentum, name=name, **others)

    class CosineDecay(keras.optimizers.schedules.CosineDecay):
        def __init__(self, initial_learning_rate: Any, decay_steps: int, alpha: float = 0.0, name: str = "C") -> None:
            super().__init__(initial_learning_rate, decay_steps, alpha, name)

    monkeypatch.setattr(keras.optimizers, "SGD", SGD)
    monkeypatch.setattr(keras.optimizers.schedules, "CosineDecay", CosineDecay)
    monkeypatch.delattr(keras.optimizers, "Adam")
    monkeypatch.setattr(keras, "__version__", "3.1.4")


@pytest.mark.usefixtures("old_keras")
def test_a_field_that_keras_lacks_is_no_hindrance_at_its_default() -> None:
    decay = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=10, alpha=0.5)
    optimizer = build_optimizer(SGDSpec(learning_rate=decay, momentum=0.9))
    assert type(optimizer) is keras.optimizers.SGD
    assert optimizer.momentum == 0.9
    assert optimizer._learning_rate.alpha == 0.5


@pytest.mark.usefixtures("old_keras")
@pytest.mark.parametrize("field", ["loss_scale_factor", "gradient_accumulation_steps"])
def test_a_field_that_keras_lacks_is_refused_when_set(field: str) -> None:
    words = f"Keras 3.1.4 is installed, which has no '{field}' of SGD: it needs Keras >= 3.3"
    with pytest.raises(RuntimeError, match=words):
        build_optimizer(SGDSpec(**{field: 2}))


@pytest.mark.usefixtures("old_keras")
def test_a_field_that_a_schedule_lacks_is_refused_when_set_also_inside_an_optimizer() -> None:
    decay = CosineDecaySpec(initial_learning_rate=0.1, decay_steps=10, warmup_target=0.2, warmup_steps=5)
    for build, spec in ((build_schedule, decay), (build_optimizer, SGDSpec(learning_rate=decay))):
        with pytest.raises(RuntimeError, match=r"Keras 3\.1\.4 is installed, which has no 'warmup_\w+' of CosineDecay"):
            build(spec)


@pytest.mark.usefixtures("old_keras")
def test_a_class_that_keras_lacks_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"Keras 3\.1\.4 is installed, which has no keras\.optimizers\.Adam"):
        build_optimizer(AdamSpec())


@pytest.mark.usefixtures("old_keras")
def test_what_keras_lacks_leaves_a_model_untouched() -> None:
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(RuntimeError, match="loss_scale_factor"):
        compile_with(model, SGDSpec(loss_scale_factor=2), loss="mse")
    assert not model.compiled


@pytest.mark.parametrize("version", ["3.10.0", "3.12.4", "3.9.0.dev2025"])
def test_muon_is_refused_where_keras_has_it_and_cannot_train_it(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras, "__version__", version)
    words = rf"Keras {version} is installed, whose keras\.optimizers\.Muon does not train as MuonSpec describes"
    with pytest.raises(RuntimeError, match=rf"{words}: it needs Keras >= 3\.13$"):
        build_optimizer("muon")


@pytest.mark.parametrize("version", ["3.13.0", "3.14.0rc1", "3.100", "4.0.0.dev1"])
def test_muon_is_built_where_keras_can_train_it(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras, "__version__", version)
    assert isinstance(build_optimizer("muon"), keras.optimizers.Muon)


def test_a_type_that_no_keras_has_is_said_to_be_none(registry: dict[str, type]) -> None:
    @register_spec
    class NowhereSpec(SGDSpec):
        """An optimizer that Keras does not have."""

    words = r"^keras\.optimizers has no Nowhere, and NowhereSpec can build nothing else: pass build_schedule\("
    with pytest.raises(RuntimeError, match=words):
        build_optimizer(NowhereSpec())
