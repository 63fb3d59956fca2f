"""What only a person knows: asked by key, answered in a TOML file, a marked blank until then."""

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
# key → the sentence that asks. The type of an answer is text unless TYPES says otherwise.
QUESTIONS = {
    "provider_name": "Legal name of whoever places the model on the market or puts it into service.",
    "provider_contact": "Address, e-mail and telephone of the provider.",
    "provider_is_sme": "Whether the provider is a small or medium-sized enterprise (true or false).",
    "authorised_representative": "Name and contact of the representative in the Union, or “not applicable”.",
    "release_date": "When the model was first released through any channel.",
    "union_market_date": "When the model was or will be placed on the Union market.",
    "model_licence": "Licence of the model, as an SPDX id where it has one.",
    "distribution_channels": "How the model is distributed: a repository, an API, a product.",
    "acceptable_use_policy": "Address of the acceptable-use policy, or “none”.",
    "intended_uses": "What the model is meant for, and what it must not be used for.",
    "integration": "Kinds of AI systems that the model can be built into, and those that it cannot.",
    "required_hardware": "Hardware that using the model takes.",
    "training_hardware": "Machines that the model was trained on.",
    "design_rationale": "Why the training was designed as it was: key choices and assumptions.",
    "data_selection": "How the sources were found, chosen and obtained.",
    "data_scope": "Scope and main characteristics of the data: subjects, regions, people.",
    "unsuitable_sources": "What was done to detect sources that are unsuitable.",
    "bias_measures": "What was done to detect biases in the data.",
    "sources_crawled": "Names of the sources that the provider crawled or had crawled from the internet.",
    "crawler_names": "Names of the crawlers, and who ran them.",
    "crawler_purposes": "What the crawlers collected for.",
    "crawler_behaviour": "How the crawlers behaved: robots.txt, paywalls, logins.",
    "crawl_period": "From which month to which the crawlers collected.",
    "crawled_content": "What kind of content and of online sources the crawlers collected.",
    "private_datasets": "Private datasets of third parties not commercially licensed, or “none”.",
    "sources_user_data": "Names of the sources that came from users of the provider's services or models.",
    "user_data": "Which services the user data came from, and on what ground it was used.",
    "synthetic_generators": "Models that generated the synthetic data, with addresses of their summaries.",
    "other_sources": "Anything to add on data sources.",
    "code_of_practice_signatory": "Whether the provider signed the Code of Practice (true or false).",
    "reservation_measures": "What was done before collection to respect reservations of rights.",
    "illegal_content_measures": "What was done outside this lab to keep illegal content out.",
    "machine_watts": "Mean power in watts of all machines together while they trained the model.",
    "energy_method": "How the watts were measured or estimated.",
    "inference_compute": "Measured computation of using the model, and how it was measured.",
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
# Characters of a text, or the papers would be no summaries.
_LONGEST = 4000


def read_provider_answers(path: Path, sources: tuple[str, ...]) -> dict[str, ProviderAnswer]:
    """The answers in a TOML file; a text of blanks alone and an empty list are no answer.

    Raises GlaswerkError for a file that cannot be read, an unknown key, a value of another type, a source
    that the model was not trained on, and one that is said to be both crawled and of users.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise GlaswerkError(f"expected answers in TOML, found {path}: {error}", hint="mend it") from error
    for key, value in found.items():
        _check(path, key, value)
        if TYPES.get(key) is list:
            _check_sources(key, value, sources)
    _check_apart(path, found)
    said = {key: value.strip() if isinstance(value, str) else value for key, value in found.items()}
    return {key: value for key, value in said.items() if value not in ("", [])}


def answers_template(answers: Mapping[str, ProviderAnswer]) -> str:
    """The file of answers: every key with its sentence, filled in where there is an answer."""
    lines = [
        "# What only a person knows. Fill in what you can; empty ones stay marked blanks in the papers.",
        "# glaswerk release MODEL --to DIR --answers DIR/answers.toml",
    ]
    for key, sentence in QUESTIONS.items():
        empty: Any = [] if TYPES.get(key) is list else ""
        # JSON's texts are TOML's, but for the one control character that JSON does not escape.
        value = json.dumps(answers.get(key, empty), ensure_ascii=False).replace("\x7f", "\\u007f")
        open_ = key not in answers and TYPES.get(key) in (bool, float)
        lines += ["", f"# {sentence}", f"# {key} =" if open_ else f"{key} = {value}"]
    return "\n".join(lines) + "\n"


def _check(path: Path, key: str, value: object) -> None:
    if key not in QUESTIONS:
        near = get_close_matches(key, QUESTIONS, n=1)
        raise GlaswerkError(
            f"{path} answers {key[:60]!r}, which no paper asks",
            hint=f"write {near[0]}" if near else f"the keys are: {', '.join(QUESTIONS)}",
        )
    wanted = TYPES.get(key, str)
    if not _is(wanted, value):
        raise GlaswerkError(
            f"expected {_WORDS[wanted]} for {key} in {path}, found {value!r:.80}", hint="mend that line"
        )


def _check_apart(path: Path, found: Mapping[str, Any]) -> None:
    """The template has one section for each source: what of it came otherwise is a source of its own."""
    both = {*found.get("sources_crawled", ())} & {*found.get("sources_user_data", ())}
    if both:
        raise GlaswerkError(
            f"{path} has {sorted(both)[0]!r:.80} both in sources_crawled and in sources_user_data",
            hint="leave it in one; glaswerk add takes what came otherwise as a source of its own",
        )


def _is(wanted: type, value: object) -> bool:
    if wanted is float:
        # Not bool, which is an int; and no "inf" or "nan", which TOML knows.
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
                hint=f"write {near[0]}" if near else f"take it out of {key}",
            )
