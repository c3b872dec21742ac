"""Join: its pieces and its boundaries."""

from __future__ import annotations

from keras_optkit import JoinSpec


def test_an_empty_join_is_refused(refusal):
    path, message = refusal(JoinSpec, schedules=[], boundaries=[])
    assert (path, message) == (("schedules",), "must have at least one entry, received []")
