"""What is said of a request from its content alone: attacks are found, ordinary servers pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from mcp_servers.checks.addresses import check_remote
from mcp_servers.checks.exposure import check_environment, check_paths, check_references
from mcp_servers.checks.known_names import BUILT_IN_TOOLS, KnownNames
from mcp_servers.checks.launcher import CONTAINERS, FETCHERS, SHELLS, WRAPPERS, check_launcher
from mcp_servers.checks.literal_secrets import check_secrets
from mcp_servers.checks.names import check_names, count_slips
from mcp_servers.checks.pinned import check_pinned
from mcp_servers.checks.results import OUTCOMES, SEVERITIES, CheckResult
from mcp_servers.checks.schemas import check_schema
from mcp_servers.checks.static import run_static_checks
from mcp_servers.checks.texts import check_texts
from mcp_servers.content import EnvironmentVariable, Header, McpServerContent, Package
from tests.mcp_servers.formats.contents import contents

pytestmark = pytest.mark.pure

DIGEST = "sha256:" + "0f" * 32
NAMES = (
    *("schema", "pinned", "launcher", "names", "secrets", "environment", "references", "paths"),
    *("characters", "address"),
)
STOCK = (
    ("pypi", "mcp-server-time", "2026.10.19", ("--local-timezone", "Europe/Berlin")),
    ("pypi", "mcp-server-git", "2026.10.19", ("--repository", "/srv/projects/portal")),
    ("pypi", "mcp-server-fetch", "2026.10.24", ()),
    ("npm", "@modelcontextprotocol/server-everything", "2026.8.31", ()),
    ("npm", "@modelcontextprotocol/server-filesystem", "2026.8.31", ("/srv/data",)),
    ("npm", "@modelcontextprotocol/server-memory", "2026.8.31", ()),
)


def package(
    kind: str, identifier: str, version: str, *arguments: str, name: str = "stock"
) -> McpServerContent:
    return McpServerContent(
        name=name, package=Package(kind=kind, identifier=identifier, version=version), arguments=arguments
    )


def program(path: str, *arguments: str) -> McpServerContent:
    return McpServerContent(name="mine", program=path, arguments=arguments)


def remote(url: str) -> McpServerContent:
    return McpServerContent(name="far", transport="streamable-http", url=url)


def variable(name: str, value: str = "", *, is_secret: bool = False) -> McpServerContent:
    made = EnvironmentVariable(name=name, value=value, is_secret=is_secret)
    return McpServerContent(name="mine", program="/usr/bin/x", environment=(made,))


def said(result: CheckResult) -> tuple[str, str]:
    return result.outcome, result.severity


@pytest.mark.parametrize(("kind", "identifier", "version", "arguments"), STOCK)
def test_a_stock_server_passes_every_check(
    kind: str, identifier: str, version: str, arguments: tuple[str, ...]
) -> None:
    results = run_static_checks(package(kind, identifier, version, *arguments), known=KnownNames())
    worse = [result for result in results if result.severity != "info" or result.outcome == "not_checked"]
    assert ([result.name for result in results], worse) == (list(NAMES), [])


@given(content=contents)
def test_every_check_says_something_of_every_content(content: McpServerContent) -> None:
    results = run_static_checks(content, known=KnownNames(approved=frozenset({"github"})))
    assert tuple(result.name for result in results) == NAMES
    for result in results:
        assert (result.outcome in OUTCOMES, result.severity in SEVERITIES) == (True, True)
        assert result.sentence
    assert results[0].outcome == "passed"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (package("pypi", "a", "1.0"), ("passed", "info")),
        (package("pypi", "a", "1!2.0rc1.post2.dev3+local.1"), ("passed", "info")),
        (package("npm", "a", "1.0.0-beta.2+build"), ("passed", "info")),
        (package("oci", "a", DIGEST), ("passed", "info")),
        (package("pypi", "a", ""), ("finding", "blocking")),
        (package("pypi", "a", "1.*"), ("finding", "blocking")),
        (package("pypi", "a", ">=1"), ("finding", "blocking")),
        (package("npm", "a", "latest"), ("finding", "blocking")),
        (package("npm", "a", "^1.0.0"), ("finding", "blocking")),
        (package("npm", "a", "1.x"), ("finding", "blocking")),
        (package("npm", "a", "1.0"), ("finding", "blocking")),
        (package("npm", "a", "1.0.0 || 2.0.0"), ("finding", "blocking")),
        (package("oci", "a", "1.0"), ("finding", "blocking")),
        (package("oci", "a", "sha256:abc"), ("finding", "blocking")),
        (program("/usr/bin/x"), ("not_checked", "low")),
        (remote("https://example.com/"), ("not_checked", "low")),
    ],
)
def test_only_one_exact_version_or_digest_counts_as_pinned(
    content: McpServerContent, expected: tuple[str, str]
) -> None:
    assert said(check_pinned(content)) == expected


@pytest.mark.parametrize("name", sorted(SHELLS | WRAPPERS | FETCHERS | CONTAINERS))
def test_what_runs_something_else_is_never_a_launcher(name: str) -> None:
    known = KnownNames(programs=frozenset({"/usr/bin/x"}))
    assert said(check_launcher(program(f"/usr/bin/{name}", "x"), known)) == ("finding", "blocking")
    assert said(check_launcher(program(f"/usr/bin/{name.upper()}", "x"), known)) == ("finding", "blocking")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (program("/usr/bin/python3.11", "/srv/x.py"), ("passed", "info")),
        (program("/usr/bin/python3", "-u", "-I", "/srv/x.py", "-c"), ("passed", "info")),
        (program("/usr/bin/node", "--no-warnings", "/srv/x.js", "-e"), ("passed", "info")),
        (program("/opt/allowed"), ("passed", "info")),
        (program("/opt/unknown"), ("finding", "blocking")),
        (program("/usr/bin/python3", "-c", "import os"), ("finding", "blocking")),
        (program("/usr/bin/python3", "-Ic", "import os"), ("finding", "blocking")),
        (program("/usr/bin/python3", "-"), ("finding", "blocking")),
        (program("/usr/bin/python3", "x.py"), ("finding", "blocking")),
        (program("/usr/bin/python3"), ("finding", "blocking")),
        (program("/usr/bin/python3", "-m", "http.server"), ("finding", "high")),
        (program("/usr/bin/node", "-e", "1"), ("finding", "blocking")),
        (program("/usr/bin/node", "--eval=1"), ("finding", "blocking")),
        (program("/usr/bin/node", "--require", "/x.js", "/y.js"), ("finding", "blocking")),
        (program("/usr/bin/node", "--inspect=0.0.0.0", "/y.js"), ("finding", "blocking")),
        (package("npm", "a", "1.0.0", "sh", "-c", "curl x"), ("finding", "blocking")),
        (package("npm", "a", "1.0.0", "/bin/bash", "-lc", "x"), ("finding", "blocking")),
        (package("npm", "a", "1.0.0", "--privileged"), ("finding", "blocking")),
        (package("npm", "a", "1.0.0", "a | b"), ("finding", "high")),
        (package("npm", "a", "1.0.0", "$(id)"), ("finding", "high")),
        (package("npm", "a", "1.0.0", "a; b"), ("finding", "high")),
        (package("oci", "a", DIGEST), ("not_checked", "high")),
        (remote("https://example.com/"), ("passed", "info")),
    ],
)
def test_launchers_are_told_from_the_list_of_arguments(
    content: McpServerContent, expected: tuple[str, str]
) -> None:
    assert said(check_launcher(content, KnownNames(programs=frozenset({"/opt/allowed"})))) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("github", ("passed", "info")),
        ("weather", ("passed", "info")),
        ("git", ("passed", "info")),
        ("githud", ("finding", "high")),
        ("gihtub", ("finding", "high")),
        ("glthub", ("finding", "high")),
        ("git-hub", ("finding", "high")),
        ("filesystern", ("finding", "high")),
        ("fi1esystem", ("finding", "high")),
        ("filesytsem", ("finding", "high")),
        ("bash", ("finding", "blocking")),
        ("todo", ("passed", "info")),
        ("external", ("finding", "blocking")),
        ("webfetch", ("finding", "blocking")),
    ],
)
def test_look_alikes_and_names_of_built_in_tools_are_found(name: str, expected: tuple[str, str]) -> None:
    known = KnownNames(
        approved=frozenset({"github", "filesystem"}), tools=frozenset(BUILT_IN_TOOLS - {"todo"})
    )
    content = McpServerContent(name=name, program="/x")
    assert said(check_names(content, known)) == expected


def test_a_package_that_looks_like_an_approved_one_is_found() -> None:
    known = KnownNames(packages=frozenset({"@modelcontextprotocol/server-filesystem"}))
    content = package("npm", "@modelcontextprotoco1/server-filesystem", "1.0.0")
    assert check_names(content, known).details == {
        "names": [],
        "packages": ["@modelcontextprotocol/server-filesystem"],
    }


@given(one=st.text("abc", max_size=6), other=st.text("abc", max_size=6))
def test_slips_are_counted_the_same_from_both_sides(one: str, other: str) -> None:
    assert count_slips(one, other, 9) == count_slips(other, one, 9)
    assert (count_slips(one, other, 9) == 0) == (one == other)
    assert count_slips(one, other, 9) <= max(len(one), len(other))


PREFIXED = (
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 9,
    "glpat-" + "a1B2" * 5,
    "xoxb-1234567890-abcdefghij",
    "AKIA" + "ABCD1234" * 2,
    "AIza" + "a1B2" * 9,
    "sk-" + "a1B2" * 9,
    "npm_" + "a1B2" * 9,
    "pypi-" + "a1B2" * 9,
    "csk_" + "a1B2" * 9,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abcdefghijk",
    "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----",
)


@pytest.mark.parametrize("number", range(len(PREFIXED)))
@pytest.mark.parametrize("place", ["argument", "variable", "header", "address"])
def test_a_telling_secret_blocks_wherever_it_stands(place: str, number: int) -> None:
    secret = PREFIXED[number]
    places: dict[str, dict[str, Any]] = {
        "argument": {"program": "/x", "arguments": (f"--with={secret}",)},
        "variable": {"program": "/x", "environment": (EnvironmentVariable(name="A", value=secret),)},
        "header": {
            "transport": "sse",
            "url": "https://a.example.com/",
            "headers": (Header(name="A", value=secret),),
        },
        "address": {"transport": "sse", "url": f"https://a.example.com/{secret}"},
    }
    result = check_secrets(McpServerContent(name="x", **places[place]))
    assert said(result) == ("finding", "blocking")
    assert secret not in f"{result.sentence}{result.details}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zq83hGj2LmP0sXcVbN4tYw7", "high"),
        ("9f86d081884c7d659a2feaa0c55ad015", "high"),
        ("d41d8cd9-8f00-b204-e980-0998ecf8427e", "high"),
        ("dGhpcyBpcyBhIHNlY3JldCB2YWx1ZQ1=", "high"),
        (DIGEST, "info"),
        ("/srv/projects/some-long-name-of-a-folder/with_more_words", "info"),
        ("https://example.com/a/path/with/many/words", "info"),
        ("a-perfectly-ordinary-sentence-of-words-in-kebab-case", "info"),
        ("2026-11-22T12:00:00+00:00", "info"),
        ("ThisIsAClassNameOfSomeSortInJava", "info"),
        ("/srv/pytest-of-root/pytest-123/test_a_server_is_fetched_and_listed0/x-ilg_pgq2/server.py", "info"),
        ("postgres://user:hunter2@db/app", "high"),
        ("--password=hunter2", "high"),
    ],
)
def test_what_looks_drawn_is_suspicious_and_words_are_not(text: str, expected: str) -> None:
    assert check_secrets(program("/x", text)).severity == expected


def test_a_value_under_a_telling_name_has_to_be_declared() -> None:
    assert said(check_secrets(variable("API_KEY", "abc"))) == ("finding", "high")
    assert said(check_secrets(variable("API_KEY", is_secret=True))) == ("passed", "info")
    header = Header(name="Authorization", value="abc")
    content = McpServerContent(name="x", transport="sse", url="https://a.example.com/", headers=(header,))
    assert said(check_secrets(content)) == ("finding", "high")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, "blocking") for name in ("LD_PRELOAD", "NODE_OPTIONS", "PYTHONPATH", "PATH", "BASH_ENV")),
        *((name, "blocking") for name in ("ld_library_path", "DYLD_INSERT_LIBRARIES", "PYTHONSTARTUP")),
        *((name, "blocking") for name in ("GIT_SSH_COMMAND", "npm_config_registry", "PIP_INDEX_URL")),
        *((name, "blocking") for name in ("OPENCODE_SERVER_PASSWORD", "COUNTERSIGN_KEYS_FILE", "IFS")),
        *((name, "high") for name in ("HTTPS_PROXY", "http_proxy", "NODE_TLS_REJECT_UNAUTHORIZED", "HOME")),
        *((name, "info") for name in ("GITHUB_TOKEN", "NODE_ENV", "PYTHONUNBUFFERED", "TZ", "LOG_LEVEL")),
    ],
)
def test_variables_that_choose_code_or_traffic_are_found(name: str, expected: str) -> None:
    assert check_environment(variable(name)).severity == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{env:OPENCODE_SERVER_PASSWORD}", "blocking"),
        ("a {env:HOME} b", "blocking"),
        ("{file:/etc/passwd}", "blocking"),
        ("${HOME}", "high"),
        ("{{time.zone}}", "high"),
        ("{plain}", "info"),
    ],
)
def test_references_to_somebody_elses_values_are_found(text: str, expected: str) -> None:
    assert check_references(program("/x", text)).severity == expected
    assert check_references(variable("A", text)).severity == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *((path, "high") for path in ("/", "/etc", "/etc/passwd", "/root", "/proc/1/environ", "~", "~/x")),
        *((path, "high") for path in ("/home/somebody", "/srv/../etc", "--dir=/", "/home/a/.ssh/id_rsa")),
        *((path, "high") for path in ("/var/run/docker.sock", "/srv/x/.env", "/run/secrets/a")),
        *((path, "info") for path in ("/srv/data", "/home/somebody/projects", "relative/x", "--root=/srv")),
    ],
)
def test_telling_places_of_the_machine_are_found(path: str, expected: str) -> None:
    assert check_paths(program("/x", path)).severity == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://mcp.example.com/mcp", "info"),
        ("https://xn--bcher-kva.example.com/", "info"),
        ("https://93.184.216.34/", "info"),
        ("https://mcp.example.com:8443/", "low"),
        ("https://mcp.example.com/?k=v", "high"),
        *((f"https://{host}/", "blocking") for host in ("localhost", "127.0.0.1", "127.1", "2130706433")),
        *((f"https://{host}/", "blocking") for host in ("0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:1.2.3.4]")),
        *((f"https://{host}/", "blocking") for host in ("10.0.0.1", "169.254.169.254", "192.168.1.1", "0")),
        *((f"https://{host}/", "blocking") for host in ("[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]")),
        *(
            (f"https://{host}/", "blocking")
            for host in ("intranet", "db.internal", "a.local", "x.localhost.")
        ),
        *(
            (f"https://{host}/", "blocking")
            for host in ("bücher.example.com", "a_b.example.com", "100.64.0.1")
        ),
        ("http://mcp.example.com/", "blocking"),
        ("ftp://mcp.example.com/", "blocking"),
        ("https://user@mcp.example.com/", "blocking"),
        ("https://user:pass@mcp.example.com/", "blocking"),
        ("https://mcp.example.com@evil.example.org/", "blocking"),
        ("https://{region}.example.com/", "blocking"),
        ("https://mcp.example.com/#x", "blocking"),
        ("https://mcp.example.com\\@evil.example.org/", "blocking"),
        ("https://mcp.example.com:99999/", "blocking"),
        ("https://[::1/", "blocking"),
        ("https:///x", "blocking"),
    ],
)
def test_only_public_https_addresses_pass(url: str, expected: str) -> None:
    assert check_remote(remote(url)).severity == expected


@pytest.mark.parametrize(
    ("where", "content"),
    [
        ("argument 1", program("/x", "a\u202eb")),
        ("variable A", variable("A", "a\u200bb")),
        ("title", McpServerContent(name="x", program="/x", title="a\u2066b")),
    ],
)
def test_characters_that_fool_the_eye_are_found(where: str, content: McpServerContent) -> None:
    assert (check_texts(content).severity, list(check_texts(content).details)) == ("high", [where])


@pytest.mark.parametrize(
    "content",
    [
        McpServerContent(name="Bad_Name", program="/x"),
        McpServerContent(name="x"),
        McpServerContent(name="x", program="relative"),
        McpServerContent(name="x", program="/x", timeout_ms=0),
        McpServerContent(name="x", program="/x", environment=(EnvironmentVariable(name="A=B"),)),
        McpServerContent(name="x", program="/x", arguments=("a\0b",)),
        package("npm", "--global", "1.0.0"),
        package("pypi", "https://a.example/x.whl", "1.0"),
        package("pypi", "../x", "1.0"),
    ],
)
def test_a_content_of_a_wrong_form_is_blocked(content: McpServerContent) -> None:
    assert said(check_schema(content)) == ("finding", "blocking")
