"""Every secret here is made up, and put together at run time so that no scanner mistakes this file for a leak."""

import random
import string

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.sources import redaction
from whence.sources.redaction import MASK, redact

ALPHANUMERIC = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"


def drawn(alphabet: str, n: int, seed: int = 7) -> str:
    source = random.Random(seed)
    return "".join(source.choice(alphabet) for _ in range(n))


SECRETS: dict[str, list[tuple[str, str]]] = {
    "ArtifactoryDetector": [("url: ", "AKC" + drawn(ALPHANUMERIC, 30)), ('k = "', "AP3" + drawn(ALPHANUMERIC, 30))],
    "AWSKeyDetector": [
        ("id = ", "AKIA" + drawn(string.ascii_uppercase + string.digits, 16)),
        ("x", "ASIA" + drawn(string.ascii_uppercase + string.digits, 16)),
        ("x ", "A3TX" + drawn(string.ascii_uppercase + string.digits, 16)),
        ('AWS_Secret_Key = "', drawn(ALPHANUMERIC + "/+", 40)),
    ],
    "AzureStorageKeyDetector": [("AccountName=a;", "AccountKey=" + drawn(ALPHANUMERIC + "+/", 86) + "==")],
    "BasicAuthDetector": [("https://ada:", drawn(ALPHANUMERIC, 9)), ("amqp://ada:", "S0-rt")],
    "CloudantDetector": [
        ("cloudant_password = ", drawn(HEX, 64)),
        ("cl_key='", drawn(string.ascii_lowercase, 24)),
        ("https://ada:", drawn(HEX, 64)),
    ],
    "DiscordBotTokenDetector": [
        ("bot ", "M" + drawn(ALPHANUMERIC, 23) + "." + drawn(ALPHANUMERIC, 6) + "." + drawn(ALPHANUMERIC, 27))
    ],
    "GitHubTokenDetector": [("t: ", f"{kind}_{drawn(ALPHANUMERIC, 36)}") for kind in ("ghp", "gho", "ghu", "ghr")],
    "GitLabTokenDetector": [
        ("t=", "glpat-" + drawn(ALPHANUMERIC, 20)),
        ("t=", "GR1348941" + drawn(ALPHANUMERIC, 20)),
        ("t=", "glcbt-ab_" + drawn(ALPHANUMERIC, 20)),
        ("t=", "glsoat-" + drawn(ALPHANUMERIC, 20)),
    ],
    "IbmCloudIamDetector": [("ibm_api_key: ", drawn(ALPHANUMERIC, 44)), ("pwd=", drawn(LOWER + "_", 44))],
    "IbmCosHmacDetector": [("cos_secret_access_key = ", drawn(HEX, 48))],
    "JwtTokenDetector": [
        (
            "t=",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkFkYSJ9."
            "0ZmXqU0i8Wm0bP8vR5x2Tn1kqS3yJcL7dHfGaEuVwYo",
        )
    ],
    "MailchimpDetector": [("k=", drawn(LOWER, 32) + "-us12")],
    "NpmDetector": [("//registry.example/:_authToken=", "npm_" + drawn(ALPHANUMERIC, 12))],
    "OpenAIDetector": [("k=", "sk-" + drawn(ALPHANUMERIC, 20) + "T3BlbkFJ" + drawn(ALPHANUMERIC, 20))],
    "PypiTokenDetector": [
        ("p=", "pypi-" + "AgEIcHlwaS5vcmc" + drawn(ALPHANUMERIC + "-_", 80)),
        ("p=", "pypi-" + "AgENdGVzdC5weXBpLm9yZw" + drawn(ALPHANUMERIC + "-_", 80)),
    ],
    "SendGridDetector": [("k=", "SG." + drawn(ALPHANUMERIC, 22) + "." + drawn(ALPHANUMERIC, 43))],
    "SlackDetector": [
        ("k=", "xoxb-" + drawn(string.digits, 10) + "-" + drawn(LOWER, 12)),
        ("k=", "XOXP-1-a"),
        ("u ", "https://hooks." + "slack.com/services/T" + drawn(ALPHANUMERIC, 8) + "/B1/" + drawn(ALPHANUMERIC, 20)),
    ],
    "SoftlayerDetector": [
        ("softlayer_api_key = ", drawn(LOWER, 64)),
        ("SL_password='", drawn(LOWER, 64)),
        ("https://api.softlayer.com/soap/v3/", drawn(LOWER, 64)),
    ],
    "SquareOAuthDetector": [("k=", "sq0csp-" + drawn(ALPHANUMERIC, 43))],
    "StripeDetector": [
        ("k=", "sk_" + "live_" + drawn(ALPHANUMERIC, 24)),
        ("k=", "rk_" + "live_" + drawn(ALPHANUMERIC, 24)),
    ],
    "TelegramBotTokenDetector": [("k ", drawn(string.digits, 9) + ":" + drawn(ALPHANUMERIC, 35))],
    "TwilioKeyDetector": [("k=", "AC" + drawn(LOWER, 32)), ("k=", "SK" + drawn(LOWER, 32))],
}
CLOSING = {"BasicAuthDetector": "@host.org/path", "CloudantDetector": "@ada.cloudant.com"}
CASES = [(name, lead, secret) for name, pairs in SECRETS.items() for lead, secret in pairs]


def line_with(name: str, lead: str, secret: str) -> str:
    if "://" in lead and name in CLOSING:
        return lead + secret + CLOSING[name]
    return lead + secret + (lead[-1] if lead[-1] in "\"'" else "")


def detected_everywhere(line: str) -> dict[str, set[str]]:
    """What each detector finds without any filter before it."""
    classes = get_mapping_from_secret_type_to_class().values()
    detectors = {found.__name__: found() for found in classes if found.__name__ in redaction._DETECTORS}
    found = {name: set(detector.analyze_string(line)) for name, detector in detectors.items()}
    return {name: secrets for name, secrets in found.items() if secrets}


def test_every_detector_in_use_has_a_case() -> None:
    assert set(SECRETS) == set(redaction._DETECTORS)


@pytest.mark.parametrize(("name", "lead", "secret"), CASES)
def test_a_seeded_secret_is_masked_and_nothing_else(name: str, lead: str, secret: str) -> None:
    line = line_with(name, lead, secret)
    assert name in detected_everywhere(line), "the case itself must be one that the detector knows"
    before, after = "first line\n  ", "  \nlast line: keep me\n"
    masked, count = redact(before + line + after, "config.py")
    assert count >= 1
    assert len(masked) == len(before + line + after)
    assert masked.startswith(before)
    assert masked.endswith(after)
    kept = secret.removeprefix("AccountKey=")
    assert kept not in masked
    assert masked.split("\n")[0] == "first line"
    assert masked.count("\n") == 3


@pytest.mark.parametrize(("name", "lead", "secret"), CASES)
@pytest.mark.parametrize("surroundings", ["{}", "a\n{}\nb", "é ü ☃ ẞ İ\n{}\n", "x = 1  # {}", "{}\r"])
def test_the_filter_before_the_detectors_loses_nothing(name: str, lead: str, secret: str, surroundings: str) -> None:
    text = surroundings.format(line_with(name, lead, secret))
    masked, _ = redact(text, "config.py")
    for line in text.split("\n"):
        for detector, values in detected_everywhere(line).items():
            for raw in values:
                value = raw.strip("\"'=: ")
                if not redaction._is_placeholder(detector, value):
                    assert value.removeprefix("AccountKey=") not in masked


PEM_BODY = "\n".join(drawn(ALPHANUMERIC + "+/", 64, seed) for seed in range(5)) + "\nAbC12+==\n"


@pytest.mark.parametrize(
    "label",
    [
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "DSA PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ],
)
def test_private_keys_lose_their_body_and_keep_their_frame(label: str) -> None:
    text = f"before\n-----BEGIN {label}-----\n{PEM_BODY}-----END {label}-----\nafter\n"
    masked, count = redact(text, "server.key")
    assert count == 1
    assert len(masked) == len(text)
    assert [len(line) for line in masked.split("\n")] == [len(line) for line in text.split("\n")]
    assert masked.startswith(f"before\n-----BEGIN {label}-----\n{MASK}")
    assert masked.endswith(f"{MASK}\n-----END {label}-----\nafter\n")
    assert set("".join(masked.split("\n")[2:-3])) == {MASK}


def test_private_keys_inside_strings_and_without_an_end() -> None:
    joined = PEM_BODY.replace("\n", "\\n")
    masked, count = redact(f'key = "-----BEGIN PRIVATE KEY-----\\n{joined}-----END PRIVATE KEY-----"\nx = 1\n', "a.py")
    assert count == 1
    assert masked.endswith('-----END PRIVATE KEY-----"\nx = 1\n')
    assert not any(line in masked for line in PEM_BODY.split("\n") if line)
    cut, count = redact(f"-----BEGIN RSA PRIVATE KEY-----\n{PEM_BODY[:200]}", "a.pem")
    assert count == 1
    assert PEM_BODY[:30] not in cut
    assert PEM_BODY[150:200] not in cut


def test_indented_private_keys() -> None:
    indented = "".join(f"    {line}\n" for line in PEM_BODY.split("\n") if line)
    masked, count = redact(
        f"k: |\n    -----BEGIN PRIVATE KEY-----\n{indented}    -----END PRIVATE KEY-----\nz: 1\n", "a"
    )
    assert count == 1
    assert not any(line in masked for line in PEM_BODY.split("\n") if line)
    assert masked.endswith("-----END PRIVATE KEY-----\nz: 1\n")


def test_putty_keys() -> None:
    text = (
        f"PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 5\n{PEM_BODY}Private-MAC: {drawn(HEX, 40)}\n"
    )
    masked, count = redact(text, "key.ppk")
    assert count >= 1
    assert drawn(HEX, 40) not in masked
    assert PEM_BODY.split("\n")[0] not in masked


def test_a_key_after_code_that_speaks_of_keys() -> None:
    code = 'START = "-----BEGIN RSA PRIVATE KEY-----"\n' + "use(package/module/function/and/some/more)\n" * 3
    text = f"{code}KEY = -----BEGIN EC PRIVATE KEY-----\n{PEM_BODY}-----END EC PRIVATE KEY-----\n"
    masked, count = redact(text, "a.py")
    assert count >= 1
    assert not any(line in masked for line in PEM_BODY.split("\n") if line)


def test_code_that_speaks_of_private_keys_is_left_alone() -> None:
    text = (
        'PATTERN = re.compile("-----BEGIN RSA PRIVATE KEY-----")\n\n\ndef find(text: str) -> bool:\n    return True\n'
    )
    assert redact(text, "a.py") == (text, 0)
    both = 'BEGIN = "-----BEGIN RSA PRIVATE KEY-----"\nEND = "-----END RSA PRIVATE KEY-----"\n' + "x = 1\n" * 30
    assert redact(both, "a.py") == (both, 0)
    certificate = f"-----BEGIN CERTIFICATE-----\n{PEM_BODY}-----END CERTIFICATE-----\n"
    assert redact(certificate, "a.pem") == (certificate, 0)


@pytest.mark.parametrize(
    "token",
    [
        "github_pat_" + drawn(ALPHANUMERIC, 82),
        "sk-ant-" + drawn(ALPHANUMERIC, 40),
        "sk-proj-" + drawn(ALPHANUMERIC, 48),
        "AIza" + drawn(ALPHANUMERIC, 35),
        "hf_" + drawn(ALPHANUMERIC, 34),
    ],
)
def test_newer_tokens(token: str) -> None:
    assert redact(f"use {token} here\n", "a.md") == (f"use {MASK * len(token)} here\n", 1)


RANDOM_VALUE = "q7Zp2LxV9tRkW4mB8sYd"


@pytest.mark.parametrize(
    "line",
    [
        f'password = "{RANDOM_VALUE}"',
        f"DB_PASSWORD={RANDOM_VALUE}",
        f'"client_secret": "{RANDOM_VALUE}",',
        f"api-key: {RANDOM_VALUE}",
        f"self.auth_token = '{RANDOM_VALUE}'",
        f'config["secret_key"] = b"{RANDOM_VALUE}"',
        f"aws_secret_access_key = {drawn(ALPHANUMERIC + '/+', 40)}",
    ],
)
def test_random_values_given_to_secret_names(line: str) -> None:
    masked, count = redact(f"{line}\n", "settings.py")
    assert count == 1
    assert MASK * 20 in masked


@pytest.mark.parametrize(
    "line",
    [
        "password = get_password_from_environment_variable()",
        'token_url = "https://auth.example.org/oauth2/token?x=Ab12Cd34"',
        'SECRET_KEY = "change-me-in-production"',
        "secret = self.configuration.database.password2",
        'PASSWORD_HASHER = "django.contrib.auth.hashers.PBKDF2PasswordHasher"',
        "https://user:password@example.com/path",
        "http://user:{password}@host/",
        "redis://:${REDIS_PASSWORD}@redis:6379",
        "git@github.com:org/project.git",
        "mailto:ada@example.org",
        "sha256:" + drawn(HEX, 64),
        "commit " + drawn(HEX, 40),
        '"integrity": "sha512-' + drawn(ALPHANUMERIC, 86) + '=="',
        "=" * 80,
        "def test_something_with_a_very_long_name_that_goes_on_and_on() -> None:",
        "AKIA means an access key",
        "API_ACCESS_SPECIFICATION APPLICATIONS APACHE",
        "time: 12345678:30",
    ],
)
def test_ordinary_lines_stay(line: str) -> None:
    assert redact(line, "a.py") == (line, 0)


def test_a_secret_is_masked_wherever_it_stands_in_its_line() -> None:
    token = "ghp_" + drawn(ALPHANUMERIC, 36)
    masked, count = redact(f"{token} and {token}", "a")
    assert masked == f"{MASK * 40} and {MASK * 40}"
    assert count == 2


def test_masked_text_is_left_as_it_is() -> None:
    text = "".join(line_with(*case) + "\n" for case in CASES)
    masked, count = redact(text, "a.py")
    assert count >= len(CASES)
    assert redact(masked, "a.py")[0] == masked


@settings(max_examples=60)
@given(st.lists(st.one_of(st.text(max_size=60), st.sampled_from([line_with(*case) for case in CASES])), max_size=8))
def test_length_and_lines_always_stay(parts: list[str]) -> None:
    text = "\n".join(parts)
    masked, count = redact(text, "a.py")
    assert len(masked) == len(text)
    assert [place for place, letter in enumerate(masked) if letter == "\n"] == [
        place for place, letter in enumerate(text) if letter == "\n"
    ]
    assert all(new in {old, MASK} for old, new in zip(text, masked, strict=True))
    assert (count == 0) == (masked == text) or MASK in text
