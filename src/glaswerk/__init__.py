"""Glaswerk: from your own content to your own chat, every answer traced to its sources.

`from glaswerk import Lab, add, curate, train, tune, evaluate, serve, trace` gives the Python API, which
`glaswerk.api` documents. A name is imported when it is first used: `import glaswerk` loads no stage.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glaswerk.api import Lab, add, curate, evaluate, serve, trace, train, tune

__version__ = "0.1.0"
__all__ = ["Lab", "__version__", "add", "curate", "evaluate", "serve", "trace", "train", "tune"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("glaswerk.api"), name)
    raise AttributeError(f"module 'glaswerk' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Stage(ModuleType):
    """A subpackage that can be called like the API's function of the same name."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        stage = self.__name__.rpartition(".")[2]
        return getattr(import_module("glaswerk.api"), stage)(*arguments, **options)


class _Package(ModuleType):
    """This package. `train`, `trace`, `evaluate` and `serve` are functions of the API and subpackages.

    Python sets an imported subpackage as an attribute of its parent, in front of `__getattr__`. Without
    this class, `from glaswerk import train` would give a function or a module, depending on what was
    imported before.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in __all__ and isinstance(value, ModuleType):
            value.__class__ = _Stage
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
