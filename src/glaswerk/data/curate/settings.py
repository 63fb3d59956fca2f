"""The settings of curation: rules with their thresholds, read from the table [curate] of lab.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeVar, get_type_hints

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.mixture_settings import MixtureConfig
from glaswerk.data.filters.boilerplate import BoilerplateConfig
from glaswerk.data.filters.pii import DEFAULT_KINDS, KINDS
from glaswerk.data.filters.quality import QualityConfig
from glaswerk.data.filters.toxicity import ToxicityConfig
from glaswerk.data.filters.webtext import RULE_FAMILIES, WebConfig
from glaswerk.data.language import check_codes
from glaswerk.data.store.reasons import CURATION

AUDIENCES = ("public", "limited", "private")
Config = TypeVar("Config")


@dataclass(frozen=True)
class CurateConfig:
    """Everything that determines a corpus besides its sources.

    `languages`: keep only these; empty keeps all. A text is dropped for its language only if it has at least
    `language_letters` letters, some language has the probability `language_certainty`, and the selected ones
    together have less than `language_probability`. `near_duplicate`: the Jaccard index over three-word
    sequences from which a text is a near duplicate; 1 switches the rule off. `off`: rules to switch off, from
    OPTIONAL. `mask`: kinds of personal data to mask. The last five fields are the thresholds of each group of
    rules.
    """

    languages: tuple[str, ...] = ()
    validation_share: float = 0.02
    audiences: tuple[str, ...] = ("public",)
    language_letters: int = 20
    language_certainty: float = 0.4
    language_probability: float = 0.2
    near_duplicate: float = 0.85
    off: tuple[str, ...] = ()
    mask: tuple[str, ...] = DEFAULT_KINDS
    quality: QualityConfig = field(default_factory=QualityConfig)
    web: WebConfig = field(default_factory=WebConfig)
    toxicity: ToxicityConfig = field(default_factory=ToxicityConfig)
    boilerplate: BoilerplateConfig = field(default_factory=BoilerplateConfig)
    mixture: MixtureConfig = field(default_factory=MixtureConfig)


# Rules that may be switched off. Those on deletions, rights and audience may not.
OPTIONAL = (
    "retweet",
    "too-short",
    "symbol-heavy",
    "repetitive",
    *(reason for reason in CURATION if reason.partition("-")[0] in RULE_FAMILIES),
    "evaluation-item",
    "language",
    "exact-duplicate",
    "near-duplicate",
)


def read_settings(table: Mapping[str, Any], **given: Any) -> CurateConfig:
    """The settings in the table [curate] of lab.toml, overridden by those of `given` that are not None.

    Raises GlaswerkError naming an unknown key, or a value that has the wrong type or is out of range.
    """
    chosen = {key: value for key, value in given.items() if value is not None}
    return checked(_fill(CurateConfig(), {**table, **chosen}, "curate"))


def recorded_settings(config: Mapping[str, Any]) -> CurateConfig:
    """The settings that a corpus was made with, from the config in its manifest, not from lab.toml."""
    known = {field.name for field in fields(CurateConfig)}
    return read_settings({key: value for key, value in config.items() if key in known})


def checked(config: CurateConfig) -> CurateConfig:
    """The settings in canonical form. Raises GlaswerkError for a setting that is out of range."""
    _check_ranges(config, "curate")
    if not 0 <= config.validation_share <= 0.5:
        raise GlaswerkError(
            f"expected a validation share between 0 and 0.5, found {config.validation_share}",
            hint="glaswerk curate --validation-share 0.02",
        )
    if not config.audiences:
        raise GlaswerkError(f"expected audiences ({', '.join(AUDIENCES)}), found none")
    _check_names("audiences", config.audiences, AUDIENCES)
    _check_names("off", config.off, OPTIONAL)
    _check_names("mask", config.mask, KINDS)
    _check_names("web.families", config.web.families, RULE_FAMILIES)
    config.mixture.check()
    audiences = tuple(sorted(set(config.audiences)))
    return replace(config, languages=check_codes(config.languages), audiences=audiences)


# The only fractional settings that are not shares.
_LENGTHS = ("word_length_min", "word_length_max")


def _check_ranges(config: Any, where: str) -> None:
    """Raises GlaswerkError unless whole numbers are 0 or more and shares are from 0 to 1."""
    for each in fields(config):
        value = getattr(config, each.name)
        if is_dataclass(value):
            _check_ranges(value, f"{where}.{each.name}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            is_share = isinstance(value, float) and each.name not in _LENGTHS
            if not (0 <= value <= 1 if is_share else 0 <= value < float("inf")):
                raise GlaswerkError(
                    f"expected a number {'between 0 and 1' if is_share else 'of 0 or more'} for {each.name} "
                    f"in [{where}] of lab.toml, found {value}",
                    hint="correct that line of lab.toml or remove it: every setting has a default",
                )


def _check_names(key: str, found: Sequence[str], known: Sequence[str]) -> None:
    for name in found:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise GlaswerkError(
                f"expected {key} to name some of {', '.join(known)}, found {name!r}",
                hint=f"in [curate] of lab.toml write {near[0] if near else known[0]}",
            )


def _fill(config: Config, table: Mapping[str, Any], where: str) -> Config:
    """The dataclass with the values of a TOML table; nested tables fill nested dataclasses."""
    if not is_dataclass(config) or isinstance(config, type):
        raise TypeError(f"{where} is not a dataclass")
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
    if kind == Ngrams and isinstance(value, list | tuple):
        return tuple(_ngram(pair, where, key) for pair in value)
    if kind == dict[str, float] and isinstance(value, Mapping):
        return {name: _value(share, float, where, f"{key}.{name}") for name, share in value.items()}
    if kind == dict[str, int] and isinstance(value, Mapping):
        return {name: _value(count, int, where, f"{key}.{name}") for name, count in value.items()}
    raise _wrong(where, key, _WORDS.get(kind, "a table of numbers"), value)


def _ngram(pair: Any, where: str, key: str) -> tuple[int, float]:
    if not isinstance(pair, list | tuple) or len(pair) != 2 or type(pair[0]) is not int:
        raise _wrong(where, key, "a list of [words, share]", pair)
    return pair[0], _value(pair[1], float, where, key)


Ngrams = tuple[tuple[int, float], ...]
_WORDS = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "a string",
    tuple[str, ...]: "a list of strings",
    Ngrams: "a list of [words, share]",
}


def _wrong(where: str, key: str, expected: str, value: Any) -> GlaswerkError:
    return GlaswerkError(
        f"expected {expected} for {key} in [{where}] of lab.toml, found {value!r:.80}",
        hint="correct that line of lab.toml or remove it: every setting has a default",
    )
