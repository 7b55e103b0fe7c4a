"""Literal secrets: by their telling prefixes, by the name they stand under, and by how random they are."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator

from configs.model_content import names_secret
from events.masking import mask_certain_secrets, mask_secrets
from events.text import iterate_texts
from mcp_servers.checks.results import BLOCKING, HIGH, CheckResult, finding, passed
from mcp_servers.content import McpServerContent

NAME = "secrets"
# A run of what keys and tokens are written with; paths, addresses and words fall apart at their separators.
_RUN = re.compile(r"[A-Za-z0-9+_=-]{20,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F]+")
# A digest names a thing and opens nothing.
_DIGEST = re.compile(r"\bsha(?:256|384|512)[:-][A-Za-z0-9+/=]+")
# Shannon entropy in bits for each character: English words in a row stay below, random letters above.
MIN_ENTROPY_HEX = 3.0
MIN_ENTROPY = 3.7


def check_secrets(content: McpServerContent) -> CheckResult:
    certain = sorted({where for where, text in iterate_values(content) if mask_certain_secrets(text) != text})
    likely = sorted({where for where, text in iterate_values(content) if is_suspicious(where, text)})
    named = sorted(find_undeclared(content))
    if certain:
        return finding(NAME, BLOCKING, f"A literal secret stands in {', '.join(certain)}.", places=certain)
    if likely or named:
        places = sorted({*likely, *named})
        return finding(
            NAME,
            HIGH,
            f"What stands in {', '.join(places)} may be a literal secret; declare it as secret.",
            places=places,
        )
    return passed(NAME, "No argument, variable, header or address reads like a secret.")


def iterate_values(content: McpServerContent) -> Iterator[tuple[str, str]]:
    """(where, text) of everything a secret could hide in."""
    for position, argument in enumerate(content.arguments, start=1):
        yield f"argument {position}", argument
    for variable in content.environment:
        yield f"variable {variable.name}", variable.value
    for header in content.headers:
        yield f"header {header.name}", header.value
    yield from (("address", content.url), ("description", content.description))
    yield from (("settings", text) for text in iterate_texts(content.config_schema))


def find_undeclared(content: McpServerContent) -> Iterator[str]:
    """Values under a name such as API_KEY that are not declared as secret."""
    for variable in content.environment:
        if variable.value and not variable.is_secret and names_secret(variable.name):
            yield f"variable {variable.name}"
    for header in content.headers:
        tells = names_secret(header.name) or header.name.lower() in {"authorization", "cookie"}
        if header.value and not header.is_secret and tells:
            yield f"header {header.name}"


def is_suspicious(where: str, text: str) -> bool:
    if where == "description":
        return False
    if where != "settings" and mask_secrets(text) != text:
        return True
    return any(is_random(run) for run in _RUN.findall(_DIGEST.sub("", text)))


def is_random(run: str) -> bool:
    """Whether these characters look drawn, not written: a name repeats letters and keeps to a case."""
    if _UUID.search(run):
        return True
    if _HEX.fullmatch(run):
        return len(run) >= 32 and measure_entropy(run) >= MIN_ENTROPY_HEX
    has_digit = any(character.isdigit() for character in run)
    # Separators apart: between words they are no sign of chance.
    letters = [classify(character) for character in run if character.isalnum()]
    changes = sum(1 for one, two in itertools.pairwise(letters) if one != two)
    return has_digit and changes >= len(run) / 4 and measure_entropy(run) >= MIN_ENTROPY


def classify(character: str) -> str:
    if character.isdigit():
        return "digit"
    return "upper" if character.isupper() else "lower"


def measure_entropy(text: str) -> float:
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
