"""Agents, prompts, models and their like through the API: written, read, saved on conditions, retired."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.domain.teams import add_member
from accounts.enums import Role, Scope
from accounts.models import Membership, Team, User
from configs.content import AgentContent, ConfigSet, ModelContent, PromptContent, read_content
from configs.kinds import KINDS
from configs.models import Agent, ConfigVersion, Prompt
from configs.opencode.tree import render_agent_file
from events.models import AuditEntry
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in
from tests.factories import ACTOR, make_config, make_owner, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

PATHS = {
    "prompt": "prompts",
    "instruction": "instructions",
    "provider": "providers",
    "model": "models",
    "agent": "agents",
    "tool_rules": "tool-rules",
}
CONTENTS: dict[str, dict[str, Any]] = {
    "prompt": {
        "name": "Review",
        "body": "Look at {{what}}.\n",
        "description": "For reviewers",
        "variables": [{"name": "what", "default": "the code", "description": ""}],
        "tags": ["review"],
    },
    "instruction": {"name": "style", "body": "Write plainly.\n", "tags": []},
    "provider": {
        "name": "local",
        "display_name": "Local",
        "package": "@ai-sdk/openai-compatible",
        "base_url": "http://127.0.0.1:9/v1",
        "api_key_env": "LOCAL_KEY",
        "options": {"timeout": 0.5, "deep": {"a": [1, 2.25, None, "x"]}},
    },
    "model": {
        "provider": "local",
        "identifier": "small-1",
        "name": "Small",
        "family": "small",
        "context_limit_tokens": 32000,
        "input_limit_tokens": None,
        "output_limit_tokens": 4000,
        "price_input_usd_per_million": "0.1",
        "price_output_usd_per_million": "0.25",
        "price_cache_read_usd_per_million": None,
        "price_cache_write_usd_per_million": None,
        "price_tiers": [
            {
                "above_tokens": 16000,
                "price_input_usd_per_million": "0.2",
                "price_output_usd_per_million": None,
                "price_cache_read_usd_per_million": None,
                "price_cache_write_usd_per_million": None,
            }
        ],
        "capabilities": {"temperature": True, "input": ["text"]},
        "variants": ["fast"],
        "status": "active",
        "release_date": "2026-05-31",
        "env_names": ["LOCAL_KEY"],
        "is_enabled": True,
        "options": {},
        "sources": {"name": {"source": "the engine", "as_of": "2026-06-01"}},
        "overridden": ["name"],
    },
    "agent": {
        "name": "reviewer",
        "description": "Reviews",
        "mode": "subagent",
        "prompt": "",
        "prompt_values": {},
        "model": "",
        "variant": "",
        "temperature": "0.1",
        "top_p": None,
        "steps": 20,
        "color": "#123abc",
        "is_hidden": False,
        "is_disabled": False,
        "options": {"reasoningEffort": "high", "share": 0.125},
        "subagents": ["helper"],
        "tools": {"webfetch": False},
        "rules": [
            {"permission": "bash", "pattern": "git status *", "action": "allow"},
            {"permission": "bash", "pattern": "git push *", "action": "deny"},
        ],
    },
    "tool_rules": {
        "name": "global",
        "rules": [
            {"permission": "*", "pattern": "*", "action": "ask"},
            {"permission": "bash", "pattern": "rm *", "action": "deny"},
            {"permission": "bash", "pattern": "ls *", "action": "allow"},
        ],
    },
}
RULE = {"permission": "bash", "pattern": "x", "action": "deny"}
KIND_NAMES = sorted(PATHS)


@pytest.fixture
def team() -> Team:
    return make_team("Blue")


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def client(editor: User) -> ApiClient:
    return call_as(editor)


def create(client: ApiClient, kind: str, **values: Any) -> Any:
    answer = client.write(f"{PATHS[kind]}/", {"content": {**CONTENTS[kind], **values}})
    assert answer.status_code == 201, answer.content
    return answer


def put(client: ApiClient, path: str, content: dict[str, Any], etag: str | None, **more: Any) -> Any:
    headers = {} if etag is None else {"If-Match": etag}
    return client.send("PUT", path, {"content": content, **more}, headers=headers)


def path_of(kind: str, made: Any) -> str:
    return f"{PATHS[kind]}/{made.json()['id']}/"


# Writing and reading --------------------------------------------------------------------------------------


def test_every_kind_is_covered_here() -> None:
    assert set(PATHS) == set(CONTENTS) == set(KINDS)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_what_was_written_is_read_whole_and_can_be_sent_back(
    client: ApiClient, editor: User, team: Team, kind: str
) -> None:
    made = create(client, kind)
    assert made.headers["Location"] == f"http://testserver/api/v1/{path_of(kind, made)}"
    shown = client.read(path_of(kind, made))
    document = shown.json()
    assert (document, shown.headers["ETag"]) == (made.json(), made.headers["ETag"])
    assert document["content"] == CONTENTS[kind]
    assert read_content(kind, document["content"]).write() == ConfigVersion.objects.get().content
    expected = {
        "team": {"id": team.pk, "name": "Blue"},
        "version": 1,
        "labels": {"draft": 1},
        "created_by": {"kind": "user", "id": editor.pk, "label": str(editor)},
        "retired_at": None,
    }
    assert {name: document[name] for name in expected} == expected
    page = client.read(f"{PATHS[kind]}/").json()
    rows = {name: value for name, value in document.items() if name != "content"}
    assert page == {"total": 1, "next": None, "next_cursor": None, "results": [rows]}
    same = put(client, path_of(kind, made), document["content"], made.headers["ETag"])
    assert (same.status_code, same.json()["version"], ConfigVersion.objects.count()) == (200, 1, 1)


def test_only_what_must_be_said_has_to_be_said(client: ApiClient) -> None:
    least = {
        "prompt": {"name": "P"},
        "instruction": {"name": "i"},
        "provider": {"name": "p"},
        "model": {"provider": "p", "identifier": "m"},
        "agent": {"name": "a"},
        "tool_rules": {},
    }
    for kind, content in least.items():
        answer = client.write(f"{PATHS[kind]}/", {"content": content})
        assert answer.status_code == 201, answer.content
        assert answer.json()["content"] == read_content(kind, content).write()


def test_a_number_that_no_reader_keeps_stays_exact(client: ApiClient, team: Team) -> None:
    exact = "0.1234567890123456789"
    made = create(client, "provider", options={"a": {"$decimal": exact}, "b": {"$decimal": "0.5"}})
    assert made.json()["content"]["options"] == {"a": {"$decimal": exact}, "b": 0.5}


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("agent", {"mode": "sandbox_agent"}, "content.mode"),
        ("agent", {"name": "../x"}, "content.name"),
        ("agent", {"name": "a.b"}, "content.name"),
        ("agent", {"name": ""}, "content.name"),
        ("agent", {"temperature": "3"}, "content.temperature"),
        ("agent", {"temperature": 0.5}, "content.temperature"),
        ("agent", {"temperature": "NaN"}, "content.temperature"),
        ("agent", {"steps": "5"}, "content.steps"),
        ("agent", {"steps": 0}, "content.steps"),
        ("agent", {"is_hidden": "yes"}, "content.is_hidden"),
        ("agent", {"tools": {"bash": 1}}, "content.tools.bash"),
        ("agent", {"rules": [{**RULE, "action": "perhaps"}]}, "content.rules[0].action"),
        ("agent", {"rules": [RULE, {**RULE, "pattern": "a\nb"}]}, "content.rules[1].pattern"),
        ("agent", {"extra_key": 5}, "content.extra_key"),
        ("agent", {"options": {"apiKey": "sk-12345678901234567890"}}, "content.options.apiKey"),
        ("agent", {"options": {"permission": {}}}, "content.options.permission"),
        ("agent", {"prompt": "000000000000000"}, "content.prompt"),
        ("agent", {"model": "nonsense"}, "content.model"),
        ("prompt", {"name": "a\u202eb"}, "content.name"),
        ("prompt", {"body": "x\x1b[31m"}, "content.body"),
        ("prompt", {"body": "x" * (256 * 1024 + 1)}, "content.body"),
        ("prompt", {"variables": [{"name": "A"}]}, "content.variables[0].name"),
        ("prompt", {"variables": [{"name": "a"}, {"name": "a"}]}, "content.variables"),
        ("instruction", {"name": "a/b"}, "content.name"),
        ("provider", {"base_url": "file:///etc/passwd"}, "content.base_url"),
        ("provider", {"api_key_env": "sk-live"}, "content.api_key_env"),
        ("model", {"identifier": "{env:HOME}"}, "content.identifier"),
        ("model", {"status": "retired"}, "content.status"),
        ("model", {"release_date": "yesterday"}, "content.release_date"),
        ("tool_rules", {"name": "other"}, "content.name"),
    ],
    ids=str,
)
def test_a_bad_content_is_400_names_the_field_and_saves_nothing(
    client: ApiClient, kind: str, values: dict[str, Any], field: str
) -> None:
    answer = client.write(f"{PATHS[kind]}/", {"content": {**CONTENTS[kind], **values}})
    assert outcome(answer) == (400, "invalid")
    assert [error["field"] for error in problem(answer)["errors"]] == [field]
    assert not ConfigVersion.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": None},
        {"content": []},
        {"content": "x"},
        {"content": CONTENTS["prompt"], "version": 5},
        {"content": CONTENTS["prompt"], "labels": {"production": 1}},
        {"content": CONTENTS["prompt"], "id": "0" * 15},
        {"content": CONTENTS["prompt"], "note": 5},
        {"content": CONTENTS["prompt"], "team": "000000000000000"},
        {"content": CONTENTS["prompt"], "team": ""},
    ],
    ids=str,
)
def test_a_bad_body_is_400_and_saves_nothing(client: ApiClient, body: dict[str, Any]) -> None:
    assert client.write("prompts/", body).status_code == 400
    assert not ConfigVersion.objects.exists()


def test_a_prompt_of_five_megabytes_is_refused_unread(client: ApiClient) -> None:
    answer = client.write("prompts/", {"content": {"name": "P", "body": "x" * 5_000_000}})
    assert outcome(answer) == (413, "too_large")
    assert not Prompt.objects.exists()


def test_a_name_is_taken_once(client: ApiClient, team: Team) -> None:
    create(client, "agent")
    again = client.write("agents/", {"content": CONTENTS["agent"]})
    assert outcome(again) == (409, "name_taken")
    make_config(None, AgentContent(name="shared"))
    answer = client.write("agents/", {"content": {"name": "shared"}})
    assert outcome(answer) == (409, "name_taken")


def test_the_same_post_under_one_key_is_one_object(client: ApiClient) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = (client.write("prompts/", {"content": CONTENTS["prompt"]}, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Prompt.objects.count() == 1


# Saving on the condition of having seen it ----------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in KIND_NAMES if kind != "tool_rules"])
def test_a_save_makes_the_next_version(client: ApiClient, kind: str) -> None:
    made = create(client, kind)
    field, value = {"model": ("family", "other"), "prompt": ("body", "x")}.get(kind, ("name", "renamed"))
    content = {**CONTENTS[kind], field: value}
    saved = put(client, path_of(kind, made), content, made.headers["ETag"], note="shorter")
    document = saved.json()
    assert (saved.status_code, document["version"], document["content"]) == (200, 2, content)
    assert saved.headers["ETag"] == client.read(path_of(kind, made)).headers["ETag"] != made.headers["ETag"]
    versions = client.read(f"{path_of(kind, made)}versions/").json()["results"]
    assert [(row["number"], row["note"], row["based_on"]) for row in versions] == [
        (2, "shorter", 1),
        (1, "", None),
    ]
    first = client.read(f"{path_of(kind, made)}versions/1/").json()
    assert first == {**versions[1], "content": CONTENTS[kind]}
    assert client.read(f"{path_of(kind, made)}versions/3/").status_code == 404


@pytest.mark.parametrize("etag", [None, "", "*"])
def test_a_save_says_what_it_has_seen(client: ApiClient, etag: str | None) -> None:
    made = create(client, "prompt")
    answer = put(client, path_of("prompt", made), {"name": "Other"}, etag)
    assert outcome(answer) == (428, "precondition_required")
    assert ConfigVersion.objects.count() == 1


def test_of_two_editors_the_second_is_told_and_overwrites_nothing(client: ApiClient, team: Team) -> None:
    made = create(client, "prompt")
    path, seen = path_of("prompt", made), made.headers["ETag"]
    other = call_as(make_user(team, Role.EDITOR))
    assert other.read(path).headers["ETag"] == seen
    assert put(other, path, {"name": "Review", "body": "Theirs."}, seen).status_code == 200
    late = put(client, path, {"name": "Review", "body": "Mine."}, seen)
    assert (outcome(late), problem(late)["version"]) == ((412, "precondition_failed"), 2)
    assert client.read(path).json()["content"]["body"] == "Theirs."
    weak = put(client, path, {"name": "Review"}, f"W/{client.read(path).headers['ETag']}")
    assert outcome(weak) == (412, "precondition_failed")
    several = put(client, path, {"name": "Review"}, f'"other", {client.read(path).headers["ETag"]}')
    assert (several.status_code, several.json()["version"]) == (200, 3)


def test_an_older_version_is_restored_as_the_newest(client: ApiClient) -> None:
    made = create(client, "prompt")
    path = path_of("prompt", made)
    changed = put(client, path, {"name": "Review", "body": "New."}, made.headers["ETag"])
    without = client.write(f"{path}restore/", {"version": 1})
    assert outcome(without) == (428, "precondition_required")
    stale = client.write(f"{path}restore/", {"version": 1}, headers={"If-Match": made.headers["ETag"]})
    assert outcome(stale) == (412, "precondition_failed")
    seen = {"If-Match": changed.headers["ETag"]}
    assert outcome(client.write(f"{path}restore/", {"version": 9}, headers=seen)) == (404, "not_found")
    restored = client.write(f"{path}restore/", {"version": 1, "note": "Back"}, headers=seen)
    assert (restored.json()["version"], restored.json()["content"]) == (3, CONTENTS["prompt"])
    [newest, *_] = client.read(f"{path}versions/").json()["results"]
    assert (newest["based_on"], newest["note"]) == (1, "Back")


def test_versions_never_change(client: ApiClient) -> None:
    made = create(client, "prompt")
    path = f"{path_of('prompt', made)}versions/1/"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert outcome(client.send(method, path, {})) == (405, "method_not_allowed")
    etag = client.read(path).headers["ETag"]
    assert client.read(path, headers={"If-None-Match": etag}).status_code == 304


# What lies between versions -------------------------------------------------------------------------------


def test_a_difference_names_the_fields_and_their_lines(client: ApiClient) -> None:
    made = create(client, "prompt")
    path = path_of("prompt", made)
    content = {**CONTENTS["prompt"], "body": "Look at {{what}}.\nTwice.\n", "tags": []}
    put(client, path, content, made.headers["ETag"])
    found = client.read(f"{path}diff/").json()
    assert found == {
        "from_version": 1,
        "to_version": 2,
        "fields_changed": [
            {"field": "body", "unified": " Look at {{what}}.\n+Twice.\n "},
            {"field": "tags", "unified": "-review"},
        ],
    }
    assert client.read(f"{path}diff/?from=1&to=draft").json() == found
    back = client.read(f"{path}diff/?from=2&to=1").json()
    assert [field["field"] for field in back["fields_changed"]] == ["body", "tags"]
    assert client.read(f"{path}diff/?from=2&to=2").json()["fields_changed"] == []
    assert client.read(f"{path}diff/?to=1").json()["from_version"] is None
    for query in ("from=9", "to=production", "from=0", "to=1.5"):
        assert outcome(client.read(f"{path}diff/?{query}")) == (404, "not_found")
    assert outcome(client.read(f"{path}diff/?form=1")) == (400, "unknown_parameter")
    assert outcome(client.read(f"{path}diff/?from=1&from=2")) == (400, "invalid")


# What an engine would read --------------------------------------------------------------------------------


def test_a_preview_is_the_exact_file_and_says_what_is_wrong(client: ApiClient, team: Team) -> None:
    prompt = make_config(team, PromptContent(name="P", body="Look twice."))
    made = client.write("agents/", {"content": {"name": "a", "mode": "primary", "prompt": prompt.pk}})
    path = path_of("agent", made)
    [file] = client.read(f"{path}preview/").json()["files"]
    agent = read_content("agent", made.json()["content"])
    around = ConfigSet(prompts={prompt.pk: PromptContent(name="P", body="Look twice.")})
    assert isinstance(agent, AgentContent)
    assert file == {"path": "agent/a.md", "text": render_agent_file(agent, around)}
    assert file["text"].endswith("Look twice.\n")
    changed = {"name": "a", "mode": "subagent", "subagents": ["nobody"]}
    assert put(client, path, changed, made.headers["ETag"]).status_code == 200
    shown = client.read(f"{path}preview/").json()
    assert "mode: subagent" in shown["files"][0]["text"]
    assert "subagents" in {item["field"].partition(".")[0] for item in shown["problems"]}
    assert client.read(f"{path}preview/?of=1").json()["files"] == [file]
    assert outcome(client.read(f"{path}preview/?of=production")) == (404, "not_found")
    assert outcome(client.read(f"{path}preview/?version=1")) == (400, "unknown_parameter")


# Ending, copying, and what uses it ------------------------------------------------------------------------


def test_what_is_retired_is_kept_and_taken_back(client: ApiClient) -> None:
    made = create(client, "agent")
    path = path_of("agent", made)
    stale = client.write(f"{path}retire/", {}, headers={"If-Match": '"other"'})
    assert outcome(stale) == (412, "precondition_failed")
    gone = client.write(f"{path}retire/", {"reason": "Not used."})
    assert (gone.status_code, gone.json()["retired_at"] is not None) == (200, True)
    assert outcome(client.write(f"{path}retire/")) == (409, "retired")
    save = put(client, path, CONTENTS["agent"] | {"steps": 1}, gone.headers["ETag"])
    assert outcome(save) == (409, "retired")
    assert client.read("agents/?retired=true").json()["total"] == 1
    assert client.read("agents/?retired=false").json()["total"] == 0
    again = create(client, "agent")
    assert outcome(client.write(f"{path}unretire/")) == (409, "name_taken")
    client.write(f"{path_of('agent', again)}retire/")
    back = client.write(f"{path}unretire/")
    assert (back.status_code, back.json()["retired_at"]) == (200, None)
    assert outcome(client.write(f"{path}unretire/")) == (409, "already")
    assert outcome(client.send("DELETE", path)) == (405, "method_not_allowed")


def test_a_copy_is_something_new_of_ones_own(client: ApiClient, team: Team) -> None:
    shared = make_config(None, PromptContent(name="House style", body="Be brief."))
    copied = client.write(f"prompts/{shared.pk}/copy/", {"name": "Ours"})
    document = copied.json()
    assert (copied.status_code, document["team"]["id"], document["content"]["body"]) == (
        201,
        team.pk,
        "Be brief.",
    )
    assert copied.headers["Location"].endswith(f"/api/v1/prompts/{document['id']}/")
    found = client.write(f"prompts/{shared.pk}/copy/").json()
    assert found["name"] == "House style-2"


def test_uses_are_those_one_sees_and_hold_a_prompt(client: ApiClient, team: Team) -> None:
    shared = make_config(None, PromptContent(name="House style"))
    mine = make_config(team, AgentContent(name="mine", prompt=shared.pk))
    make_config(make_team(), AgentContent(name="theirs", prompt=shared.pk))
    assert client.read(f"prompts/{shared.pk}/uses/").json() == {
        "uses": [
            {
                "kind": "agent",
                "id": mine.pk,
                "name": "mine",
                "team": {"id": team.pk, "name": "Blue"},
                "version": 1,
            }
        ],
        "others": 1,
    }
    own = make_config(team, PromptContent(name="Own"))
    make_config(team, AgentContent(name="user", prompt=own.pk))
    assert outcome(client.write(f"prompts/{own.pk}/retire/")) == (409, "in_use")


# Lists ----------------------------------------------------------------------------------------------------


def test_lists_are_filtered_searched_and_counted(client: ApiClient, team: Team) -> None:
    for number in range(3):
        make_config(team, AgentContent(name=f"worker-{number}", mode="subagent"))
    make_config(team, AgentContent(name="lead", mode="primary", is_hidden=True), "staging")
    make_config(None, AgentContent(name="shared", is_disabled=True))
    make_config(make_team(), AgentContent(name="foreign"))

    def find(query: str) -> set[str]:
        page = client.read(f"agents/?{query}").json()
        names = {row["name"] for row in page["results"]}
        assert page["total"] == len(names)
        return names

    workers = {"worker-0", "worker-1", "worker-2"}
    assert find("") == workers | {"lead", "shared"}
    assert find("search=WORK") == workers
    assert find("mode=primary") == {"lead"}
    assert find("mode=primary&mode=subagent") == workers | {"lead"}
    assert find("shared=true") == {"shared"}
    assert find(f"team={team.pk}") == workers | {"lead"}
    assert find("label=staging") == {"lead"}
    assert find("hidden=true") == {"lead"}
    assert find("disabled=true") == {"shared"}
    assert outcome(client.read("agents/?moed=primary")) == (400, "unknown_parameter")
    assert outcome(client.read("agents/?mode=sandbox")) == (400, "invalid")
    first = client.read("agents/?page_size=2").json()
    second = client.read(f"agents/?page_size=2&cursor={first['next_cursor']}").json()
    assert (first["total"], second["total"], len(first["results"]), len(second["results"])) == (5, 5, 2, 2)
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}


def test_models_are_found_by_what_people_know_of_them(client: ApiClient, team: Team) -> None:
    make_config(team, ModelContent(provider="local", identifier="small-1", name="Small", family="s"))
    make_config(
        team, ModelContent(provider="far", identifier="big-2", name="Big", status="beta", is_enabled=False)
    )

    def find(query: str) -> list[str]:
        return [row["name"] for row in client.read(f"models/?{query}").json()["results"]]

    assert find("search=far/big") == find("provider=far") == find("status=beta") == ["Big"]
    assert find("enabled=true") == find("family=s") == find("search=SMALL") == ["Small"]


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_a_list_asks_as_many_questions_for_three_as_for_one(kind: str) -> None:
    owner = make_owner()
    client = call_as(owner)
    # The first call reads the token.
    client.read(f"{PATHS[kind]}/")
    counts = []
    for _ in range(3):
        author = make_user(make_team(), Role.EDITOR)
        create(call_as(author), kind)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.read(f"{PATHS[kind]}/").status_code == 200
        counts.append(len(queries))
    assert counts[1:] == counts[:1] * 2


# Who may ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMIN])
def test_24_who_edits_may_edit_agents_and_prompts(team: Team, role: str) -> None:
    """The earlier system's own admin got 403 here."""
    for client in (call_as(make_user(team, role)), None):
        caller = client or sign_in_writing(make_user(team, role))
        prompt = caller.write("prompts/", {"content": {"name": f"P {id(caller)}"}})
        assert prompt.status_code == 201, prompt.content
        name = f"a-{id(caller)}"
        agent = caller.write("agents/", {"content": {"name": name, "prompt": prompt.json()["id"]}})
        assert agent.status_code == 201, agent.content
        saved = put(caller, path_of("agent", agent), {"name": name, "steps": 3}, agent.headers["ETag"])
        assert (saved.status_code, saved.json()["version"]) == (200, 2)


def sign_in_writing(user: User) -> ApiClient:
    """A session whose writes carry the CSRF token, as those of a page of ours."""
    from tests.api.clients import csrf_cookie_name

    client = sign_in(user)
    client.cookies[csrf_cookie_name()] = "a" * 32
    client.defaults["HTTP_X_CSRFTOKEN"] = "a" * 32
    return client


def test_a_session_s_put_needs_the_csrf_token(team: Team, editor: User) -> None:
    made = create(call_as(editor), "prompt")
    answer = put(sign_in(editor), path_of("prompt", made), {"name": "x"}, made.headers["ETag"])
    assert outcome(answer) == (403, "csrf_failed")


def test_who_may_not_edit_is_told_so_whatever_they_have_seen(team: Team, client: ApiClient) -> None:
    made = create(client, "prompt")
    for role in (Role.VIEWER, Role.APPROVER):
        reader = call_as(make_user(team, role))
        for etag in (made.headers["ETag"], None):
            answer = put(reader, path_of("prompt", made), {"name": "x"}, etag)
            assert outcome(answer) == (403, "refused")
        assert reader.write("prompts/", {"content": {"name": "x"}}).status_code == 403
        assert reader.write("prompts/", {"content": {"name": "x"}, "team": team.pk}).status_code == 403
    assert ConfigVersion.objects.count() == 1


def test_owners_see_names_and_versions_but_not_what_a_team_says(team: Team, client: ApiClient) -> None:
    secret = "The launch is on Friday."
    made = create(client, "agent", description=secret)
    prompt = create(client, "prompt", body=secret, tags=["launch"])
    owner = call_as(make_owner())
    for kind, answer in (("agent", made), ("prompt", prompt)):
        path = path_of(kind, answer)
        shown = owner.read(path)
        assert (shown.json()["content"], shown.json()["version"]) == (None, 1)
        for inner in ("versions/1/", "diff/", "preview/"):
            assert outcome(owner.read(path + inner)) == (403, "refused")
        assert owner.read(f"{path}versions/").json()["results"][0]["number"] == 1
        seen = [owner.read(each).content.decode() for each in (path, f"{PATHS[kind]}/", f"{path}versions/")]
        assert [text for text in seen if "launch" in text] == []
    assert owner.read("agents/?search=launch").json()["total"] == 0
    assert outcome(put(owner, path_of("agent", made), {"name": "x"}, "x")) == (403, "refused")
    assert outcome(owner.write(f"{path_of('prompt', prompt)}copy/", {"team": None})) == (403, "refused")


def test_everybody_s_things_are_written_by_owners_and_read_by_all(team: Team, client: ApiClient) -> None:
    owner = call_as(make_owner())
    body = {"content": CONTENTS["prompt"], "team": None}
    assert outcome(client.write("prompts/", body)) == (403, "refused")
    made = owner.write("prompts/", body)
    assert (made.status_code, made.json()["team"]) == (201, None)
    path = path_of("prompt", made)
    assert client.read(path).json()["content"] == CONTENTS["prompt"]
    assert outcome(put(client, path, {"name": "x"}, made.headers["ETag"])) == (403, "refused")
    assert put(owner, path, {"name": "x"}, made.headers["ETag"]).status_code == 200
    assert outcome(call_as(make_user()).read(path)) == (404, "not_found")


def test_a_service_account_saves_drafts_where_it_is_an_editor(team: Team, editor: User) -> None:
    service = make_service(editor, team)
    agent = call_as(service)
    assert outcome(agent.write("prompts/", {"content": {"name": "x"}})) == (403, "refused")
    Membership.objects.filter(user=service).update(role=Role.EDITOR)
    made = create(agent, "prompt")
    saved = put(agent, path_of("prompt", made), {"name": "y"}, made.headers["ETag"])
    assert (saved.json()["version"], saved.json()["created_by"]["kind"]) == (2, "service")


def test_of_several_teams_one_is_named(team: Team, editor: User) -> None:
    other = make_team("Red")
    add_member(actor=ACTOR, team=other, user=editor, role=Role.EDITOR)
    client = call_as(editor)
    assert outcome(client.write("prompts/", {"content": CONTENTS["prompt"]})) == (400, "invalid")
    made = client.write("prompts/", {"content": CONTENTS["prompt"], "team": other.pk})
    assert made.json()["team"] == {"id": other.pk, "name": "Red"}


def test_another_team_s_prompt_is_not_used(team: Team, client: ApiClient) -> None:
    foreign = make_config(make_team(), PromptContent(name="Theirs"))
    answer = client.write("agents/", {"content": {"name": "a", "prompt": foreign.pk}})
    assert outcome(answer) == (400, "invalid")
    assert not Agent.objects.exists()
    assert outcome(client.write(f"prompts/{foreign.pk}/copy/")) == (404, "not_found")


def test_the_audit_chain_names_versions_and_no_words(client: ApiClient, editor: User) -> None:
    made = create(client, "prompt")
    put(client, path_of("prompt", made), {"name": "Review", "body": "Other words."}, made.headers["ETag"])
    entries = AuditEntry.objects.filter(verb="config.save").order_by("n")
    assert [(entry.actor_id, entry.door, entry.after["version"]) for entry in entries] == [
        (editor.pk, "api", 1),
        (editor.pk, "api", 2),
    ]
    assert "words" not in "".join(entry.text for entry in entries)


def test_a_token_without_the_scope_neither_reads_nor_writes(team: Team, editor: User) -> None:
    made = create(call_as(editor), "prompt")
    reader = call_as(editor, Scope.CONFIGS_READ)
    assert reader.read(path_of("prompt", made)).status_code == 200
    assert outcome(reader.write("prompts/", {"content": {"name": "x"}})) == (403, "missing_scope")
    assert outcome(put(reader, path_of("prompt", made), {"name": "x"}, "x")) == (403, "missing_scope")
    writer = call_as(editor, Scope.CONFIGS_WRITE)
    assert outcome(writer.read(path_of("prompt", made))) == (403, "missing_scope")
    # It would show what it wrote.
    assert outcome(writer.write("prompts/", {"content": {"name": "x"}})) == (403, "missing_scope")
    assert ConfigVersion.objects.count() == 1
