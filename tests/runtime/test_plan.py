"""One plan per compile: the model is walked once, patterns are selected once, one optimizer is built."""

from collections import Counter
from typing import Any

import keras
import pytest
from installed_keras import can_build
from keras import layers

from keras_optkit import AdamWSpec, MuonSpec, ParamGroup, SGDSpec, compile_with, describe
from keras_optkit.runtime import compiling, grouped, places, plan


def model() -> keras.Model:
    inputs = keras.Input((4,), dtype="int32")
    hidden = layers.Embedding(5, 3, name="tokens")(inputs)
    hidden = layers.Dense(3, name="body", kernel_regularizer="l2")(hidden)
    return keras.Model(inputs, layers.Dense(1, name="head")(layers.LayerNormalization(name="norm")(hidden)))


def test_describe_shows_the_share_of_the_rate_and_the_decay_of_each_variable() -> None:
    net = model()
    net.get_layer("norm").trainable = False
    groups = [
        ParamGroup(match="body/", learning_rate_multiplier=0.5, weight_decay=0.25),
        ParamGroup(match="norm/gamma", learning_rate_multiplier=2),
        ParamGroup(match="head/bias", learning_rate_multiplier=0),
    ]
    assert describe(SGDSpec(weight_decay=0.1, groups=groups), net).splitlines()[-8:] == [
        "  rate  weight decay  variable",
        "   x 1           0.1  tokens/embeddings",
        " x 0.5          0.25  body/kernel",
        " x 0.5          0.25  body/bias",
        "frozen          none  norm/gamma",
        "frozen          none  norm/beta",
        "   x 1           0.1  head/kernel",
        "frozen          none  head/bias",
    ]


def test_a_compile_walks_selects_and_builds_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        function = getattr(module, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            calls[name] += 1
            return function(*arguments, **named)

        monkeypatch.setattr(module, name, counted)

    count(plan, "places_in")
    count(plan, "select")
    count(compiling, "native_optimizer")
    for each in (compiling, grouped):
        count(each, "plan_of")
    group = ParamGroup(match="head/", learning_rate_multiplier=2)
    spec = SGDSpec(weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm", "body/"], groups=[group])
    compile_with(model(), spec, loss="mse")
    assert calls == {"places_in": 1, "select": 1, "native_optimizer": 1, "plan_of": 1}


def test_describe_shows_what_the_optimizer_does() -> None:
    net = model()
    net.get_layer("body").trainable = False
    spec = AdamWSpec(weight_decay=0.1, exclude_from_weight_decay=["bias_and_norm", "embeddings", "body/"])
    rows = describe(spec, net).splitlines()[-7:]
    assert [row.split() for row in rows] == [
        ["x", "1", "none", "tokens/embeddings"],
        ["frozen", "none", "body/kernel"],
        ["frozen", "none", "body/bias"],
        ["x", "1", "none", "norm/gamma"],
        ["x", "1", "none", "norm/beta"],
        ["x", "1", "0.1", "head/kernel"],
        ["x", "1", "none", "head/bias"],
    ]
    compile_with(net, spec, loss="mse")
    decays = {place.path: decay for place, decay in zip(*_places_and_decays(net), strict=True)}
    assert {path for path, decay in decays.items() if decay} == {"head/kernel"}


def _places_and_decays(net: keras.Model) -> tuple[list[Any], list[Any]]:
    found = places.places_in(net)
    trained = net.trainable_variables
    return [found[id(variable)] for variable in trained], [net.optimizer.training_of(v)[1] for v in trained]


@pytest.mark.skipif(not can_build(MuonSpec), reason="this Keras has no Muon that trains")
def test_of_muon_describe_shows_the_decay_of_each_kind_of_step() -> None:
    rows = describe(MuonSpec(weight_decay=0.25, adam_weight_decay=0.5), model()).splitlines()
    decays = {row.split()[-1]: row.split()[-2] for row in rows[-7:]}
    assert decays["body/kernel"] == "0.25"
    assert decays["body/bias"] == decays["tokens/embeddings"] == "0.5"


def test_describe_takes_a_model_of_keras_only() -> None:
    with pytest.raises(TypeError, match=r"^model must be a keras\.Model, received 'net' of type str$"):
        describe(AdamWSpec(), "net")  # type: ignore[arg-type]


def test_describe_needs_the_weights_before_it_looks_for_patterns() -> None:
    unbuilt = keras.Sequential([layers.Dense(1)])
    with pytest.raises(ValueError, match=r"^the model has no weights to train yet: build it"):
        describe(AdamWSpec(exclude_from_weight_decay=["bias"]), unbuilt)


def test_all_wrong_patterns_come_in_one_error() -> None:
    net = model()
    group = ParamGroup(match="hed/")
    spec = SGDSpec(weight_decay=0.1, exclude_from_weight_decay=["LayerNorm", "body", "tokn"], groups=[group, group])
    for call in (lambda: compile_with(net, spec, loss="mse"), lambda: describe(spec, net)):
        with pytest.raises(ValueError, match="4 errors") as caught:
            call()
        lines = str(caught.value).splitlines()[1:]
        fields = ["exclude_from_weight_decay.0", "exclude_from_weight_decay.2", "groups.0.match", "groups.1.match"]
        assert [line.split(":")[0] for line in lines] == fields
        assert "write 'bias_and_norm'" in lines[0]
        assert not net.compiled
    many = SGDSpec(groups=[ParamGroup(match=f"nowhere{i}") for i in range(100)])
    with pytest.raises(ValueError, match=r"100 errors(.|\n)*and 80 more") as caught:
        describe(many, net)
    assert len(str(caught.value)) < 5_000


def test_errors_of_the_model_and_of_patterns_come_together() -> None:
    net = model()
    net.trainable = False
    with pytest.raises(ValueError, match=r"2 errors\n.*nothing to train(.|\n)*'hed' matches no variable"):
        compile_with(net, SGDSpec(groups=[ParamGroup(match="hed")]), loss="mse")


@pytest.mark.parametrize("word", ["bias_and_norm", "embeddings"])
def test_a_word_that_selects_nothing_is_no_mistake(word: str) -> None:
    net = keras.Sequential([layers.Input((2,)), layers.Dense(1, use_bias=False)])
    compile_with(net, SGDSpec(weight_decay=0.1, exclude_from_weight_decay=[word]), loss="mse")


def test_one_spec_serves_both_phases_of_a_fine_tuning() -> None:
    spec = SGDSpec(learning_rate=0.1, groups=[ParamGroup(match="body/", learning_rate_multiplier=0.5)])
    net = model()
    net.get_layer("body").trainable = False
    compile_with(net, spec, loss="mse")
    net.get_layer("body").trainable = True
    compile_with(net, spec, loss="mse")
    assert net.optimizer.training_of(net.get_layer("body").kernel) == (0.5, None)
    norm = keras.Sequential([layers.Input((2,)), layers.BatchNormalization()])
    with pytest.raises(ValueError, match="'moving_mean' matches no variable"):
        compile_with(norm, SGDSpec(groups=[ParamGroup(match="moving_mean")]), loss="mse")


def test_of_a_large_model_an_error_lists_the_nearest_paths() -> None:
    net = keras.Sequential([layers.Input((1,)), *(layers.Dense(1, name=f"block_{i}") for i in range(100))])
    with pytest.raises(ValueError, match=r"the nearest of 200 paths are .*block_77/kernel") as caught:
        compile_with(net, SGDSpec(groups=[ParamGroup(match="blok_77/kernel")]), loss="mse")
    assert len(str(caught.value)) < 300
