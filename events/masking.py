"""Recognised secrets are masked wherever text leaves the request page: lists, search, events, audit, exports.

Masking helps against shoulder-surfing and leaks through logs; it can't know every secret, so whatever
is masked is still treated as confidential to the team.

The text is an agent's and may be megabytes long, so every pattern runs in linear time: no repetition begins
at more than one place of the same run of characters.
"""

from __future__ import annotations

import re

MASK = "••••"

_TELLING_NAME = (
    r"(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)"
)
# A quoted text whole, else a word; an opening quote that nothing closes is taken with the word.
_VALUE = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|["']?[^\s"'&;|]{3,})"""

# What is a secret wherever it stands, whatever the words around it say.
_CERTAIN: tuple[re.Pattern[str], ...] = (
    # Private key blocks, whole.
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    # Tokens with a telling prefix: GitHub, GitLab, Slack, AWS, Google, OpenAI, Anthropic, npm, PyPI, Stripe,
    # our own.
    re.compile(
        r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|sk-|rk_|sk_|npm_|pypi-|csk_)"
        r"[A-Za-z0-9_\-]{8,}"
    ),
    # JSON web tokens.
    re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
)

_PATTERNS: tuple[re.Pattern[str], ...] = (
    *_CERTAIN,
    # Credentials inside a URL.
    re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"),
    # Authorization headers.
    re.compile(r"(?i)(?<=authorization: )(?:bearer|basic|token) [^\s'\"]+"),
    re.compile(r"(?i)(?<=\bbearer )[A-Za-z0-9._~+/=-]{8,}"),
    # curl's -u name:password.
    re.compile(r"""((?<!\S)(?:-u|--user)[ =]?["']?[^\s:"']{1,100}:)([^\s"']+)"""),
    # NAME=value, NAME: value and --name value where the name says that it is a secret.
    re.compile(rf"(?i)({_TELLING_NAME}[\"']?[ \t]*[=:][ \t]*)({_VALUE})"),
    re.compile(rf"(?i)(--?(?:[a-z0-9]{{1,30}}-){{0,3}}{_TELLING_NAME}[ =])({_VALUE})"),
)

# Where a secret may begin that goes on beyond its word: what follows is judged when the line is whole.
# At the end of a text a name counts too: what makes it telling may be the next character.
SECRET_BEGINNING = re.compile(
    rf"""(?i)-----BEGIN|authorization:|\bbearer(?:\s|$)|(?<!\S)(?:-u|--user)"""
    rf"""|{_TELLING_NAME}["']?[ \t]*(?:[=:]|$)|--?(?:[a-z0-9]{{1,30}}-){{0,3}}{_TELLING_NAME}(?:[ =]|$)"""
)


# What every pattern needs one of: most words of people and agents have none.
_ANY_HINT = re.compile(r"[-_.=:@]|AKIA|ASIA|AIza|[Bb][Ee][Aa][Rr][Ee][Rr]")


def mask_secrets(text: str) -> str:
    """`text` with recognised secrets replaced by `••••`; names in front of them stay readable."""
    if _ANY_HINT.search(text) is None:
        return text
    for pattern in _PATTERNS:
        text = pattern.sub(lambda match: (match.group(1) if match.lastindex else "") + MASK, text)
    return text


def mask_certain_secrets(text: str) -> str:
    """As `mask_secrets`, only keys and tokens that can be nothing else: for texts that are kept."""
    for pattern in _CERTAIN:
        text = pattern.sub(MASK, text)
    return text
