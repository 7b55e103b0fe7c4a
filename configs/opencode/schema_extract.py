"""Makes a stored schema of an engine's OpenAPI document.

    python -m configs.opencode.schema_extract VERSION < doc.json

where doc.json is the answer of `GET /doc` of that version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from configs.opencode.schema_check import SCHEMA_FOLDER

ROOT = "Config"
_DOCUMENT_PREFIX = "#/components/schemas/"
_OWN_PREFIX = "#/$defs/"


def extract_schema(document: Mapping[str, Any]) -> dict[str, Any]:
    """The `Config` component and all that it references, as one JSON schema."""
    components = document["components"]["schemas"]
    found: dict[str, Any] = {}
    waiting = [ROOT]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = components[name]
            waiting += _list_references(components[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"{_OWN_PREFIX}{ROOT}",
        "$defs": {name: _rewrite(found[name]) for name in sorted(found)},
    }


def write_schema(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _list_references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix(_DOCUMENT_PREFIX)
        for item in value.values():
            yield from _list_references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _list_references(item)


def _rewrite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rewrite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rewrite(item) for item in value]
    if isinstance(value, str) and value.startswith(_DOCUMENT_PREFIX):
        return _OWN_PREFIX + value.removeprefix(_DOCUMENT_PREFIX)
    return value


def main(version: str) -> None:
    text = write_schema(extract_schema(json.load(sys.stdin)))
    (SCHEMA_FOLDER / f"opencode-{version}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
