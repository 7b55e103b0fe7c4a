"""What a browser would send of a page's form as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

TICKED = {"checkbox", "radio"}


@dataclass
class FilledForm(HTMLParser):
    """`values`: {name: texts} of the form with this id; buttons are not pressed, templates not filled in."""

    html: str
    form_id: str
    values: dict[str, list[str]] = field(default_factory=dict)
    is_inside: bool = False
    templates: int = 0
    textarea: str = ""
    select: str = ""
    # Of the select that is read: its first option, and those that are selected.
    first: list[str] = field(default_factory=list)
    selected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def put(self, name: str, text: str) -> None:
        self.values.setdefault(name, []).append(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = found.get("id") == self.form_id
        self.templates += tag == "template"
        if not self.is_inside or self.templates:
            return
        name = found.get("name", "")
        if tag == "textarea":
            self.textarea = name
            self.put(name, "")
        elif tag == "select":
            self.select, self.first, self.selected = name, [], []
        elif tag == "option" and self.select:
            self.first = self.first or [found.get("value", "")]
            self.selected += [found.get("value", "")] if "selected" in found else []
        elif tag == "input" and name and (found.get("type") not in TICKED or "checked" in found):
            self.put(name, found.get("value", "on" if found.get("type") in TICKED else ""))

    def handle_data(self, data: str) -> None:
        if self.textarea:
            kept = self.values[self.textarea]
            kept[-1] = kept[-1] + data if kept[-1] else data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        self.templates -= tag == "template"
        if tag == "form":
            self.is_inside = False
        elif tag == "textarea":
            self.textarea = ""
        elif tag == "select" and self.select:
            for text in self.selected or self.first:
                self.put(self.select, text)
            self.select = ""


def read_form(html: str, form_id: str) -> dict[str, list[str]]:
    return FilledForm(html, form_id).values
