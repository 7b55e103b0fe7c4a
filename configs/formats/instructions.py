"""AGENTS.md and its like: plain Markdown that every agent reads. Never an agent."""

from __future__ import annotations

from configs.content import InstructionContent
from configs.formats.drafts import Draft, Parsed, Report, label_draft
from configs.formats.names import read_name, read_stem
from configs.formats.sources import ExportedFile, ExportSource
from configs.formats.values import make_content, read_body

NAME = "instructions"


def read(text: str, file_name: str) -> Parsed:
    report = Report()
    # In capitals by custom: a change of case alone is not worth a word.
    name = read_name(read_stem(file_name).lower(), report, "file name")
    report.draft = label_draft(InstructionContent.kind, name)
    body = read_body(text, "body", report)
    content = make_content(InstructionContent.kind, {"name": name, "body": body})
    report.map("body", "body", f"{len(body)} characters")
    return Parsed(NAME, (Draft(InstructionContent.kind, content, keeps=("tags",)),), tuple(report.findings))


def write(source: ExportSource, report: Report) -> tuple[ExportedFile, ...]:
    for instruction in source.instructions:
        report.draft = label_draft(instruction.kind, instruction.name)
        if instruction.tags:
            report.drop("tags", "Such a file has no place for them.", list(instruction.tags))
    return tuple(ExportedFile(f"instructions/{item.name}.md", item.body) for item in source.instructions)
