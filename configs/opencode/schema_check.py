"""Holds a configuration against the JSON schema of the engine's version.

The schemas are the `Config` component of the engine's own `GET /doc`, with what it references, one file for
each version (see `schema/README.md`). The engine refuses every call once one value does not fit.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from configs.opencode.problems import Problem
from events.text import make_visible

# The version that the renderer is written for and tested with.
ENGINE_VERSION = "1.18.33"
SCHEMA_FOLDER = Path(__file__).resolve().parent / "schema"
MAX_PROBLEMS = 20
# Where secrets may stand: of these the value is not repeated.
MAX_SENTENCE_LENGTH = 300


class UnknownVersion(LookupError):
    """No schema of this engine version is stored."""


def list_versions() -> list[str]:
    return sorted(path.stem.removeprefix("opencode-") for path in SCHEMA_FOLDER.glob("opencode-*.json"))


def check_schema(config: Mapping[str, Any], version: str = ENGINE_VERSION) -> tuple[Problem, ...]:
    """Each place that does not fit, the first few. Raises UnknownVersion."""
    found = sorted(
        load_validator(version).iter_errors(dict(config)), key=lambda error: list(map(str, error.path))
    )
    return tuple(_describe(error) for error in found[:MAX_PROBLEMS])


@functools.cache
def load_validator(version: str) -> Draft202012Validator:
    if version not in list_versions():
        raise UnknownVersion(f"No schema of the engine's version {version} is stored.")
    schema = json.loads((SCHEMA_FOLDER / f"opencode-{version}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def _describe(error: ValidationError) -> Problem:
    """Names the place and what would fit there, never the value, which may hold a secret."""
    deepest = best_match([error]) or error
    path = ".".join(make_visible(str(part)) for part in deepest.absolute_path)
    sentence = f"The engine would refuse this: {_explain(deepest)}."
    return Problem("error", "", "", path, sentence[:MAX_SENTENCE_LENGTH])


def _explain(error: ValidationError) -> str:
    expected: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "type":
        return f"it has to be of the type {expected if isinstance(expected, str) else ' or '.join(expected)}"
    if error.validator == "enum":
        return f"it has to be one of {', '.join(map(str, expected))}"
    if error.validator == "required":
        missing = [name for name in expected if name not in instance]
        return f"it lacks {', '.join(missing)}"
    if error.validator == "additionalProperties":
        return "it has a key that the engine does not know"
    return f"it does not fit the rule {error.validator}"
