"""Whether the content keeps to its own form, to the engine's, and to the registry's."""

from __future__ import annotations

import json

from configs.formats.drafts import Report
from configs.opencode.config_json import show_references
from configs.opencode.schema_check import check_schema as check_engine_schema
from mcp_servers.checks.results import BLOCKING, CheckResult, finding, passed
from mcp_servers.content import ContentError, McpServerContent
from mcp_servers.formats import opencode_entries, registry_json

NAME = "schema"


def check_schema(content: McpServerContent) -> CheckResult:
    try:
        is_same = McpServerContent.read(content.write()) == content
    except ContentError as error:
        return finding(NAME, BLOCKING, f"{error.field}: {error.sentence}", field=error.field)
    if not is_same:
        return finding(NAME, BLOCKING, "It reads back as something else than it says.")
    problems = list_engine_problems(content)
    if problems:
        return finding(NAME, BLOCKING, f"The engine would refuse it: {problems[0]}", problems=problems)
    [file] = registry_json.write(content, (), (), Report())
    misfits = registry_json.check_schema(json.loads(file.text))
    if misfits:
        return finding(
            NAME, BLOCKING, f"As a server.json it does not fit at {misfits[0][0]}: {misfits[0][1]}."
        )
    return passed(NAME, "It fits the form of contents, the engine's schema and that of server.json.")


def list_engine_problems(content: McpServerContent) -> list[str]:
    entry = show_references(opencode_entries.write_entry(content, (), Report()))
    return [
        f"{problem.field}: {problem.sentence}"
        for problem in check_engine_schema({"mcp": {content.name: entry}})
    ]
