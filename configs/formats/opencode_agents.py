"""OpenCode's agent files: Markdown, the file's name is the agent's, the text its prompt.

Fields as the engine's own schema lists them (observed on 1.18.33).
"""

from __future__ import annotations

from configs.content import AgentContent
from configs.formats.agent_fields import read_agent, write_agent
from configs.formats.drafts import Parsed, Report
from configs.formats.front_matter import read_front_matter, write_front_matter
from configs.formats.names import read_name, read_stem
from configs.formats.sources import ExportedFile, ExportSource
from configs.formats.values import check_text

NAME = "opencode_agent"


def read(text: str, file_name: str) -> Parsed:
    keys, body, loose = read_front_matter(text)
    check_text(keys)
    report = Report()
    name = read_name(read_stem(file_name), report, "file name")
    report_loose(report, loose)
    if "name" in keys:
        report.drop("name", "The file's name is the agent's name; the engine reads no other.", keys["name"])
    return Parsed(NAME, tuple(read_agent(name, keys, body, report)), tuple(report.findings))


def report_loose(report: Report, loose: list[str]) -> None:
    for key in loose:
        report.warn(key, "Not valid YAML as it stands; read as one line of text, as engines do.")


def write(source: ExportSource, report: Report) -> tuple[ExportedFile, ...]:
    return tuple(write_file(source, agent, report) for agent in source.agents)


def write_file(source: ExportSource, agent: AgentContent, report: Report) -> ExportedFile:
    keys = write_agent(agent, "", source.name_model(agent), report)
    return ExportedFile(f"agent/{agent.name}.md", write_front_matter(keys, source.fill_prompt(agent).strip()))
