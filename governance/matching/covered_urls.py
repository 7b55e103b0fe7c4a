"""URLs among a command's words: a rule that spells a host covers no other, however the text goes on."""

from __future__ import annotations

import re

from governance.matching.patterns import Token
from governance.matching.spelled import Spelled
from governance.matching.words import Word

AUTHORITY = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
# After a host: a port, and what belongs to the path.
BEHIND_HOST = r"(?::\d+)?(?:[/?#].*)?"
BEHIND_PORT = r"(?:[/?#].*)?"
IN_HOST = r"[^/?#@:\\]*"


def build_url(token: Token) -> str:
    """A regular expression for a word with a scheme and wildcards; "" for any other word."""
    if token.is_literal or "://" not in token.text:
        return ""
    marked = "".join(("\0" if text == "*" else "\1") if is_wild else text for text, is_wild in token.pieces)
    found = AUTHORITY.fullmatch(marked)
    if not found:
        return ""
    scheme, host, path = found.groups()
    source = re.escape(scheme) + "://"
    if path or not host.endswith("\0"):
        return source + build_part(host, IN_HOST) + build_part(path, ".*")
    host = host.rstrip("\0")
    if host.endswith(":"):
        return source + build_part(host, IN_HOST) + r"\d*" + BEHIND_PORT
    return source + (build_part(host, IN_HOST) or IN_HOST) + BEHIND_HOST


def build_part(text: str, any_run: str) -> str:
    return "".join(
        any_run if character == "\0" else "." if character == "\1" else re.escape(character)
        for character in text
    )


def explain_urls(words: tuple[Word, ...], spelled: Spelled) -> str:
    """Why a rule that names a URL does not cover the ones that stand here, "" when it does."""
    if not spelled.urls:
        return ""
    for word in words:
        if "://" in word.text and not any(url.fullmatch(word.text) for url in spelled.urls):
            return f"{word.text} is not what the rule's URL stands for."
    return ""
