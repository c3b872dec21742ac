"""What was probably meant where a text is no duration."""

import pytest
from pydantic import TypeAdapter, ValidationError

from keras_optkit import InverseSqrtDecaySpec
from keras_optkit.specs.durations import Duration
from keras_optkit.specs.fields import Steps

STEPS = TypeAdapter(Steps)
FORMS = "must be a whole number of steps, or a duration such as '20 epochs' or '5%'"


def message(written: object) -> str:
    with pytest.raises(ValidationError) as caught:
        STEPS.validate_python(written)
    (line,) = caught.value.errors()
    return line["msg"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1,000", "1000"),
        ("12,345,678", "12345678"),
        ("20 EPOCH.S", None),
        ("20 eps", "'20 epochs'"),
        ("20E", "'20 epochs'"),
        ("2.5 ep", "'2.5 epochs'"),
        ("5 pct", "'5%'"),
        ("5%%", "'5%'"),
        ("3k", "3000"),
        ("500 batches", "500 (a step is one batch)"),
        ("500 iterations", "500 (a step is one batch)"),
        ("500 updates", "500 (a step is one batch)"),
        ("500 stps", "500"),
        ("1.5 stps", None),
        ("1.5k", None),
        ("0 batches", None),
        ("10 weeks", None),
        ("soon", None),
        ("epoch", "'1 epoch'"),
        (" Epochs ", "'1 epoch'"),
        ("epoch.", None),
        ("", None),
        ("5 batches" + " " * 30, "5 (a step is one batch)"),
        ("5 batches" + " " * 31, None),
        ("5 batches" + " " * 50, None),
        ("5 bätches", None),
    ],
)
def test_what_was_meant_is_said_if_it_can_be_told(written: str, meant: str | None) -> None:
    assert message(written) == f"{FORMS}, received {written!r}" + (f"; did you mean {meant}?" if meant else "")


@pytest.mark.parametrize("written", ["-5 batches", "-20 eps", "-3 weeks"])
def test_of_a_negative_number_only_the_sign_is_told(written: str) -> None:
    assert message(written).startswith("must not be negative, received ")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (1.0, "must not be a bare float, received 1.0; write 1 for one step, '1 epoch' or '100%'"),
        (0.3, "must not be a bare float, received 0.3; write '0.3 epochs', or '30%' of the run"),
        (0.999, "must not be a bare float, received 0.999; write '0.999 epochs', or '99.9%' of the run"),
        (1.5, "must be a whole number of steps, received 1.5; write round(1.5), or '1.5 epochs'"),
        (20.25, "must be a whole number of steps, received 20.25; write round(20.25), or '20.25 epochs'"),
    ],
)
def test_a_float_gets_all_the_meanings_it_may_have(written: float, text: str) -> None:
    assert message(written) == text


def test_a_float_of_0_is_answered_with_0() -> None:
    with pytest.raises(ValidationError, match=r"must not be a bare float, received 0\.0; write 0"):
        InverseSqrtDecaySpec(peak_learning_rate=1, warmup_steps=0.0, timescale=5)


def test_what_is_whole_is_read() -> None:
    assert STEPS.validate_python(20.0) == 20
    assert STEPS.validate_python("20 epochs") == Duration.epochs(20)
