"""Packages that serve one corner and are installed on demand."""

from __future__ import annotations

import importlib
from typing import Any

from glaswerk.core.errors import GlaswerkError


def load_extra(module: str, extra: str, purpose: str) -> Any:
    """The module of an optional dependency.

    `extra`: its name in pyproject.toml; `purpose`: what needs it, for the error. Raises GlaswerkError with
    the pip command if it cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise GlaswerkError(
            f"{purpose} need packages that are not installed: {error}",
            hint=f'pip install "glaswerk[{extra}]"',
        ) from error
