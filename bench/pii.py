"""Masking: recall and false positives on made strings, by kind and country.

    python -m bench.pii                  # 500 strings of each kind with something to mask, 500 without
    python -m bench.pii --show 5         # with five examples of each error
    python -m bench.pii --table          # as the rows of bench/README.md

Every string is drawn from a seed: numbers by the formats and checksums that each country publishes, tokens by
the formats of each service. They are written into short sentences of several languages, so that a label does
not always precede them. A string counts as found if exactly the value is masked. Negatives look alike: dates,
amounts, versions, order numbers, wrong checksums, placeholders, mentions. No string is anyone's number except
by chance.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import re
import string
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import click

from glaswerk.data.filters.pii import mask

EACH, SEED = 500, 1
Maker = Callable[[random.Random], str]
LOWER, DIGITS = string.ascii_lowercase, string.digits
ALNUM = string.ascii_letters + DIGITS
MARKED = re.compile("\x02[^\x03]*\x03")
LEAST = 50

FRAMES = {
    "": ("Write to {}.", "{}", "Please use {} until Friday", "So: {}, thanks", "({})", "Yes {} is right"),
    "zh": ("请联系{}获取更多信息", "{}谢谢大家", "地址：{}。", "我们的是{}，请保存"),
    "ja": ("連絡先は{}まで", "{}です", "「{}」に連絡"),
    "ko": ("연락처는 {}으로", "{}입니다", "여기 {} 로"),
    "th": ("ติดต่อ{}ได้", "ที่{}ครับ"),
    "ru": ("Пишите:{}", "Адрес {} верный", "наш{}спасибо"),
    "ar": ("راسلنا على {} شكرا", "العنوان:{}"),
    "de": ("Erreichbar unter {}.", "Bitte {} notieren", "Tel.: {}", "{} (abends)"),
    "fr": ("Joignable au {}.", "Tél : {}", "{} merci"),
    "es": ("Llámame al {}.", "Tel. {}", "{} gracias", "Mi número es {}"),
    "it": ("Chiamami al {}.", "Tel. {}", "{} grazie"),
    "pl": ("Zadzwoń: {}.", "tel. {}", "{} dziękuję"),
    "pt": ("Ligue para {}.", "Tel: {}", "{} obrigado"),
    "nl": ("Bel {}.", "Tel. {}", "{} bedankt"),
}
# '#' is any digit, '2' to '9' stand for themselves, 'N' is 2 to 9.
PHONES: dict[str, tuple[str, tuple[str, ...]]] = {
    "DE": (
        "de",
        (
            "030 ########",
            "089/#######",
            "(0221) ######",
            "0171 #######",
            "0151-########",
            "+49 30 #######",
            "0049 171 #######",
            "030 ## ## ## ##",
        ),
    ),
    "AT": ("de", ("01 #######", "0664 #######", "+43 664 #######", "0512 ######")),
    "CH": ("de", ("044 ### ## ##", "079 ### ## ##", "+41 79 ### ## ##")),
    "FR": ("fr", ("06 ## ## ## ##", "01.4#.##.##.##", "07-5#-##-##-##", "+33 6 ## ## ## ##", "065#######")),
    "ES": (
        "es",
        ("612 ### ###", "6## ## ## ##", "91 ### ## ##", "93# ### ###", "+34 6## ### ###", "655-###-###"),
    ),
    "IT": (
        "it",
        ("347 ### ####", "333 #######", "06 #######", "02 ########", "+39 347 ### ####", "328-#######"),
    ),
    "NL": ("nl", ("06 ########", "06-########", "020 ### ####", "010-#######", "+31 6 ########")),
    "PL": ("pl", ("501 ### ###", "601-###-###", "22 ### ## ##", "+48 60# ### ###", "12 ### ## ##")),
    "BR": (
        "pt",
        ("(11) 9N###-####", "(21) 3###-####", "11 9N###-####", "+55 11 9N###-####", "(031) 9N###-####"),
    ),
    "IN": ("", ("98### #####", "+91 98### #####", "011 2### ####", "099########", "97###-#####")),
    "AU": ("", ("0412 ### ###", "(02) 9### ####", "03 9### ####", "+61 412 ### ###", "04## ### ###")),
    "GB": (
        "",
        (
            "020 7### ####",
            "07911 ######",
            "0161 4## ####",
            "+44 7911 ######",
            "(020) 7### ####",
            "0044 20 7### ####",
        ),
    ),
    "US": (
        "",
        (
            "212-N##-####",
            "(415) N##-####",
            "312.N##.####",
            "+1 212 N## ####",
            "1-800-N##-####",
            "617 N## ####",
        ),
    ),
    "JP": ("ja", ("03-3###-####", "090-N###-####", "080-N###-####", "+81 90 N### ####")),
    "KR": ("ko", ("010-N###-####", "02-7##-####", "+82 10 N### ####")),
    "CN": ("zh", ("138 #### ####", "139########", "+86 138 #### ####")),
    "RU": (
        "ru",
        (
            "8 (912) ###-##-##",
            "8 916 ### ## ##",
            "8-903-###-##-##",
            "8(495)2##-##-##",
            "8916#######",
            "+7 912 ###-##-##",
        ),
    ),
    "GR": ("", ("210 2######", "697 ### ####", "694-###-####", "2310 2#####", "+30 210 2######")),
    "dashes": (
        "",
        (
            "212–N##–####",
            "(415) N##–####",
            "612‑3##‑###",
            "06–12–##–##–##",
            "030 – 12# ## ##",
            "601–###–###",
            "030 / ### ## ##",
        ),
    ),
}
BARE = {
    "ES": "6########",
    "IT": "347#######",
    "PL": "501######",
    "BR": "119########",
    "IN": "98########",
    "US": "212N######",
    "PT": "912######",
    "CN": "138########",
}
NO_PHONES = (
    "published 1#-0#-20##",
    "on 0#/1#/19##",
    "from 19## to 20##",
    "### ### 000 people",
    "1,###,###,### dollars",
    "€ ### ### ###",
    "#.###.###,## EUR",
    "version 1.#.#.####",
    "order ##########",
    "Bestellnummer 0#########",
    "invoice no. ####-####-##",
    "chapter ###-##",
    "https://example.org/a/0##########",
    "x.com/a/status/18################",
    "open 0#00-1#00",
    "ISBN 978-3-##-######-#",
    "score 2#-1# 1#-2#",
    "page 1## to 2##",
    "0.0##########",
    "pi is 3.14########",
    "room 0###",
    "ID: 0#########",
    "### Mio",
    "id=0#########",
    "##########",
    "### ## ## points",
    "code 0#### Dresden",
    "lotto 03 12 23 34 45",
    "192.168.1##.2##",
    "1#:3# 2#:4# 1#:0#",
    "#-#-#-#-#-#-#-#-#",
    "## ### km",
    "12## / 34##",
    "A##-###-####-B",
    "ZIP 98100–981##",
    "12 ###–13 ###",
    "19##–20##, 1#–2#",
    "8 of ## ## ##",
    "7 ### ### ### people",
    "8 1## 2## ## ##",
    "S. ###–9##, ###–9##",
)


@dataclass
class Score:
    """Found and missed of the positives; falsely masked of the negatives; with examples."""

    positives: int = 0
    found: int = 0
    negatives: int = 0
    false: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def fill(rng: random.Random, shape: str) -> str:
    return "".join(
        rng.choice(DIGITS) if c == "#" else rng.choice("23456789") if c == "N" else c for c in shape
    )


def some(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def word(rng: random.Random) -> str:
    return "".join(rng.choice("bdfglmnprst") + rng.choice("aeiou") for _ in range(rng.randint(2, 4)))


def marked(value: str) -> str:
    """The value between two signs, which show what is to be masked and are removed before masking."""
    return f"\x02{value}\x03"


def framed(rng: random.Random, value: str, lang: str) -> str:
    frame, mine = rng.choice(FRAMES[lang]), value if "\x02" in value else marked(value)
    return frame.replace("{}", mine)


def address(rng: random.Random) -> str:
    local = rng.choice(
        (
            word(rng),
            f"{word(rng)}.{word(rng)}",
            f"{word(rng)}_{rng.randint(1, 99)}",
            f"{word(rng)}+{word(rng)}",
        )
    )
    return f"{local}@{word(rng)}.{rng.choice(('org', 'com', 'de', 'co.uk', 'jp', 'com.cn', 'info'))}"


def spelled(rng: random.Random) -> str:
    local, host, top = word(rng), word(rng), rng.choice(("org", "com", "de"))
    return rng.choice(
        (
            f"{local} [at] {host}.{top}", f"{local}(at){host}.{top}", f"{local} (at) {host} (dot) {top}",
            f"{local} AT {host} DOT {top}", f"{local}.{host} at {host} dot {top}", f"{local}[at]{host}[dot]{top}", f"{local}&#64;{host}.{top}",
            f"{local} at {host} dot {top}", f"{local} @ {host}.{top}", f"{local} arroba {host} punto {top}",
            f"{local} klammeraffe {host} punkt {top}", f"{local} (chiocciola) {host}.{top}",
            f"{local} arobase {host}.{top}", f"{local} собака {host} точка {top}",
            f'"{local} {host}"@{host}.{top}',        )
    )  # fmt: skip


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def luhn(body: str) -> str:
    total = sum(int(d) if place % 2 else sum(divmod(2 * int(d), 10)) for place, d in enumerate(body[::-1]))
    return body + str(-total % 10)


def jwt(rng: random.Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return ".".join(
        (
            part({"alg": "HS256", "typ": "JWT"}),
            part({"sub": word(rng), "n": rng.random()}),
            some(rng, ALNUM, 43),
        )
    )


def private_key(rng: random.Random) -> str:
    kind = rng.choice(("RSA ", "", "EC ", "OPENSSH ", "ENCRYPTED "))
    body = "\n".join(some(rng, ALNUM + "+/", 64) for _ in range(rng.randint(3, 12)))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def strong(rng: random.Random) -> str:
    return some(rng, ALNUM, rng.randint(8, 16)) + rng.choice("!?#%*") + some(rng, DIGITS, 2)


QUOTES, ASSIGNED = ("'", '"'), ("PASSWORD=", "db_password: ", "Passwort: ", "export PGPASSWORD=")


def quoted(rng: random.Random, value: str) -> str:
    mark = rng.choice(QUOTES)
    return f"{rng.choice(ASSIGNED)}{mark}{marked(value)}{mark}"


HEX, UPPER = "0123456789abcdef", string.ascii_uppercase
SECRETS: dict[str, Maker] = {
    "AWS": lambda r: "AKIA" + some(r, UPPER + "234567", 16),
    "GCP": lambda r: "AIza" + some(r, ALNUM + "_-", 34) + "a",
    "GitHub": lambda r: r.choice(("ghp_", "gho_", "ghs_")) + some(r, ALNUM, 36),
    "GitHub fine": lambda r: "github_pat_" + some(r, ALNUM, 22) + "_" + some(r, ALNUM, 59),
    "GitLab": lambda r: "glpat-" + some(r, ALNUM, 20),
    "Slack": lambda r: f"xoxb-{some(r, DIGITS, 12)}-{some(r, DIGITS, 12)}-{some(r, ALNUM, 24)}",
    "Slack hook": lambda r: "https://hooks.slack.com/" + marked(f"services/T{some(r, UPPER, 8)}/B{some(r, UPPER, 8)}/{some(r, ALNUM, 24)}"),
    "Stripe": lambda r: r.choice(("sk_live_", "rk_live_", "sk_test_")) + some(r, ALNUM, 24),
    "OpenAI": lambda r: "sk-" + r.choice(("", "proj-")) + some(r, ALNUM, 20) + "T3BlbkFJ" + some(r, ALNUM, 20),
    "Anthropic": lambda r: "sk-ant-api03-" + some(r, ALNUM + "_-", 92) + "AA",
    "Hugging Face": lambda r: "hf_" + some(r, string.ascii_letters, 34),
    "npm": lambda r: "npm_" + some(r, ALNUM, 36),
    "PyPI": lambda r: "pypi-AgEIcHlwaS5vcmc" + some(r, ALNUM + "_-", 70),
    "Twilio": lambda r: "SK" + some(r, HEX, 32),
    "SendGrid": lambda r: "SG." + some(r, ALNUM, 22) + "." + some(r, ALNUM, 43),
    "Telegram": lambda r: some(r, "123456789", 10) + ":AA" + some(r, ALNUM, 33),
    "JWT": jwt,
    "private key": private_key,
    "URL": lambda r: f"{r.choice(('https', 'postgres', 'redis', 'ftp'))}://{word(r)}:{marked(strong(r).replace('#', 'a').replace('?', 'b'))}@{word(r)}.org/a",
    "password =": lambda r: f"{r.choice(('password', 'DB_PASSWORD', 'Passwort', 'pwd', 'contraseña', 'senha'))}{r.choice(('=', ': ', ' = '))}{marked(strong(r))}",
    "password quoted": lambda r: quoted(r, " ".join(word(r) for _ in range(3))),
    "password zh": lambda r: f"密码：{marked(strong(r))}",
    "api_key =": lambda r: f"{r.choice(('api_key', 'API-KEY', 'client_secret', 'auth_token', 'X_SECRET_KEY'))}{r.choice(('=', ': ', ' = '))}\"{marked(some(r, ALNUM, 32) + '1a')}\"",
    "bearer": lambda r: f"Authorization: Bearer {marked(some(r, ALNUM, 40) + '7b')}",
}  # fmt: skip
NO_SECRETS: tuple[Maker, ...] = (
    lambda r: (
        f"password: {r.choice(('required', 'password', '********', 'changeme', '<your password>', 'unknown'))}"
    ),
    lambda r: f"The password is {word(r)} to everyone",
    lambda r: f'password: "{r.choice(("Enter your", "Forgot", "Confirm", "Wrong"))} password for {word(r)}"',
    lambda r: f"PASSWORD_LABEL = '{word(r)} {word(r)}', pass: \"the {word(r)} {word(r)}\"",
    lambda r: f"api_key=os.environ['{word(r).upper()}_KEY']",
    lambda r: f"token=${{{word(r).upper()}_TOKEN}}",
    lambda r: "commit " + some(r, HEX, 40),
    lambda r: "sha256:" + some(r, HEX, 64),
    lambda r: f"https://{word(r)}.org/{some(r, ALNUM, 30)}",
    lambda r: f"https://{word(r)}:443/@{word(r)}",
    lambda r: f"postgres://user:password@{word(r)}.org/db",
    lambda r: f"key: {word(r)} {word(r)}, token: {word(r)}",
    lambda r: f"sk-learn-{word(r)}-{word(r)}-{word(r)}-{word(r)}",
    lambda r: f"The secret is {word(r)}{word(r)}{word(r)}{word(r)}, the key is patience",
    lambda r: (
        f"uuid {some(r, HEX, 8)}-{some(r, HEX, 4)}-4{some(r, HEX, 3)}-a{some(r, HEX, 3)}-{some(r, HEX, 12)}"
    ),
    lambda r: f"#{word(r)}{some(r, DIGITS, 4)} @{word(r)}_{some(r, DIGITS, 8)}",
    lambda r: "-----BEGIN PUBLIC KEY-----\n" + some(r, ALNUM, 64) + "\n-----END PUBLIC KEY-----",
    lambda r: f"pass: {r.randint(1, 99)} of {r.randint(100, 200)}; tokens: {r.randint(10**5, 10**9)}",
    lambda r: f"max_tokens = {r.randint(100, 9999)}, token: {some(r, DIGITS, 8)}",
    lambda r: f"passage: {word(r)}-{word(r)}, keyboard: {word(r)}2",
)
NO_EMAILS: tuple[Maker, ...] = (
    lambda r: f"@{word(r)} and me @ home, 3 @ 5",
    lambda r: f"{word(r)}@{word(r)} on the server",
    lambda r: f"look at {word(r)} dot com",
    lambda r: (
        f"{r.choice(('more', 'tickets', 'find it', 'we are live', 'read on'))} at {word(r)} dot {r.choice(('com', 'org'))}"
    ),
    lambda r: f"{word(r)} studies at {word(r)}.{r.choice(('com', 'org'))}; see us @ {word(r)}.com",
    lambda r: f"la chiocciola {word(r)}. Собака {word(r)}. {word(r)}",
    lambda r: f"{word(r)} (at) work, {word(r)} [at] home",
    lambda r: f"see {word(r)}.org and {word(r)}.com/@{word(r)}",
    lambda r: f"谢谢@{word(r)}大家",
    lambda r: f"MEET US AT {word(r).upper()} DOT COM",
    lambda r: f"git@{word(r)}:{word(r)}/{word(r)}",
    lambda r: f"pip install {word(r)}@{r.randint(1, 9)}.{r.randint(0, 9)}.0",
    lambda r: f"{r.randint(1, 9)}% @ {r.randint(1, 9)}.{r.randint(10, 99)} each",
)


def checked(make: Maker, module: str) -> Maker:
    """Strings of `make` until python-stdnum accepts one."""
    from importlib import import_module

    valid = import_module(f"stdnum.{module}").is_valid

    def draw(rng: random.Random) -> str:
        while not valid(found := make(rng)):
            pass
        return found

    return draw


def grouped(make: Maker, *sizes: int, by: str = " ") -> Maker:
    def draw(rng: random.Random) -> str:
        digits, parts = make(rng), []
        for size in sizes:
            parts, digits = [*parts, digits[:size]], digits[size:]
        return by.join(parts)

    return draw


def medicare(rng: random.Random) -> str:
    body = rng.choice("23456") + some(rng, DIGITS, 7)
    check = sum(int(d) * w for d, w in zip(body, (1, 3, 7, 9) * 2, strict=True)) % 10
    return f"{body[:4]} {body[4:]}{check} {rng.randint(1, 9)}"


def pesel(rng: random.Random) -> str:
    body = f"{rng.randint(40, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{some(rng, DIGITS, 4)}"
    return body + str(
        -sum(int(d) * w for d, w in zip(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True)) % 10
    )


def fiscal_code(rng: random.Random) -> str:
    from stdnum.it import codicefiscale

    body = (
        some(rng, "BCDFGLMNPRST", 6)
        + f"{rng.randint(40, 99)}{rng.choice('ABCDEHLMPRST')}{rng.randint(1, 28):02}"
    )
    body += rng.choice("ABCDEFGHIL") + some(rng, DIGITS, 3)
    return body + codicefiscale.calc_check_digit(body)


def nir(rng: random.Random) -> str:
    body = f"{rng.choice('12')}{rng.randint(30, 99)}{rng.randint(1, 12):02}{rng.randint(10, 95)}{some(rng, DIGITS, 6)}"
    return f"{body}{97 - int(body) % 97:02}"


IDS: dict[str, Maker] = {
    "US SSN": checked(lambda r: f"{r.randint(1, 899):03}-{r.randint(1, 99):02}-{r.randint(1, 9999):04}", "us.ssn"),
    "UK NINO": lambda r: f"{r.choice(('AB', 'CE', 'JK', 'SR'))} {r.randint(10, 99)} {r.randint(10, 99)} {r.randint(10, 99)} {r.choice('ABCD')}",
    "UK NHS": lambda r: "NHS number " + marked(grouped(checked(lambda q: "4" + some(q, DIGITS, 9), "gb.nhs"), 3, 3, 4)(r)),
    "DE Steuer-ID": grouped(checked(lambda r: "".join(r.sample("123456789", 8)) + some(r, DIGITS, 3), "de.idnr"), 2, 3, 3, 3),
    "FR NIR": nir,
    "IT codice fiscale": fiscal_code,
    "ES DNI": checked(lambda r: some(r, DIGITS, 8) + r.choice("TRWAGMYFPDXBNJZSQVHLCKE"), "es.dni"),
    "ES NIE": checked(lambda r: r.choice("XYZ") + some(r, DIGITS, 7) + r.choice("TRWAGMYFPDXBNJZSQVHLCKE"), "es.nie"),
    "NL BSN": lambda r: "BSN " + marked(checked(lambda q: some(q, DIGITS, 9), "nl.bsn")(r)),
    "PL PESEL": pesel,
    "BR CPF": checked(lambda r: f"{some(r, DIGITS, 3)}.{some(r, DIGITS, 3)}.{some(r, DIGITS, 3)}-{some(r, DIGITS, 2)}", "br.cpf"),
    "IN Aadhaar": grouped(checked(lambda r: r.choice("23456789") + some(r, DIGITS, 11), "in_.aadhaar"), 4, 4, 4),
    "IN PAN": checked(lambda r: some(r, UPPER, 3) + "P" + some(r, UPPER, 1) + some(r, DIGITS, 4) + some(r, UPPER, 1), "in_.pan"),
    "AU TFN": lambda r: "TFN " + marked(checked(lambda q: some(q, DIGITS, 9), "au.tfn")(r)),
    "AU Medicare": medicare,
}  # fmt: skip
NO_IDS = ("2024-05-1#", "order ###########", "###-####-##", "#### ####", "##########", "A#######", "AB ## ##", "1.###.###", "#### #### #### ####", "page ###.###")  # fmt: skip


def emails() -> Iterator[tuple[str, Maker, bool]]:
    for lang in ("", "zh", "ja", "ko", "th", "ru", "ar"):
        yield lang or "Latin", (lambda r, lang=lang: framed(r, address(r), lang)), True
    yield "spelled out", lambda r: framed(r, spelled(r), ""), True
    yield "full-width", lambda r: framed(r, wide(address(r)), "zh"), True
    for make in NO_EMAILS:
        yield "none", make, False


def phones() -> Iterator[tuple[str, Maker, bool]]:
    for country, (lang, shapes) in PHONES.items():
        yield country, (lambda r, s=shapes, lang=lang: framed(r, fill(r, r.choice(s)), lang)), True
    for country, shape in BARE.items():
        yield f"{country}, bare after a word", (lambda r, s=shape: f"WhatsApp {marked(fill(r, s))}"), True
    yield "full-width", lambda r: framed(r, wide(fill(r, "03-3###-####")), "ja"), True
    for shape in NO_PHONES:
        yield "none", (lambda r, s=shape: fill(r, s)), False


def secret_strings() -> Iterator[tuple[str, Maker, bool]]:
    for name, make in SECRETS.items():
        yield name, (lambda r, make=make: framed(r, make(r), "")), True
    for make in NO_SECRETS:
        yield "none", make, False


def id_strings() -> Iterator[tuple[str, Maker, bool]]:
    for name, make in IDS.items():
        yield name, (lambda r, make=make: framed(r, make(r), "")), True
    for shape in NO_IDS:
        yield "none", (lambda r, s=shape: fill(r, s)), False
    for name, shape in (("FR NIR, random", "1##############"), ("PESEL, random", "###########"), ("CPF, random", "###.###.###-##"), ("DNI, random", "########K")):  # fmt: skip
        yield name, (lambda r, s=shape: fill(r, s)), False


def cards() -> Iterator[tuple[str, Maker, bool]]:
    for name, start, length in (
        ("Visa", "4", 16),
        ("Mastercard", "53", 16),
        ("Amex", "37", 15),
        ("Discover", "6011", 16),
    ):
        yield (
            name,
            (lambda r, s=start, n=length: framed(r, luhn(s + some(r, DIGITS, n - 1 - len(s))), "")),
            True,
        )
    yield "wrong check digit", lambda r: str(int(luhn("4" + some(r, DIGITS, 14))) + 1)[:16], False


KINDS: dict[str, Callable[[], Iterator[tuple[str, Maker, bool]]]] = {
    "email": emails,
    "phone": phones,
    "secret": secret_strings,
    "id-number": id_strings,
    "card": cards,
}


def measure(kind: str, each: int) -> dict[str, Score]:
    """The scores of one kind by country, script or service; `each` strings of either sort at the least."""
    makers = list(KINDS[kind]())
    scores: dict[str, Score] = {}
    for positive in (True, False):
        group = [maker for maker in makers if maker[2] is positive]
        for name, make, _ in group:
            rng, score = random.Random(f"{SEED} {kind} {name} {positive}"), scores.setdefault(name, Score())
            for _ in range(max(LEAST, -(-each // len(group)))):
                text = make(rng)
                bare, right = text.translate({2: None, 3: None}), MARKED.sub(f"[{kind}]", text)
                count(score, bare, mask(bare, [kind])[0] == right, positive)
    return scores


def count(score: Score, text: str, right: bool, positive: bool) -> None:
    if positive:
        score.positives += 1
        score.found += right
        score.missed += [] if right else [text]
    else:
        score.negatives += 1
        score.false += not right
        score.wrong += [] if right else [text]


def row(kind: str, scores: dict[str, Score]) -> str:
    """A row of bench/README.md: countries with equal figures are in one list."""
    recall: dict[str, list[str]] = {}
    false = []
    for name, score in scores.items():
        if score.positives:
            recall.setdefault(f"{score.found / score.positives:.1%}", []).append(name)
        if score.negatives:
            false.append(f"{score.false / score.negatives:.1%} of {score.negatives:,} ({name})")
    found = "; ".join(f"{share}: {', '.join(names)}" for share, names in recall.items())
    return f"| {kind} | {total(scores).positives:,} | {found} | {'; '.join(false)} |"


def line(kind: str, name: str, score: Score) -> str:
    recall = f"{score.found / score.positives:.1%} of {score.positives:,}" if score.positives else "–"
    false = f"{score.false / score.negatives:.1%} of {score.negatives:,}" if score.negatives else "–"
    return f"{kind:10} {name:28} recall {recall:18} false positives {false}"


def total(scores: dict[str, Score]) -> Score:
    added = Score()
    for score in scores.values():
        added.positives, added.found = added.positives + score.positives, added.found + score.found
        added.negatives, added.false = added.negatives + score.negatives, added.false + score.false
    return added


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--table", action="store_true")
    chosen = parser.parse_args()
    clock = time.process_time()
    for kind in KINDS:
        scores = measure(kind, chosen.each)
        if chosen.table:
            click.echo(row(kind, scores))
            continue
        for name, score in [*scores.items(), ("all", total(scores))]:
            click.echo(line(kind, name, score))
            for text in (*score.missed[: chosen.show], *score.wrong[: chosen.show]):
                click.echo(f"    {text!r} -> {mask(text, [kind])[0]!r}")
    click.echo(f"{time.process_time() - clock:.1f} CPU-s")


if __name__ == "__main__":
    main()
