"""``schema``: the schema, as the function returns it."""

from __future__ import annotations

import json

from keras_optkit import json_schema


def test_schema_prints_the_schema(run):
    done = run("schema")
    assert (done.status, done.err) == (0, [])
    assert json.loads("\n".join(done.out)) == json_schema()
