"""Secrets: tokens of known services, JSON web tokens, private keys, passwords in links and in assignments.

The formats of tokens are facts of the services' documentation, as scanners such as gitleaks know them. What
has no format of its own counts only beside a word such as password or api_key, and only if its letters are
as mixed as chance mixes them; placeholders (password=password, token=${TOKEN}) stay.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from glaswerk.data.filters.pii.rule import Masks, Rule, Span

# (what must occur in the text, pattern of the token).
_TOKENS = (
    # Amazon, Google, Microsoft, DigitalOcean
    *((sign, rf"{sign}[A-Z2-7]{{16}}") for sign in ("AKIA", "ASIA", "ABIA", "ACCA")),
    ("A3T", r"A3T[A-Z0-9][A-Z2-7]{16}"),
    ("AIza", r"AIza[\w-]{35}"),
    ("ya29.", r"ya29\.[\w-]{20,400}"),
    ("GOCSPX-", r"GOCSPX-[\w-]{24,40}"),
    ("Q~", r"[\w.~-]{3}\dQ~[\w.~-]{31,34}"),
    ("_v1_", r"do[oprt]_v1_[0-9a-f]{64}"),
    # GitHub, GitLab, Docker, Terraform
    *((sign, rf"{sign}[A-Za-z0-9]{{36,255}}") for sign in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    ("github_pat_", r"github_pat_\w{22,255}"),
    *(
        (f"gl{sort}-", rf"gl{sort}-[\w-]{{20,100}}(?:\.[\w-]{{2,20}}){{0,2}}")
        for sort in ("pat", "dt", "rt", "cbt", "ptt", "ft", "soat", "agent", "imt", "oas")
    ),
    ("dckr_", r"dckr_[po]at_[\w-]{20,60}"),
    ("atlasv1", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}"),
    # Slack, Discord, Telegram
    ("xox", r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,250}"),
    ("xapp-", r"xapp-\d-[A-Z0-9]{5,20}-\d{5,20}-[a-z0-9]{20,100}"),
    ("hooks.slack.com/", r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[\w+/-]{30,120}"),
    ("/webhooks/", r"(?<=/webhooks/)\d{17,20}/[\w-]{60,80}"),
    (":A", r"\d{8,10}:A[\w-]{34}"),
    # Stripe, Square, Shopify
    *((f"k_{sort}_", rf"[sr]k_{sort}_[A-Za-z0-9]{{10,99}}") for sort in ("live", "test", "prod")),
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{24,80}"),
    ("sq0", r"sq0(?:atp|csp)-[\w-]{22,43}"),
    *((f"shp{sort}_", rf"shp{sort}_[0-9a-fA-F]{{32}}") for sort in ("at", "ca", "pa", "ss")),
    # Models: OpenAI, Anthropic, OpenRouter; Hugging Face, xAI, Groq, Perplexity, Replicate
    ("sk-", r"sk-(?=[\w-]*\d)(?=[\w-]*[A-Z])(?:[a-z0-9]{2,10}-){0,3}[\w-]{20,250}|sk-or-v1-[0-9a-f]{64}"),
    ("hf_", r"hf_[A-Za-z0-9]{30,40}"),
    ("api_org_", r"api_org_[A-Za-z0-9]{30,40}"),
    ("xai-", r"xai-[A-Za-z0-9]{70,90}"),
    ("gsk_", r"gsk_[A-Za-z0-9]{48,56}"),
    ("pplx-", r"pplx-[A-Za-z0-9]{40,56}"),
    ("r8_", r"r8_[A-Za-z0-9]{37}"),
    # Packages: npm, PyPI, RubyGems
    ("npm_", r"npm_[A-Za-z0-9]{36}"),
    ("pypi-", r"pypi-AgE[\w-]{50,400}"),
    ("rubygems_", r"rubygems_[0-9a-f]{48}"),
    # Mail and telephone: SendGrid, Twilio, Mailgun, Mailchimp
    ("SG.", r"SG\.[\w-]{16,32}\.[\w-]{16,64}"),
    ("SK", r"SK[0-9a-f]{32}"),
    ("key-", r"key-[0-9a-f]{32}"),
    ("-us", r"[0-9a-f]{32}-us\d{1,2}"),
    # Others
    ("EAA", r"EAA[A-Za-z0-9]{80,300}"),
    ("dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    ("lin_api_", r"lin_api_[A-Za-z0-9]{40}"),
    ("ntn_", r"ntn_[A-Za-z0-9]{40,60}"),
    ("secret_", r"secret_[A-Za-z0-9]{43}"),
    ("hvs.", r"hvs\.[\w-]{90,200}"),
    ("sl.", r"sl\.(?:u\.)?[\w-]{120,400}"),
    ("NRAK-", r"NRAK-[A-Z0-9]{27}"),
    ("glsa_", r"glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}"),
    ("dp.", r"dp\.(?:pt|st|ct|sa)\.[\w.-]{40,60}"),
    ("ATATT3", r"ATATT3[\w=-]{100,250}"),
    ("sbp_", r"sbp_[0-9a-f]{40}"),
    ("AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    # JSON web tokens, signed (three parts) or encrypted (five)
    ("eyJ", r"eyJ[\w-]{8,4000}\.(?:eyJ)?[\w-]{0,8000}\.[\w-]{0,2000}(?:\.[\w-]{10,8000}\.[\w-]{10,200})?"),
)
_EDGE, _END = r"(?<![A-Za-z0-9_.-])", r"(?![A-Za-z0-9_])"
# A token may follow bot, a slash or a quotation mark: api.telegram.org/bot110201543:AA…
_ALL = tuple(
    (sign, re.compile(rf"(?:{_EDGE}|(?<=\bbot)|(?<=[\\]n))(?:{body}){_END}", re.ASCII))
    for sign, body in _TOKENS
)
# By a character of the sign that few posts have: a search for each sign would take longer than all the rest.
_GROUPS = tuple(
    (mark, tuple(each for each in _ALL if next((c for c in "_-:/~" if c in each[0]), "") == mark))
    for mark in ("_", "-", ":", "/", "~", "")
)


class _Tokens:
    """The formats of all services as one rule: a text is searched only for formats whose sign it contains."""

    kind = "secret"

    def spans(self, text: str) -> list[Span]:
        """Where tokens are, in order; of two that overlap, the one that begins first."""
        chosen = [
            pattern for mark, group in _GROUPS if mark in text for sign, pattern in group if sign in text
        ]
        if not chosen:
            return []
        found = sorted(match.span() for pattern in chosen for match in pattern.finditer(text))
        kept: list[Span] = []
        for start, end in found:
            if not kept or start >= kept[-1][1]:
                kept.append((start, end))
        return kept


# Up to its last line, or, where the end is cut off, to the last line of base64.
_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:(?!-----)[\s\S]){0,20000}-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:(?:\s|\\n|\\r)*[A-Za-z0-9+/=]{16,})*)"
)
_URL = re.compile(
    r"(?i:\b[a-z][a-z0-9+.-]{1,20})://[^\s/:@\[\]]{0,100}:(?P<value>[^\s/@\[\]]{1,200})@(?=[\w\[])"
)
_WORDS = (
    r"passwords?|passwd|passphrase|pass|passwort|kennwort|contraseña|senha|hasło|wachtwoord"
    r"|mot de passe|pwd|pw|пароль|密[码碼]|口令|パスワード|비밀번호"
)
_NAMES = (
    r"api[_ -]?(?:key|token|secret)|apikey|secret(?:[_ -]?(?:access)?[_ -]?key)?|client[_ -]?secret"
    r"|(?:access|auth|refresh|bearer|session|bot)[_ -]?(?:key|token)|token"
    r"|private[_ -]?key|encryption[_ -]?key|account[_ -]?key"
    r"|shared[_ -]?access[_ -]?key|credentials?|authorization"
)
# In the parameters of a link, "&name=" begins the next one.
_VALUE = r"(?P<value>(?:(?!&\w{1,30}=)[^\s\"'`,;<>\[\]{}()|\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]){6,300})"
_ASSIGNED = re.compile(
    rf"(?i:(?<![a-z0-9])(?:[a-z0-9]{{1,20}}[_-]){{0,4}}(?:(?P<password>{_WORDS})|(?:{_NAMES}))(?![a-z0-9])"
    r"(?:[_-][a-z0-9]{1,12})?)"
    r"[\"'`*]{0,2}(?:\s{0,3}(?::=|=>|==?|:|：)\s{0,3}|\s(?:is|ist|est|es|è|to)\s)(?:(?i:bearer|basic|token)\s)?[\"'`*]{0,2}"
    rf"{_VALUE}"
)
# PASSWORD='correct horse battery staple': in quotation marks, a password may have spaces and any sign.
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "«": "»", "‘": "’", "「": "」"}
_IN_QUOTES = "|".join(
    rf"{mark}(?P<v{place}>(?:[^\\\n{mark}{end}]|\\[^\n]){{3,200}}){end}"
    for place, (mark, end) in enumerate(_QUOTES.items())
)
_QUOTED = re.compile(
    rf"(?i:(?P<name>(?<![a-z0-9])(?:[a-z0-9]{{1,20}}[_-]){{0,4}}(?:pg|db|my|ssh|root|admin|user|smtp)?(?:{_WORDS})(?:[_-][0-9]{{1,3}})?))"
    rf"(?P<key>[\"'`]?)\s{{0,3}}(?P<sign>:=|=>|==?|:|：|(?i:\s(?:is|ist|est|es|è)\s))\s{{0,3}}(?:{_IN_QUOTES})"
)
# <password>x y z</password>, and the arguments of programs: --password 'x y z'.
_ELEMENT = re.compile(
    rf"(?i:<(?P<tag>(?:[a-z0-9]{{1,20}}[_:.-]?)??(?:{_WORDS}))\s{{0,3}}>)(?P<value>[^<>\n]{{3,200}})(?i:</(?P=tag)\s{{0,3}}>)"
)
_ARGUMENT = re.compile(rf"(?<!\S)--?(?i:(?:[a-z0-9]{{1,20}}-){{0,3}}(?:{_WORDS}))[ =](?:{_IN_QUOTES})")
_BEARER = re.compile(r"\b(?i:bearer|basic)\s{1,3}(?P<value>[A-Za-z0-9._~+/=-]{20,2000})")
_OTHER_HINTS = ("hasło", "парол", "密", "口令", "パスワ", "비밀번호")
# Values that stand for a secret, and expressions of programs.
_PLACEHOLDER = re.compile(
    r"(?i:x{3,}|\*{3,}|\.{3,}|•{3,}|_{3,}|-{3,}|#{3,}|.*(?:your|example|placeholder|change_?me|redacted|dummy|insert"
    r"|replace|todo|sample|test).{0,20}|(?:my|the|a|new|old|user)?[_-]?(?:pass(?:word|wd|phrase)?|passwort|pwd|pw"
    r"|secret|token|key|geheim)(?:_?here)?[0-9]?|null|none|true|false|undefined|[$%&@:/.~\\].*|.*\.(?:get|env|environ|read|"
    r"config|value|text|md|py|js|html?|json|ya?ml)\b.*|.*::.*|https?:.*|os\..*|process\..*)"
)
_LEAST_TOKEN, _LEAST_BITS, _LEAST_PASSWORD_BITS = 16, 3.0, 2.0


@lru_cache(2)  # four rules ask of the same text
def _has_hint(text: str) -> bool:
    low = text.lower()
    # One expression: a loop over the words would take three times as long, for every text.
    return (
        "pass" in low or "pw" in low or "token" in low or "key" in low or "secret" in low or "auth" in low
        or "credential" in low or "wort" in low or "contrase" in low or "senha" in low or "wachtw" in low
        or (not low.isascii() and any(hint in low for hint in _OTHER_HINTS))
    )  # fmt: skip


_PASSWORDS = ("pass", "pw", "wort", "contrase", "senha", "wachtw", *_OTHER_HINTS)
_HINTS = (*_PASSWORDS, "token", "key", "secret", "auth", "credential")
# What follows the hint in every name with its value. What may stand before it costs most of a search.
_SIGN = r"[\w -]{0,40}[\"'`*]{0,2}(?:\s{0,3}[:=：]|\s(?:is|ist|est|es|è|to)\s)"
_AFTER, _BEFORE_QUOTES = re.compile(_SIGN), re.compile(_SIGN + r"[=>]?\s{0,3}[\"'`“„«‘「]")
_OPTION = re.compile(rf"-[a-z0-9-]{{0,80}}(?:{'|'.join(_PASSWORDS)})[\w ]{{0,12}}[ =]")


def _assigns(text: str) -> bool:
    return _has_hint(text) and _followed(text, _HINTS, _AFTER)


def _quotes(text: str) -> bool:
    return _has_hint(text) and _followed(text, _PASSWORDS, _BEFORE_QUOTES)


def _followed(text: str, hints: Sequence[str], by: re.Pattern[str]) -> bool:
    low = text.lower()
    return any(by.match(low, at) for hint in hints for at in _places(low, hint))


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _has_element(text: str) -> bool:
    return "</" in text and _has_hint(text)


def _has_argument(text: str) -> bool:
    return "-" in text and _has_hint(text) and _OPTION.search(text.lower()) is not None


def _has_scheme(text: str) -> bool:
    return "earer " in text or "asic " in text or "BEARER " in text


def _bits(value: str) -> float:
    """Entropy of the characters, in bits per character."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)


def _is_secret(match: re.Match[str]) -> bool:
    value = match["value"].rstrip(".!?")
    if _PLACEHOLDER.fullmatch(value):
        return False
    digit = any(character.isdigit() for character in value)
    letter = any(character.isalpha() for character in value)
    if match.groupdict().get("password"):
        marks = any(not character.isalnum() and character not in "-_'’./:" for character in value)
        return len(value) >= 6 and letter and (digit or marks) and _bits(value) >= _LEAST_PASSWORD_BITS
    return len(value) >= _LEAST_TOKEN and letter and digit and _bits(value) >= _LEAST_BITS


# What labels, messages and examples of programs say where a password would be.
_SENTENCE = re.compile(
    r"(?i:\b(?:password\w*|passwort\w*|pass(?:phrase|word)s?|kennwort\w*|contrase\w+|senhas?|wachtwoord\w*"
    r"|mot de passe|hasł\w+|парол\w+|please|bitte|enter|eingeben|required?|must|invalid|incorrect|"
    r"wrong|forgot\w*|vergessen|change[ds]?|confirm\w*|new|reset|minimum|characters|zeichen|"
    r"letters|least|field|should|cannot|optional|your|ihr|dein|secret|here|input|value|"
    r"type|login|user|not|error|missing|empty|needed|match|weak|strong|default|the|and|"
    r"for|with)\b)"
)


# A pass may be one of mountains, or a test that was passed; only capitals or "=" make it a password.
_MOUNTAIN = re.compile(r"^[\"'`]?[Pp]ass[\"'`]?\s{0,3}:|^(?:pass|pw) is")


def _quoted_value(match: re.Match[str]) -> Span:
    found = (group for group in match.groupdict() if group[0] == "v" and match[group] is not None)
    start, end = match.span(next(found))
    inner = match.string[start:end]
    return end - len(inner.lstrip()), start + len(inner.rstrip())


def _is_quoted_password(match: re.Match[str]) -> bool:
    """Whether a value that may have spaces is a password: no sentence of a program, no expression."""
    start, end = _quoted_value(match)
    value = match.string[start:end]
    if len(set(value)) < 3 or value[0] in "<{[$%(" or value[-1] in ":…":
        return False
    if _PLACEHOLDER.fullmatch(value) or _SENTENCE.search(value):
        return False
    strong = any(c.isdigit() or not (c.isalnum() or c in " .,!?-_'’:/") for c in value)
    return strong or (" " in value and not _MOUNTAIN.search(match[0]))


def _is_password(match: re.Match[str]) -> bool:
    return not _PLACEHOLDER.fullmatch(match["value"])


def _value(match: re.Match[str]) -> Span:
    start, end = match.span("value")
    while end > start + 1 and match.string[end - 1] in ".!?":
        end -= 1
    return start, end


RULES: tuple[Masks, ...] = (
    Rule("secret", lambda text: "PRIVATE KEY" in text, _KEY),
    Rule("secret", lambda text: "://" in text and "@" in text, _URL, _is_password, _value),
    _Tokens(),
    Rule("secret", _quotes, _QUOTED, _is_quoted_password, _quoted_value),
    Rule("secret", _has_element, _ELEMENT, _is_quoted_password, _quoted_value),
    Rule("secret", _has_argument, _ARGUMENT, _is_quoted_password, _quoted_value),
    Rule("secret", _assigns, _ASSIGNED, _is_secret, _value),
    Rule("secret", _has_scheme, _BEARER, _is_secret, _value),
)
