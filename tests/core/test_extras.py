"""Optional packages: loaded when they are there, named with the pip command when they are not."""

from __future__ import annotations

import json

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.extras import load_extra


def test_a_package_that_is_installed_is_loaded() -> None:
    assert load_extra("json", "bluesky", "repositories of Bluesky") is json


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(GlaswerkError, match=r"repositories of Bluesky need .*no_such_package") as caught:
        load_extra("no_such_package", "bluesky", "repositories of Bluesky")
    assert caught.value.hint == 'pip install "glaswerk[bluesky]"'
