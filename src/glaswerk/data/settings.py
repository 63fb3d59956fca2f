"""The settings of curation: rules with their thresholds, read from the table [curate] of lab.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeVar, get_type_hints

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.language import check_codes
from glaswerk.data.quality import QualityConfig

AUDIENCES = ("public", "limited", "private")
Config = TypeVar("Config")


@dataclass(frozen=True)
class CurateConfig:
    """What decides a corpus beside its sources.

    `languages` empty keeps all; a text goes for its language only where it has `language_letters` letters,
    some language has the probability `language_certainty`, and those asked for together have less than
    `language_probability`. `near_duplicate` is a Jaccard index over three-word sequences; 1 switches the
    rule off.
    """

    languages: tuple[str, ...] = ()
    validation_share: float = 0.02
    audiences: tuple[str, ...] = ("public",)
    language_letters: int = 20
    language_certainty: float = 0.4
    language_probability: float = 0.2
    near_duplicate: float = 0.85
    quality: QualityConfig = field(default_factory=QualityConfig)


def read_settings(table: Mapping[str, Any], **given: Any) -> CurateConfig:
    """The settings of a lab (its table [curate]), with those of `given` that are not None in their place.

    Raises GlaswerkError naming a key that is unknown, or a value of the wrong type or out of range.
    """
    chosen = {key: value for key, value in given.items() if value is not None}
    return _checked(_fill(CurateConfig(), {**table, **chosen}, "curate"))


def _checked(config: CurateConfig) -> CurateConfig:
    if not 0 <= config.validation_share <= 0.5:
        raise GlaswerkError(
            f"expected a validation share between 0 and 0.5, found {config.validation_share}",
            hint="glaswerk curate --validation-share 0.02",
        )
    unknown = [a for a in config.audiences if a not in AUDIENCES]
    if unknown or not config.audiences:
        raise GlaswerkError(f"expected audiences ({', '.join(AUDIENCES)}), found {list(config.audiences)!r}")
    audiences = tuple(sorted(set(config.audiences)))
    return replace(config, languages=check_codes(config.languages), audiences=audiences)


def _fill(config: Config, table: Mapping[str, Any], where: str) -> Config:
    """A dataclass with the values of a TOML table, nested ones by their tables."""
    if not is_dataclass(config) or isinstance(config, type):
        raise TypeError(f"{where} is no dataclass")
    hints = get_type_hints(type(config))
    known = [f.name for f in fields(config)]
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            near = get_close_matches(key, known, n=1)
            raise GlaswerkError(
                f"expected a setting of [{where}] ({', '.join(known)}), found {key!r}",
                hint=f"in lab.toml write {near[0] if near else known[0]}",
            )
        old = getattr(config, key)
        if is_dataclass(old):
            if not isinstance(value, Mapping):
                raise _wrong(where, key, "a table", value)
            found[key] = _fill(old, value, f"{where}.{key}")
        else:
            found[key] = _value(value, hints[key], where, key)
    return replace(config, **found)


def _value(value: Any, kind: Any, where: str, key: str) -> Any:
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind in (int, bool, str) and type(value) is kind:
        return value
    if kind == tuple[str, ...] and isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if kind == dict[str, float] and isinstance(value, Mapping):
        return {name: _value(share, float, where, f"{key}.{name}") for name, share in value.items()}
    if kind == dict[str, int] and isinstance(value, Mapping):
        return {name: _value(count, int, where, f"{key}.{name}") for name, count in value.items()}
    raise _wrong(where, key, _WORDS.get(kind, "a table of numbers"), value)


_WORDS = {
    float: "a number", int: "a whole number", bool: "true or false", str: "a text",
    tuple[str, ...]: "a list of texts",
}  # fmt: skip


def _wrong(where: str, key: str, expected: str, value: Any) -> GlaswerkError:
    return GlaswerkError(
        f"expected {expected} for {key} in [{where}] of lab.toml, found {value!r:.80}",
        hint="mend that line in lab.toml; every setting has a default, so it may also go",
    )
