"""Passwords, keys and tokens, and what only looks like them. None of these was ever given out."""

from __future__ import annotations

import pytest

from glaswerk.data.filters.pii import mask

# Joined from parts, so that no scanner of repositories takes the test for a leak.
A, N = "aB3dE6gH9jK2mN5pQ8sT1vX4zC7fG0hL", "0123456789abcdef"
TOKENS = {
    "AWS": "AKIA" + "Z2Y3X4W5V6U7TQRS",
    "Google": "AIza" + A + "abc",
    "GitHub": "ghp_" + A + "abcd",
    "GitHub, fine": "github_pat_" + A[:22] + "_" + A,
    "GitLab": "glpat-" + A[:20],
    "Slack": "xoxb-" + "123456789012-123456789012-" + A[:24],
    "Stripe": "sk_" + "live_" + A[:24],
    "OpenAI": "sk-" + "proj-" + A + A,
    "Anthropic": "sk-ant-" + "api03-" + A + A + A,
    "Hugging Face": "hf_" + A + "ab",
    "npm": "npm_" + A + "abcd",
    "PyPI": "pypi-" + "AgEIcHlwaS5vcmc" + A + A,
    "Twilio": "SK" + N + N,
    "SendGrid": "SG." + A[:22] + "." + A + A[:11],
    "Telegram": "1102015432:AA" + A + "a",
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0." + A,
    "unsigned": "eyJhbGciOiJub25lIn0" + ".eyJzdWIiOiIxMjM0In0.",
}


@pytest.mark.parametrize("service", TOKENS)
def test_the_token_of_a_service_is_masked_and_nothing_else(service: str) -> None:
    token = TOKENS[service]
    for frame in ("My key {} leaked", '"{}"', "密钥是{}，别外传", "KEY={}\n", "({})", "`{}`"):
        assert mask(frame.format(token))[0] == frame.format("[secret]")


@pytest.mark.parametrize("kind", ["RSA ", "", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_masked_whole_even_if_its_end_is_cut_off(kind: str) -> None:
    lines = "\n".join([A + A] * 6)
    key = f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"
    assert mask(f"Here:\n{key}\nThanks")[0] == "Here:\n[secret]\nThanks"
    cut = key.partition("-----END")[0]
    assert A not in mask(cut)[0]
    assert mask(key.replace("\n", "\\n"))[0] == "[secret]"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://lena:tr0ub4dor!3@mill.example/a", "https://lena:[secret]@mill.example/a"),
        ("postgres://app:hunter22@10.0.0.5:5432/db", "postgres://app:[secret]@10.0.0.5:5432/db"),
        ("redis://:k9Xp2LmQ@cache:6379", "redis://:[secret]@cache:6379"),
        ("password=tr0ub4dor&3", "password=[secret]"),
        ("DB_PASSWORD: 'c0rrect-horse'", "DB_PASSWORD: '[secret]'"),
        ("Mein Passwort ist hunter22.", "Mein Passwort ist [secret]."),
        ("密码：Abc12345，谢谢", "密码：[secret]，谢谢"),
        ("Пароль: qwe123rty", "Пароль: [secret]"),
        (f'{{"api_key": "{A}"}}', '{"api_key": "[secret]"}'),
        (f"client-secret => {A}", "client-secret => [secret]"),
        (f"https://a.example/?x=1&access_token={A}&y=2", "https://a.example/?x=1&access_token=[secret]&y=2"),
        (f"Authorization: Bearer {A}", "Authorization: Bearer [secret]"),
        (f"bot https://api.telegram.org/bot{TOKENS['Telegram']}/getMe", "bot https://api.telegram.org/bot[secret]/getMe"),
    ],
)  # fmt: skip
def test_passwords_and_keys_without_a_format_are_masked_beside_their_name(text: str, masked: str) -> None:
    assert mask(text, ["secret"])[0] == masked


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("PASSWORD='x y z'", "x y z"),
        ('DB_PASSWORD="correct horse battery staple"', "correct horse battery staple"),
        ("password: 'my dog is 7'", "my dog is 7"),
        ('{"password": "blue mill river", "a": 1}', "blue mill river"),
        ("export PGPASSWORD='a b c d'", "a b c d"),
        ("PASSWORD=“blue mill river”", "blue mill river"),
        ("Passwort: „blaue Mühle Fluss“", "blaue Mühle Fluss"),
        ("mot de passe : « bleu moulin »", "bleu moulin"),
        ('the password is "blue mill river"', "blue mill river"),
        ("mysql --password='x y z' -u root", "x y z"),
        ("tool --password 'x y z'", "x y z"),
        ("<db_password>blue mill river</db_password>", "blue mill river"),
        (r"PASSWORD='it\'s a b'", r"it\'s a b"),
        ("パスワード：「青い 風車 川」", "青い 風車 川"),
        ("password => `x y z`", "x y z"),
    ],
)
def test_a_password_in_quotation_marks_may_have_spaces(text: str, value: str) -> None:
    assert mask(text, ["secret"])[0] == text.replace(value, "[secret]")


@pytest.mark.parametrize(
    "text",
    [
        'password: "Enter your password", "password": "Passwort vergessen?"',
        "password: 'at least 8 characters'",
        'PASSWORD_LABEL = "Blue mill river", password = "required", password: "********", password: ""',
        '<password>your password</password> --password "<your password>"',
        'Mountain pass: "a long way up", he said the pass is "closed for weeks"',
        'password="$DB_PASS", password: "{{ vault_password }}", password: "%s"',
    ],
)
def test_labels_messages_and_expressions_in_quotation_marks_stay(text: str) -> None:
    assert mask(text, ["secret"])[0] == text


@pytest.mark.parametrize(
    "text",
    [
        "password: required, password=password, pwd=********, passwort: geheim, password: <your password>",
        "The password is friend to everyone who asks. Pass: 3 of 20",
        "api_key=os.environ['MILL_KEY'], token=${MILL_TOKEN}, secret: getpass.getpass()",
        "postgres://user:password@mill.example/db and http://mill.example:8080/@lena",
        f"commit {N}{N}01234567, sha256:{N}{N}{N}{N}",
        "The secret is internationalization, the key is perseverance2",
        "sk-learn-classifier-with-a-very-long-name, tokens: 123456789012345678, max_tokens = 4096",
        f"-----BEGIN PUBLIC KEY-----\n{A}\n-----END PUBLIC KEY-----",
        "uuid 123e4567-e89b-42d3-a456-426614174000, https://t.co/aB3dE6gH9j",
        "passage: 12th-street, keyboard: k2, monkey=a1b2c3d4e5f6g7h8i9",
        "eyJust kidding. eyes. AKIA is a prefix, ghp_ too",
    ],
)
def test_placeholders_hashes_and_sentences_stay(text: str) -> None:
    assert mask(text, ["secret"])[0] == text


def test_long_texts_of_signs_end() -> None:
    for sign in (
        "-----BEGIN PRIVATE KEY-----",
        "eyJ",
        "eyJa.",
        "password=",
        "://a:",
        "sk-",
        "xoxb-",
        "A-",
        "pw is ",
        "password='",
        "password='a ",
        "<password>",
        "--password '",
    ):
        text = sign * (20_000 // len(sign))
        once = mask(text, ["secret"])[0]
        assert mask(once, ["secret"]) == (once, {})
