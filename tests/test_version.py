"""The version is written once, in the package; the built package and the changelog agree with it."""

import re
import subprocess
import sys
from pathlib import Path

import keras_optkit

ROOT = Path(__file__).parents[1]


def test_a_build_has_the_version_of_the_package() -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert built.stdout.strip() == keras_optkit.__version__


def test_the_latest_release_in_the_changelog_is_the_version_with_its_date() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    latest = next(heading for heading in headings if heading != "Unreleased")
    assert re.fullmatch(rf"{re.escape(keras_optkit.__version__)} \(\d{{4}}-\d\d-\d\d\)", latest)
    assert "Unreleased" not in headings[1:]
