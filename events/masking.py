"""Recognised secrets are masked wherever text leaves the request page: lists, search, events, audit, exports.

Masking helps against shoulder-surfing and leaks through logs; it can't know every secret, so whatever
is masked is still treated as confidential to the team.
"""

from __future__ import annotations

import re

MASK = "••••"

_PATTERNS: tuple[re.Pattern[str], ...] = (
    # Private key blocks, whole.
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    # Tokens with a telling prefix: GitHub, GitLab, Slack, AWS, Google, OpenAI, Anthropic, npm, PyPI, Stripe, our own.
    re.compile(
        r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|sk-|rk_|sk_|npm_|pypi-|csk_)[A-Za-z0-9_\-]{8,}"
    ),
    # JSON web tokens.
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    # Credentials inside a URL.
    re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"),
    # Authorization headers.
    re.compile(r"(?i)(?<=authorization: )(?:bearer|basic|token) [^\s'\"]+"),
    re.compile(r"(?i)(?<=\bbearer )[A-Za-z0-9._~+/=-]{8,}"),
    # NAME=value, NAME: value and --name value where the name says that it is a secret.
    re.compile(
        r"(?i)(?<![A-Za-z0-9])((?:[A-Za-z0-9_-]*[_-])?(?:passw(?:or)?d|secret|token|api[_-]?key|access[_-]?key|"
        r"private[_-]?key|credentials?)[\"']?\s*[=:]\s*[\"']?)(?!\s)([^\s\"'&;|]{3,})"
    ),
    re.compile(r"(?i)(--?(?:password|passwd|token|secret|api-key)[ =])([^\s\"'&;|]{3,})"),
)


def mask_secrets(text: str) -> str:
    """`text` with recognised secrets replaced by `••••`; names in front of them stay readable."""
    for pattern in _PATTERNS:
        text = pattern.sub(lambda match: (match.group(1) if match.lastindex else "") + MASK, text)
    return text
