"""Facts that only the provider knows: questions by key, answered in a TOML file, marked blanks until then."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError

ANSWERS_FILE = "answers.toml"
ProviderAnswer = str | float | bool | list[str]
# Key → question. An answer is text unless TYPES says otherwise.
QUESTIONS = {
    "provider_name": "Legal name of whoever places the model on the market or puts it into service.",
    "provider_contact": "Address, e-mail and telephone of the provider.",
    "provider_is_sme": "Whether the provider is a small or medium-sized enterprise (true or false).",
    "authorised_representative": "Name and contact of the representative in the Union, or “not applicable”.",
    "release_date": "When the model was first released through any channel.",
    "union_market_date": "When the model was or will be placed on the Union market.",
    "model_licence": "Licence of the model, as an SPDX id if it has one.",
    "distribution_channels": "How the model is distributed: a repository, an API, a product.",
    "acceptable_use_policy": "Address of the acceptable-use policy, or “none”.",
    "intended_uses": "What the model is meant for, and what it must not be used for.",
    "integration": "Kinds of AI systems that the model can and cannot be integrated into.",
    "required_hardware": "Hardware required to use the model.",
    "training_hardware": "Machines that the model was trained on.",
    "design_rationale": "Why the training was designed this way: key choices and assumptions.",
    "data_selection": "How the sources were found, selected and obtained.",
    "data_scope": "Scope and main characteristics of the data: subjects, regions, people.",
    "unsuitable_sources": "What was done to detect unsuitable sources.",
    "bias_measures": "What was done to detect biases in the data.",
    "sources_crawled": "Names of the sources that the provider crawled from the internet, or had crawled.",
    "crawler_names": "Names of the crawlers, and who ran them.",
    "crawler_purposes": "For what purposes the crawlers collected content.",
    "crawler_behaviour": "How the crawlers behaved: robots.txt, paywalls, logins.",
    "crawl_period": "First and last month of collection by the crawlers.",
    "crawled_content": "Kinds of content and of online sources that the crawlers collected.",
    "private_datasets": "Private datasets of third parties that are not commercially licensed, or “none”.",
    "sources_user_data": "Names of the sources that came from users of the provider's services or models.",
    "user_data": "Which services the user data came from, and on what legal ground it was used.",
    "synthetic_generators": "Models that generated the synthetic data, with addresses of their summaries.",
    "other_sources": "Anything to add about data sources.",
    "code_of_practice_signatory": "Whether the provider signed the Code of Practice (true or false).",
    "reservation_measures": "What was done before collection to respect reservations of rights.",
    "illegal_content_measures": "What was done outside this lab to keep illegal content out.",
    "machine_watts": "Mean power of all machines together during training, in watts.",
    "energy_method": "How the watts were measured or estimated.",
    "inference_compute": "Measured computation of inference, and how it was measured.",
}
TYPES: Mapping[str, type] = {
    "provider_is_sme": bool,
    "code_of_practice_signatory": bool,
    "machine_watts": float,
    "sources_crawled": list,
    "sources_user_data": list,
}
_WORDS = {
    str: "a text of at most 4,000 characters",
    bool: "true or false",
    float: "a positive number",
    list: "a list of names",
}
# Most characters of a text: the papers are summaries.
_LONGEST = 4000


def read_provider_answers(path: Path, sources: tuple[str, ...]) -> dict[str, ProviderAnswer]:
    """The answers in a TOML file; a blank text and an empty list count as no answer.

    `sources` are the names of the sources that the model was trained on. Raises GlaswerkError for a file that
    cannot be read, an unknown key, a value of the wrong type, an unknown source, and a source that is listed
    both as crawled and as user data.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise GlaswerkError(
            f"expected answers in TOML, found {path}: {error}", hint="fix the file"
        ) from error
    for key, value in found.items():
        _check(path, key, value)
        if TYPES.get(key) is list:
            _check_sources(key, value, sources)
    _check_apart(path, found)
    said = {key: value.strip() if isinstance(value, str) else value for key, value in found.items()}
    return {key: value for key, value in said.items() if value not in ("", [])}


def answers_template(answers: Mapping[str, ProviderAnswer]) -> str:
    """The text of an answers file: every key with its question, filled in if there is an answer."""
    lines = [
        "# Facts that only the provider knows. Fill in what you can; the rest stays a marked blank.",
        "# glaswerk release MODEL --to DIR --answers DIR/answers.toml",
    ]
    for key, sentence in QUESTIONS.items():
        empty: Any = [] if TYPES.get(key) is list else ""
        # JSON strings are TOML strings, except for the one control character that JSON does not escape.
        value = json.dumps(answers.get(key, empty), ensure_ascii=False).replace("\x7f", "\\u007f")
        open_ = key not in answers and TYPES.get(key) in (bool, float)
        lines += ["", f"# {sentence}", f"# {key} =" if open_ else f"{key} = {value}"]
    return "\n".join(lines) + "\n"


def _check(path: Path, key: str, value: object) -> None:
    if key not in QUESTIONS:
        near = get_close_matches(key, QUESTIONS, n=1)
        raise GlaswerkError(
            f"{path} answers {key[:60]!r}, which is not a question of any paper",
            hint=f"write {near[0]}" if near else f"the keys are: {', '.join(QUESTIONS)}",
        )
    wanted = TYPES.get(key, str)
    if not _is(wanted, value):
        raise GlaswerkError(
            f"expected {_WORDS[wanted]} for {key} in {path}, found {value!r:.80}", hint="fix that line"
        )


def _check_apart(path: Path, found: Mapping[str, Any]) -> None:
    """The template has one section per source, so content that came another way must be another source."""
    both = {*found.get("sources_crawled", ())} & {*found.get("sources_user_data", ())}
    if both:
        raise GlaswerkError(
            f"{path} lists {sorted(both)[0]!r:.80} both in sources_crawled and in sources_user_data",
            hint="keep it in one list; add content that came another way as another source",
        )


def _is(wanted: type, value: object) -> bool:
    if wanted is float:
        # Not a bool, which is an int, and not "inf" or "nan", which TOML allows.
        return type(value) in (int, float) and 0 < float(str(value)) < float("inf")
    if wanted is list:
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    return type(value) is wanted and len(str(value)) <= _LONGEST


def _check_sources(key: str, names: list[str], sources: tuple[str, ...]) -> None:
    for name in names:
        if name not in sources:
            near = get_close_matches(name, sources, n=1)
            raise GlaswerkError(
                f"{key} names {name!r:.80}; the model was trained on {', '.join(sources) or 'no source'}",
                hint=f"write {near[0]}" if near else f"remove it from {key}",
            )
