"""What is not understood, or too much, is refused with a sentence; what is dangerous is named."""

from __future__ import annotations

import time
from typing import Any

import pytest

from configs.formats.drafts import Fate, Parsed
from configs.formats.limits import FormatError
from configs.formats.plain_json import read_json
from configs.formats.plain_yaml import read_yaml
from configs.formats.registry import detect_format, parse_file

pytestmark = pytest.mark.pure

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"


def parse(text: str, name: str = "agent/one.md", format_name: str = "") -> Parsed:
    return parse_file(text.encode(), name, format_name)


def agent(front_matter: str, body: str = "Hello.") -> str:
    return f"---\n{front_matter}\n---\n{body}\n"


def sentences(parsed: Parsed, fate: Fate) -> list[tuple[str, str]]:
    return [(finding.key, finding.sentence) for finding in parsed.list_fates(fate)]


# Refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        (agent(BOMB), "agent/one.md", "anchors and aliases are not read"),
        (agent("x: !!python/object:os.system ls"), "agent/one.md", "tags are not read"),
        (agent("<<: {mode: primary}"), "agent/one.md", "merge keys are not read"),
        (agent("mode: primary\nmode: all"), "agent/one.md", "the key 'mode' stands twice"),
        (agent("a: " + "[" * 30 + "]" * 30), "agent/one.md", "nested deeper than 20 levels"),
        (agent("a: " + "x" * 70_000), "agent/one.md", "More than 64 KB"),
        (agent("steps: 999999999999999999999"), "agent/one.md", "a number is too large"),
        (agent("temperature: .inf"), "agent/one.md", r"\.inf is no number"),
        (agent("temperature: 9"), "agent/one.md", "temperature: this is a number from 0 to 2"),
        (agent("- a\n- b"), "agent/one.md", "no list of keys and values"),
        (agent("mode: boss"), "agent/one.md", "mode: this is one of primary, subagent, all"),
        (agent("permission: maybe"), "agent/one.md", "permission: this is one of allow, ask, deny"),
        (agent("permission:\n  bash: [a]"), "agent/one.md", "permission.bash: this is one of"),
        (agent("tools: {bash: sometimes}"), "agent/one.md", "tools: this is a map"),
        (agent("model: nobody"), "agent/one.md", "model: this is provider/model"),
        (agent("color: pinkish"), "agent/one.md", "color: this is #RRGGBB"),
        ("---\nmode: all\n", "agent/one.md", "no second one follows"),
        (agent("mode: all", "x\x07y"), "agent/one.md", "control characters"),
        (agent('description: "a\\x07b"'), "agent/one.md", "control characters"),
        (agent("mode: all", "x\x00y"), "agent/one.md", "control characters"),
        (agent("mode: all", "x" * 300_000), "agent/one.md", "body: at most 256 KB"),
        (agent("mode: all"), "agent/../../etc/one.md", "leads out of its folder"),
        (agent("mode: all"), "agent\\..\\one.md", "leads out of its folder"),
        (agent("mode: all"), "agent/on\u202ee.md", "characters that can't be shown"),
        (agent("mode: all"), "agent/é.md", "leaves nothing to make a name of"),
        (agent("mode: all"), "x" * 201 + ".md", "1 to 200 characters"),
        (agent("name: ../../etc/passwd\ntools: Read"), "one.md", "is a path, not a name"),
        (agent("name: a/b\nrole: developer"), "one.md", "is a path, not a name"),
        (agent("name: 7\ntools: Read"), "one.md", "name: a name has to stand here"),
        (agent("role: developer"), "one.md", "name: a profile has a name"),
        (agent("name: a\nrole: boss"), "one.md", "role: this is one of"),
        (agent("name: a\nrole: custom\nallowedTools: all"), "one.md", "allowedTools: this is a list"),
        ("{", "opencode.json", "not valid JSON"),
        ("[]", "opencode.json", "no map of settings"),
        ('{"a": 1, "a": 2}', "opencode.json", "the key 'a' twice"),
        ('{"agent": {"../x": {}}}', "opencode.json", "is a path, not a name"),
        ('{"agent": []}', "opencode.json", "agent: this is a map"),
        ('{"provider": {"x": {"models": []}}}', "opencode.json", "models: this is a map"),
        ('{"agent": {"x": {"prompt": "\\u0007"}}}', "opencode.json", "control characters"),
        ("[" * 100_000, "opencode.json", "nested deeper than 20 levels"),
        (BOMB, "team.yaml", "anchors and aliases are not read"),
        ("countersign: 2", "team.yaml", "A bundle begins with"),
        ("prompts: []", "team.yaml", "A bundle begins with"),
        ("countersign: 1\nsecrets: []", "team.yaml", "no part of the name 'secrets'"),
        ("countersign: 1\nprompts: {}\nagents: 1", "team.yaml", "agents: this is a list of maps"),
        ("countersign: 1\nprompts:\n  - name: a\n  - name: a", "team.yaml", "a stands in the bundle twice"),
        ("countersign: 1\nprompts:\n  - name: a\n    bodyy: x", "team.yaml", "there is no such field"),
        ("countersign: 1\nagents:\n  - name: a\n    prompt: [x]", "team.yaml", "prompt: this is a name"),
        ("countersign: 1\nagents:\n  - name: A b", "team.yaml", "use a-z, 0-9"),
    ],
)  # fmt: skip
def test_it_is_refused_and_says_why(text: str, name: str, sentence: str) -> None:
    with pytest.raises(FormatError, match=sentence):
        parse(text, name)


@pytest.mark.parametrize("name", ["agent/one.md", "opencode.json", "team.yaml", "AGENTS.md"])
def test_ten_megabytes_are_refused_before_they_are_read(name: str) -> None:
    started_s = time.monotonic()
    with pytest.raises(FormatError, match="at most"):
        parse_file(b"[" * (10 * 1024 * 1024), name)
    assert time.monotonic() - started_s < 2


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(FormatError, match="no UTF-8 text: byte 6"):
        parse_file(b"Hello \xff", "AGENTS.md")


def test_a_message_holds_nothing_of_the_files_text() -> None:
    """It may be a secret."""
    with pytest.raises(FormatError) as caught:
        parse(agent("options: {apiKey: sk-abcdefghijklmnop, ]"))
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("2026-05-31", "2026-05-31"),
        ("12:30:00", "12:30:00"),
        ("0o17", 15),
        ("0x1F", 31),
        ("-7", -7),
        ("true", True),
        ("~", None),
        ("'007'", "007"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    assert read_yaml(f"a: {text}") == {"a": value}


def test_comments_and_trailing_commas_are_read_and_texts_left_alone() -> None:
    assert read_json('{ // one\n "a": ["/* no */", "//", ",]",], /* two */ "b": 0.10, }') == {
        "a": ["/* no */", "//", ",]"],
        "b": read_yaml("0.1"),
    }


# Reported -------------------------------------------------------------------------------------------


def test_an_unknown_key_goes_where_the_engine_sends_it_and_is_risky() -> None:
    parsed = parse(agent("mode: all\nportal_rev: 12"))
    assert sentences(parsed, Fate.RISKY) == [
        (
            "portal_rev",
            "The engine knows no such key and sends it to the model's provider; kept among the options.",
        )
    ]
    assert parsed.drafts[-1].content.write()["options"] == {"portal_rev": 12}


def test_a_star_at_the_end_is_kept_where_it_stands_and_is_risky() -> None:
    parsed = parse(agent('permission:\n  bash:\n    "rm *": deny\n    "*": ask'))
    assert [(rule["pattern"], rule["action"]) for rule in parsed.drafts[-1].content.write()["rules"]] == [
        ("rm *", "deny"),
        ("*", "ask"),
    ]
    assert sentences(parsed, Fate.RISKY) == [
        ("permission.bash", "It comes last and undoes what stands before it: rm *.")
    ]


@pytest.mark.parametrize(
    ("rules", "keys"),
    [
        ('"*": allow', ["permission.*"]),
        ("mcp_*: allow", ["permission.mcp_*"]),
        ("bash: allow", ["permission.bash"]),
        ("edit: allow\nread: deny\n'*': ask", ["permission.edit", "permission.*"]),
        ("bash: ask\nread: allow", []),
    ],
)
def test_rules_that_surprise_are_named(rules: str, keys: list[str]) -> None:
    block = "\n".join(f"  {line}" for line in rules.split("\n"))
    assert [key for key, _ in sentences(parse(agent(f"permission:\n{block}")), Fate.RISKY)] == keys


@pytest.mark.parametrize("mode", ["bypassPermissions", "acceptEdits", "dontAsk"])
def test_a_mode_that_skips_approval_is_risky_and_not_kept(mode: str) -> None:
    parsed = parse(agent(f"name: a\npermissionMode: {mode}"))
    assert [key for key, _ in sentences(parsed, Fate.RISKY)] == ["permissionMode"]
    assert parsed.drafts[-1].content.write()["rules"] == []


def test_hooks_are_dropped_by_name() -> None:
    parsed = parse(agent("name: a\ntools: Read\nhooks:\n  Stop: []"))
    assert ("hooks", "Hooks are commands that would run beside the engine's gate; not kept.") in sentences(
        parsed, Fate.DROPPED
    )


def test_an_mcp_server_inside_a_file_is_a_request_of_its_own() -> None:
    parsed = parse(
        '{"mcp": {"x": {"type": "local", "command": ["npx", "srv"], "environment": {"TOKEN": "t0"}}}}',
        "o.json",
    )
    assert parsed.drafts == ()
    assert sentences(parsed, Fate.REQUEST) == [
        ("mcp.x", "An MCP server (runs npx); it needs a request of its own.")
    ]
    assert sentences(parsed, Fate.RISKY) == [
        ("mcp.x", "It holds literal secrets (environment.TOKEN); not kept.")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "options:\n  apiKey: abcdef123456",
        "apiKey: abcdef123456",
        "options:\n  headers:\n    Authorization: Bearer abcdef123456",
        "options:\n  list: [ghp_abcdefghijklmnopqrstuvwxyz]",
    ],
)
def test_literal_secrets_are_named_and_left_out(text: str) -> None:
    parsed = parse(agent(text))
    assert "A literal secret; not kept. Name an environment variable of the engine instead." in [
        sentence for _, sentence in sentences(parsed, Fate.RISKY)
    ]
    assert "abcdef123456" not in repr(parsed)
    assert "ghp_" not in repr(parsed)


def test_a_reference_to_a_variable_is_no_secret() -> None:
    parsed = parse(agent("options:\n  apiKey: '{env:KEY}'"))
    assert sentences(parsed, Fate.RISKY) == []
    assert parsed.drafts[-1].content.write()["options"] == {"apiKey": "{env:KEY}"}


def test_what_the_engine_would_fill_in_is_named() -> None:
    parsed = parse(agent("mode: all", "Read {file:/etc/passwd} and greet {{user}}."))
    assert [sentence for _, sentence in sentences(parsed, Fate.RISKY)] == [
        "It holds a reference that the engine would fill in; here it stays plain text.",
        "It reads as if it had variables; without them they stay text: user.",
    ]


def test_a_name_that_is_no_word_is_made_one_and_named() -> None:
    parsed = parse(agent("mode: all"), "agent/Code Reviewer (v2).md")
    assert parsed.drafts[-1].content.name == "code-reviewer-v2"
    [finding] = parsed.list_fates(Fate.RISKY)
    assert finding.value == "Code Reviewer (v2) → code-reviewer-v2"


def test_an_old_mode_is_read_and_named() -> None:
    parsed = parse(agent("mode: sandbox_agent"))
    assert parsed.drafts[-1].content.write()["mode"] == "subagent"
    assert sentences(parsed, Fate.RISKY) == [("mode", "A mode of an older system; read as subagent.")]


# Told apart -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "format_name"),
    [
        ("{}", "opencode.json", "opencode_config"),
        ("{}", "x/opencode.jsonc", "opencode_config"),
        ("countersign: 1", "team.yml", "bundle"),
        ("Hello", "AGENTS.md", "instructions"),
        ("Hello", "sub/CLAUDE.md", "instructions"),
        ("Hello", "instructions/house.md", "instructions"),
        ("Hello", "agents/one.md", "opencode_agent"),
        (agent("description: x"), "one.md", "opencode_agent"),
        (agent("description: x\nmode: all"), "one.md", "opencode_agent"),
        (agent("name: x\ntools:\n  bash: true"), "one.md", "opencode_agent"),
        (agent("name: x\ndescription: y"), "one.md", "claude_agent"),
        (agent("name: x\ntools: Read"), "one.md", "claude_agent"),
        (agent("name: x\nallowedTools: []"), "one.md", "cao_profile"),
        (agent("name: x\nprovider: q"), "one.md", "cao_profile"),
    ],
)
def test_the_format_is_told_from_name_and_keys(text: str, name: str, format_name: str) -> None:
    assert detect_format(text, name) == format_name


@pytest.mark.parametrize("name", ["notes.md", "notes.txt", "notes"])
def test_what_can_not_be_told_is_asked_for(name: str) -> None:
    with pytest.raises(FormatError, match="say its format"):
        parse("Hello", name)
    assert parse("Hello", name, "instructions").format == "instructions"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(FormatError, match="There is no format 'toml'"):
        parse("Hello", "one.md", "toml")
