"""What the docs name exists, and what exists is named.

Settings and environment variables, commands and make targets, event kinds, close codes and frames, metrics,
links. This is the one place for it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from events.changes import TOPICS
from governance.enums import QuestionState, RequestState
from live.enums import CloseCode, FrameType
from mcp_servers.enums import RequestState as McpRequestState, ServerState
from portal.env import KNOWN, SECRETS
from portal.metric_facts import FAMILIES, OF_THE_PROCESS
from portal.metrics import REGISTRY, http_requests, http_seconds, login_failures
from procedures.enums import ProposalState
from releases.enums import PublicationState
from reviews.enums import ReviewState
from tests.test_layers import ALLOWED

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXT = "\n".join(path.read_text() for path in DOCUMENTS)

OWN_COMMANDS = {name for name, app in get_commands().items() if app in ALLOWED}
SETTINGS = {*KNOWN, *(f"{name}_FILE" for name in SECRETS)}

# Django's and our dependencies' commands that the docs may tell people to run.
FOREIGN_COMMANDS = {
    "migrate",
    "createsuperuser",
    "collectstatic",
    "check",
    "shell",
    "makemigrations",
    "spectacular",
}


# The calls that put an event into the log. Those with a prefix take what comes after it.
EVENT_CALLS = {
    "event": "",
    "announce": "",
    "notify": "",
    "announce_request": "permission_request.",
    "announce_chat": "chat.",
    "announce_prompt": "",
    "announce_question": "question.",
    "announce_review": "review.",
    "announce_rule": "whitelist_rule.",
    "announce_delegation": "delegation.",
    "announce_publication": "",
    "announce_engine": "",
    "announce_config": "config.",
    "announce_server": "mcp_server.",
    "announce_mcp_request": "mcp_server.",
    "announce_proposal": "proposal.",
    "send_back": "proposal.",
    "announce_sop": "sop.",
}


def event_kinds() -> Iterator[str]:
    """Yield every event kind: those that the code names literally, and the states a request can end in."""
    for app in ALLOWED:
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and (prefix := EVENT_CALLS.get(called_name(node))) is not None:
                    words = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
                    yield from (f"{prefix}{word}" for word in words if isinstance(word, str))
    yield from (RequestState(state).event for state in RequestState.closed())
    yield from (QuestionState(state).event for state in QuestionState.ended())
    yield from (ReviewState(state).event for state in ReviewState.closed())
    yield from (state.event for state in ServerState)
    yield from (McpRequestState(state).event for state in McpRequestState.closed())
    yield from (ProposalState(state).event for state in ProposalState.ended())
    yield from (PublicationState(state).event for state in PublicationState.finished())


def called_name(call: ast.Call) -> str:
    """Return the last name of what is called: `event` of `change.event(...)`."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def read_document(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()


def read_rows(name: str) -> list[list[str]]:
    """The cells of every table row of a document, heads and rules left out."""
    lines = re.findall(r"^\| (.+) \|$", read_document(name), flags=re.MULTILINE)
    cells = [[cell.strip() for cell in re.split(r"(?<!\\) ?\| ?", line)] for line in lines]
    return [row for row in cells if not set(row[0]) <= {"-", " "}]


# Settings -------------------------------------------------------------------------------------------


def test_the_settings_table_is_what_the_environment_is_read_by() -> None:
    rows = [row for row in read_rows("settings") if row[0].startswith("`")]
    expected = [[f"`{name}` *" if name in SECRETS else f"`{name}`", KNOWN[name]] for name in KNOWN]
    assert rows == expected
    assert list(KNOWN) == sorted(KNOWN)


def test_every_setting_is_read_exactly_where_settings_are_made() -> None:
    text = (ROOT / "portal" / "settings.py").read_text()
    read = set(re.findall(r"env\.read_\w+\(\s*\"(\w+)\"", text))
    assert read == set(KNOWN)


def test_the_docs_name_no_setting_that_does_not_exist() -> None:
    assert set(re.findall(r"\bCOUNTERSIGN_[A-Z0-9_]+\b", TEXT)) - SETTINGS == set()


# Named like a setting, and none: what `portal.settings` tells others about the settings that were given.
NO_VARIABLES = {"COUNTERSIGN_GIVEN"}
PRODUCT = [ROOT / app for app in (*ALLOWED, "deploy", "benchmarks")]
PROGRAMS = [
    *(path for folder in PRODUCT for path in sorted(folder.rglob("*.py"))),
    ROOT / "manage.py",
    ROOT / "Makefile",
    ROOT / ".ci" / "run",
]


def test_the_code_names_no_variable_that_is_not_documented() -> None:
    found = {
        name for path in PROGRAMS for name in re.findall(r"\bCOUNTERSIGN_[A-Z0-9_]+\b", path.read_text())
    }
    assert found - SETTINGS - NO_VARIABLES == set()


def test_the_product_reads_its_environment_in_one_place() -> None:
    """Besides programs that start others, which hand their environment on."""
    readers = {
        str(path.relative_to(ROOT))
        for app in ALLOWED
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"\bos\.environ\b|\bimport environ\b|\bgetenv\b", path.read_text())
    }
    assert readers == {
        "portal/settings.py",
        "portal/checks.py",
        # DJANGO_SETTINGS_MODULE.
        "portal/asgi.py",
        # How package indexes are reached, by name.
        "mcp_servers/fetching/processes.py",
        "relay/demo/session.py",
        "relay/management/commands/demo.py",
        "relay/opencode/process.py",
        # What it is told to pass on, by name.
        "releases/management/commands/run_engine.py",
    }


# Commands -------------------------------------------------------------------------------------------


def test_the_command_table_is_what_there_is() -> None:
    rows = [row[0] for row in read_rows("commands") if row[0].startswith("`manage.py")]
    assert sorted(re.findall(r"^`manage\.py (\w+)", row)[0] for row in rows) == sorted(OWN_COMMANDS)


@pytest.mark.parametrize("command", sorted(OWN_COMMANDS))
def test_a_commands_options_in_the_table_exist(command: str) -> None:
    [row] = [row[0] for row in read_rows("commands") if re.match(rf"`manage\.py {command}\b", row[0])]
    module = load_command_class(get_commands()[command], command)
    known = {
        option
        for action in module.create_parser("manage.py", command)._actions  # noqa: SLF001 - argparse lists no other way
        for option in action.option_strings
    }
    assert set(re.findall(r"--[a-z-]+", row)) - known == set()


def test_the_docs_name_no_command_that_does_not_exist() -> None:
    assert set(re.findall(r"manage\.py ([a-z_]+)", TEXT)) - OWN_COMMANDS - FOREIGN_COMMANDS == set()


def make_targets() -> dict[str, str]:
    """Each target that people run, with its line of help."""
    found = re.findall(r"^([a-z-]+):.*## (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    return dict(found)


def test_the_table_of_make_targets_is_what_make_help_says() -> None:
    rows = [row for row in read_rows("commands") if row[0].startswith("`make ")]
    assert dict(rows) == {f"`make {name}`": words for name, words in make_targets().items()}


def test_the_docs_name_no_make_target_that_does_not_exist() -> None:
    assert set(re.findall(r"`make ([a-z-]+)", TEXT)) - set(make_targets()) == set()


# Events ---------------------------------------------------------------------------------------------


def test_the_docs_list_exactly_the_event_kinds_there_are() -> None:
    rows = [row[0].strip("`") for row in read_rows("events") if row[0].startswith("`")]
    assert sorted(rows) == sorted(set(event_kinds()))


def test_every_event_is_of_a_kind_that_can_be_read_in_the_code() -> None:
    """A kind put together elsewhere would be in no document: only the wrappers named above pass one on."""
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for app in ALLOWED
        for path in sorted((ROOT / app).rglob("*.py"))
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name not in EVENT_CALLS
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and is_event_of_the_log(call)
        if not (call.args and isinstance(call.args[0], ast.Constant))
    ]
    assert hidden == []


def is_event_of_the_log(call: ast.Call) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "event"
        and getattr(function.value, "id", "") == "change"
    )


def test_topics_are_those_of_the_code() -> None:
    rows = [row[1] for row in read_rows("events") if row[0].startswith("`")]
    assert set(rows) - TOPICS == set()
    [line] = re.findall(r"^- `topics`: (.+)\. Absent", read_document("listening"), flags=re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", line)) == TOPICS


# Listening ------------------------------------------------------------------------------------------


def test_close_codes_are_those_of_the_code() -> None:
    rows = [row[:3] for row in read_rows("listening") if re.fullmatch(r"4\d{3}", row[0])]
    assert rows == [[str(code.value), code.name.lower(), code.label] for code in CloseCode]


def test_frame_types_are_those_of_the_code() -> None:
    text = read_document("listening")
    rows = re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
    assert rows == [kind.value for kind in FrameType]
    assert set(re.findall(r'"type": "(\w+)"', text)) <= set(FrameType)


# Metrics --------------------------------------------------------------------------------------------

OWN_METRICS = (http_requests, http_seconds, login_failures)


def test_metrics_are_those_of_the_registry() -> None:
    """Name, type, labels, whose it is, and what it says."""
    rows = [row for row in read_rows("metrics") if row[0].startswith("`countersign_") and len(row) == 5]
    expected = {}
    for family in FAMILIES:
        kind, ending = ("counter", "_total") if family.is_counter else ("gauge", "")
        whose = "process" if family in OF_THE_PROCESS else "deployment"
        expected[f"{family.name}{ending}"] = (kind, family.labels, whose, family.help)
    for metric in OWN_METRICS:
        [described] = metric.describe()
        name = described.name + ("_total" if described.type == "counter" else "")
        labels = tuple(metric._labelnames)  # noqa: SLF001 - the client tells them in no other way
        expected[name] = (described.type, labels, "process", described.documentation)
    told = {
        row[0].strip("`"): (row[1], tuple(re.findall(r"`(\w+)`", row[2])), row[3], row[4]) for row in rows
    }
    assert told == expected


@pytest.mark.django_db
def test_metrics_that_are_told_are_all_documented() -> None:
    told = {family.name for family in REGISTRY.collect()}
    known = {family.name for family in FAMILIES}
    known |= {name for metric in OWN_METRICS for name in (each.name for each in metric.describe())}
    assert {name for name in told if name.startswith("countersign_")} - known == set()
    assert {name.partition("_")[0] for name in told} == {"countersign", "process", "python"}


# Links ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []
