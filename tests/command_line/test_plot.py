"""``plot``: the picture, and what stands in its way."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("picture", ["lr.png", "lr.svg", "lr.pdf"])
def test_plot_writes_a_picture_and_prints_where(run, picture):
    options = ["--steps-per-epoch", "10", "--epochs", "4", "-o", picture]
    assert run("plot", "cosine.yaml", *options, "momentum=0.5") == (0, [picture], [])
    assert Path(picture).read_bytes()[:4] in (b"\x89PNG", b"<?xm", b"%PDF")


@pytest.mark.parametrize(
    ("output", "status", "start"),
    [
        ("lr.docx", 1, "cosine.yaml: Format 'docx' is not supported (supported formats: "),
        ("none/lr.png", 2, "none/lr.png: No such file or directory"),
    ],
)
def test_a_picture_that_cannot_be_written_is_one_line(run, output, status, start):
    done = run("plot", "cosine.yaml", "--steps-per-epoch", "10", "--epochs", "4", "-o", output)
    assert (done.status, done.out, len(done.err)) == (status, [], 1)
    assert done.err[0].startswith(start)


@pytest.mark.parametrize("package", ["matplotlib", "ruamel.yaml"])
def test_plot_without_a_package_names_the_extra_that_brings_it(run, package, monkeypatch):
    for name in [package, *(name for name in sys.modules if name.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    done = run("plot", "sgd.yaml", "-o", "lr.png")
    assert (done.status, done.out, len(done.err)) == (2, [], 1)
    extra = {"matplotlib": "plot", "ruamel.yaml": "yaml"}[package]
    assert done.err[0].startswith("sgd.yaml: ")
    assert package in done.err[0]
    assert done.err[0].endswith(f"pip install 'keras_optkit[{extra}]'")
