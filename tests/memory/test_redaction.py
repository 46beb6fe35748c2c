"""Secrets and personal data leave a text; everything else stays as it was."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.redaction import redact

B36 = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"use sk-ant-{B36} now", "use [redacted:key] now"),
        (f"sk_live_{B36}", "[redacted:key]"),
        (f"ghp_{B36}", "[redacted:key]"),
        (f"github_pat_{B36}_x", "[redacted:key]"),
        ("id AKIAIOSFODNN7EXAMPLE.", "id [redacted:key]."),
        ("xoxb-1234567890-abcdef", "[redacted:key]"),
        (f"AIza{B36}", "[redacted:key]"),
        (f"npm_{B36}", "[redacted:key]"),
        (f"pypi-AgEI{B36}", "[redacted:key]"),
        (f"bot 123456789:AA{B36}", "bot [redacted:key]"),
        (f"eyJhbGciOi.eyJzdWIiOi.{B36}", "[redacted:jwt]"),
        ("curl -H 'Bearer abc123def456ghi'", "curl -H 'Bearer [redacted:token]'"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted:authorization]"),
        ("https://bob:s3cret@db/x", "https://bob:[redacted:password]@db/x"),
        ("export AWS_SECRET_ACCESS_KEY=abcd1234", "export AWS_SECRET_ACCESS_KEY=[redacted:secret]"),
        ('{"password": "letmein now"}', '{"password": "[redacted:secret]"}'),
        ("DB_PASS=hunter2 make", "DB_PASS=[redacted:secret] make"),
        ("token: abc123def", "token: [redacted:secret]"),
        ("password: correcthorse", "password: [redacted:secret]"),
        ("login --token abc123def", "login --token [redacted:secret]"),
        ("mail ann.lee+x@corp.co.uk today", "mail [redacted:email] today"),
        ("cd /home/ann/app && ls /Users/bob.b", "cd ~/app && ls ~"),
        (r"C:\Users\ann\app", r"~\app"),
        ("~/.claude/projects/-home-ann-app/x", "~/.claude/projects/-~-app/x"),
    ],
)
def test_a_secret_or_a_person_is_removed(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_a_private_key_goes_even_when_its_end_was_cut_off() -> None:
    head, tail = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    assert redact(f"a\n{head}\nMIIE\n{tail}\nb") == "a\n[redacted:private-key]\nb"
    assert redact(f"a\n{head}\nMIIE") == "a\n[redacted:private-key]"


@pytest.mark.parametrize(
    "text",
    [
        "run ruff before committing because CI fails",
        "git clone git@github.com:org/repo and noreply@anthropic.com, ann@example.com",
        "max_tokens=4096 and token_count=12",
        "token: string",
        "password: required",
        "password=$DB_PASSWORD",
        "npm i foo@1.2.3-beta.dev",
        "PWD=/srv/app",
        "the monkey's token is a keyword; task-force sk-learn-estimators-are-fine",
        "https://site.org/home/page",
        "",
    ],
)
def test_the_same_object_comes_back_when_nothing_matched(text: str) -> None:
    assert redact(text) is text


PIECES = st.sampled_from(
    [
        *("token", "password", "=", ": ", '"', "'", " ", "\n", "/home/", "/Users/", "@", "a.io"),
        *("bearer ", "://", ":", "sk-", "ghp_", "eyJ", ".", "-", "--", "[", "]", "1", "abc12345"),
        *("[redacted:email]", "Authorization: ", "pwd", "C:\\Users\\", "~", "`", "api_key", "zz"),
        *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "x" * 30, "é"),
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=200))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(st.text("abc xyz", max_size=40), st.text("abc xyz", max_size=40))
def test_a_key_never_survives_its_surroundings(before: str, after: str) -> None:
    assert B36 not in redact(f"{before} ghp_{B36} {after}")


@pytest.mark.parametrize(
    "piece",
    ["token:", 'token="', "a", "eyJ", "://a:", "a@a.", "sk-", "bearer ", "/home/", "-", "--token "]
    + ["-----BEGIN PRIVATE KEY-----", "authorization:", "--a", "a.", "password: "],
)
def test_hostile_repetition_of_a_million_characters_ends(piece: str) -> None:
    """Quadratic work on these would take hours, not seconds: the suite's time limit decides."""
    text = piece * (1_000_000 // len(piece)) + "@ token password"
    assert sys.getsizeof(redact(text)) <= 4 * sys.getsizeof(text)
