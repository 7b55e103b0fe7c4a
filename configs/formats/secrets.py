"""Literal secrets in a file: found, named, and never handed on."""

from __future__ import annotations

import re
from typing import Any

from configs.model_content import names_secret
from events.masking import mask_secrets

# A reference to a variable of the engine's environment, alone.
_REFERENCE = re.compile(r"\{env:([A-Za-z_][A-Za-z0-9_]{0,127})\}")
# As other programs write it.
_SHELL_REFERENCE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]{0,127})\}?")


def remove_secrets(value: Any, found: list[str], path: str = "", *, is_named: bool = False) -> Any:
    """`value` without literal secrets; where each one stood is appended to `found`.

    As strict as the contents' own check: also what merely reads like a secret goes.
    """
    if isinstance(value, dict):
        return {
            key: remove_secrets(item, found, join_path(path, key), is_named=is_named or names_secret(key))
            for key, item in value.items()
            if not note_secret(item, found, join_path(path, key), is_named=is_named or names_secret(key))
        }
    if isinstance(value, list):
        return [
            remove_secrets(item, found, join_path(path, str(position)), is_named=is_named)
            for position, item in enumerate(value)
            if not note_secret(item, found, join_path(path, str(position)), is_named=is_named)
        ]
    return value


def note_secret(value: Any, found: list[str], path: str, *, is_named: bool) -> bool:
    if isinstance(value, str) and is_literal_secret(value, is_named=is_named):
        found.append(path)
        return True
    return False


def is_literal_secret(text: str, *, is_named: bool) -> bool:
    if not text or _REFERENCE.fullmatch(text):
        return False
    return is_named or mask_secrets(text) != text


def join_path(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def read_env_reference(value: Any) -> str:
    """The variable that `value` refers to and is nothing else; "" when it is no such reference."""
    if not isinstance(value, str):
        return ""
    match = _REFERENCE.fullmatch(value.strip()) or _SHELL_REFERENCE.fullmatch(value.strip())
    return match[1] if match else ""
