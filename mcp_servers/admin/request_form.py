"""The form in which a server is asked for: what it is, how it runs, what it is given, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.admin.forms import PLAIN, PlainForm
from accounts.models import Team
from configs.content_reader import ContentError
from configs.json_values import format_json, parse_json
from configs.pages.forms.base import MONO, JsonField, write_json
from mcp_servers.admin.entry_rows import EnvironmentRows, HeaderRows
from mcp_servers.content import McpServerContent

PACKAGE, PROGRAM, REMOTE = "package", "program", "remote"
WAYS = [
    (PACKAGE, "A published package"),
    (PROGRAM, "A program that is installed where the engine runs"),
    (REMOTE, "A server somewhere else"),
]
PACKAGE_KINDS = [("pypi", "PyPI"), ("npm", "npm"), ("oci", "OCI image")]
TRANSPORTS = [("streamable-http", "streamable HTTP"), ("sse", "server-sent events")]
CAPABILITIES = [("roots", "roots"), ("sampling", "sampling"), ("elicitation", "elicitation")]
STDIO = "stdio"
# Where the form shows what is wrong with a part of the content.
FIELD_OF = {
    "package.kind": "package_kind",
    "package.identifier": "identifier",
    "package.version": "version",
    "package.registry": "registry",
    "package.entry_point": "entry_point",
    "package": "identifier",
    "transport": "way",
}


class RequestForm(PlainForm):
    """`content` is what a valid form says, `secrets` what was typed for it: {name: value}."""

    way = forms.ChoiceField(
        choices=WAYS, initial=PACKAGE, label="How it runs", widget=forms.RadioSelect(attrs={"data-way": ""})
    )
    name = forms.CharField(
        max_length=40,
        help_text="Lower-case letters, digits and dashes. Its tools are called NAME_tool in the engine.",
        widget=forms.TextInput(attrs=MONO),
    )
    title = forms.CharField(max_length=100, required=False, widget=forms.TextInput(attrs=PLAIN))
    description = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}), label="What it is for"
    )
    package_kind = forms.ChoiceField(choices=PACKAGE_KINDS, required=False, label="Published at")
    identifier = forms.CharField(
        max_length=300, required=False, label="Package", widget=forms.TextInput(attrs=MONO)
    )
    version = forms.CharField(
        max_length=128,
        required=False,
        label="Exact version",
        help_text="No range and no “latest”; of an image its digest, sha256:…",
        widget=forms.TextInput(attrs=MONO),
    )
    entry_point = forms.CharField(
        max_length=200,
        required=False,
        label="Program of the package",
        help_text="Only where it has several.",
        widget=forms.TextInput(attrs=MONO),
    )
    registry = forms.CharField(
        max_length=300,
        required=False,
        label="Registry that it names",
        help_text="For the record: packages come from this deployment's own index.",
        widget=forms.TextInput(attrs=MONO),
    )
    program = forms.CharField(
        max_length=500,
        required=False,
        label="Program",
        help_text="Its absolute path on the engine's host.",
        widget=forms.TextInput(attrs=MONO),
    )
    transport = forms.ChoiceField(choices=TRANSPORTS, required=False, label="Spoken as")
    url = forms.CharField(
        max_length=2000,
        required=False,
        label="Address",
        help_text="https:// only.",
        widget=forms.TextInput(attrs={**MONO, "inputmode": "url"}),
    )
    arguments = forms.CharField(
        required=False,
        strip=False,
        help_text="One on each line, as they are: no shell reads them. Or a JSON list.",
        widget=forms.Textarea(attrs={**MONO, "rows": 3}),
    )
    working_directory = forms.CharField(max_length=500, required=False, widget=forms.TextInput(attrs=MONO))
    timeout_ms = forms.IntegerField(
        required=False, min_value=1, label="Timeout (ms)", help_text="Empty: the engine's own."
    )
    client_capabilities = forms.MultipleChoiceField(
        choices=CAPABILITIES,
        required=False,
        label="What the engine declares",
        help_text="Some servers show more tools to a client that can do more.",
        widget=forms.CheckboxSelectMultiple,
    )
    publisher = forms.CharField(max_length=200, required=False, widget=forms.TextInput(attrs=PLAIN))
    repository = forms.CharField(max_length=500, required=False, widget=forms.TextInput(attrs=MONO))
    website = forms.CharField(max_length=500, required=False, widget=forms.TextInput(attrs=MONO))
    config_schema = JsonField(label="Schema of its configuration (JSON)")
    reason = forms.CharField(
        max_length=4000,
        label="Why it is needed",
        help_text="Those who approve it read this.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    valid_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=3650,
        label="Valid for (days)",
        help_text="After that it has to be asked for again. Empty: until it is revoked.",
    )
    team = forms.ModelChoiceField(queryset=Team.objects.none(), label="For", empty_label=None)
    source = forms.CharField(required=False, widget=forms.HiddenInput)
    catalog = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    package_fields = ("package_kind", "identifier", "version", "entry_point")
    start_fields = ("arguments", "working_directory")
    remote_fields = ("transport", "url")
    about_fields = ("publisher", "repository", "website", "config_schema")
    record_fields = ("registry",)
    detail_fields = ("valid_days", "timeout_ms", "client_capabilities")

    def __init__(self, *args: Any, teams: Any, base: McpServerContent | None = None, **kwargs: Any) -> None:
        """`base` is what it starts with: an import, or what runs now."""
        initial = {**(write_initial(base) if base else {}), **kwargs.pop("initial", {})}
        super().__init__(*args, initial=initial, **kwargs)
        team: Any = self.fields["team"]
        team.queryset = teams
        if len(teams) == 1:
            team.widget, team.initial = forms.HiddenInput(), teams[0].pk
        self.environment: Any = (
            EnvironmentRows.bind(self.data)
            if self.is_bound
            else EnvironmentRows.of(base.environment if base else ())
        )
        self.headers: Any = (
            HeaderRows.bind(self.data) if self.is_bound else HeaderRows.of(base.headers if base else ())
        )
        self.content: McpServerContent | None = None
        # Of the server that is approved as asked for already, "" for none.
        self.conflict_server_id = ""

    @property
    def secrets(self) -> dict[str, str]:
        return {**self.environment.read_secrets(), **self.headers.read_secrets()}

    def get_content(self) -> McpServerContent:
        """Of a valid form."""
        if self.content is None:
            raise ValueError("this form was not valid")
        return self.content

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for rows, label in ((self.environment, "Environment"), (self.headers, "Headers")):
            if name := rows.find_misplaced():
                self.add_error(None, f"{label}, {name}: say whether it is a plain value or a secret.")
        if self.errors:
            return cleaned
        try:
            self.content = McpServerContent.read(self.read_mapping(cleaned))
        except ContentError as error:
            self.add_problem(error)
        return cleaned

    def read_mapping(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the content is read from: of the three ways the chosen one alone."""
        way = values["way"]
        is_remote = way == REMOTE
        return {
            **{name: values[name] for name in ("name", "title", "description", "timeout_ms")},
            **{name: values[name] for name in self.about_fields},
            "client_capabilities": values["client_capabilities"],
            "transport": values["transport"] if is_remote else STDIO,
            "package": read_package(values) if way == PACKAGE else None,
            "program": values["program"] if way == PROGRAM else "",
            "arguments": [] if is_remote else read_arguments(values["arguments"]),
            "working_directory": "" if is_remote else values["working_directory"],
            "environment": [] if is_remote else self.environment.read(),
            "url": values["url"] if is_remote else "",
            "headers": self.headers.read() if is_remote else [],
        }

    def add_problem(self, error: ContentError) -> None:
        """At the field that shows this part of the content, else above the form."""
        first = error.field.split(".", maxsplit=1)[0]
        name = FIELD_OF.get(error.field, FIELD_OF.get(first, first))
        if name in self.fields:
            self.add_error(name, error.sentence)
        else:
            self.add_error(None, f"{error.field}: {error.sentence}")

    def group(self, names: tuple[str, ...]) -> list[Any]:
        return [self[name] for name in names]

    @property
    def head_group(self) -> list[Any]:
        return self.group(("name", "title", "description"))

    @property
    def package_group(self) -> list[Any]:
        return self.group(self.package_fields)

    @property
    def start_group(self) -> list[Any]:
        return self.group(self.start_fields)

    @property
    def remote_group(self) -> list[Any]:
        return self.group(self.remote_fields)

    @property
    def about_group(self) -> list[Any]:
        return self.group((*self.about_fields, *self.record_fields))

    @property
    def detail_group(self) -> list[Any]:
        return self.group(self.detail_fields)


def read_package(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": values["package_kind"],
        **{name: values[name] for name in ("identifier", "version", "registry", "entry_point")},
    }


def read_arguments(text: str) -> Any:
    """Lines, empty ones standing for nothing; or a JSON list, for arguments that lines can't hold.

    The content judges what the list holds. Raises ContentError for what is no JSON.
    """
    if not text.lstrip().startswith("["):
        return read_lines(text)
    try:
        return parse_json(text)
    except ValueError as error:
        raise ContentError("arguments", str(error)) from error


def read_lines(text: str) -> list[str]:
    return [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]


def write_arguments(arguments: tuple[str, ...]) -> str:
    """What `read_arguments` reads the same from."""
    lines = "\n".join(arguments)
    is_plain = read_lines(lines) == list(arguments) and not lines.lstrip().startswith("[")
    return lines if is_plain else format_json(list(arguments))


def write_initial(content: McpServerContent) -> dict[str, Any]:
    package = content.package
    way = PACKAGE if package else REMOTE if content.url else PROGRAM
    return {
        **{name: getattr(content, name) for name in ("name", "title", "description", "program", "url")},
        **{name: getattr(content, name) for name in ("publisher", "repository", "website", "timeout_ms")},
        "way": way,
        "working_directory": content.working_directory,
        "transport": content.transport,
        "arguments": write_arguments(content.arguments),
        "client_capabilities": list(content.client_capabilities),
        "config_schema": write_json(dict(content.config_schema)),
        **(
            {
                "package_kind": package.kind,
                "identifier": package.identifier,
                "version": package.version,
                "registry": package.registry,
                "entry_point": package.entry_point,
            }
            if package
            else {}
        ),
    }
