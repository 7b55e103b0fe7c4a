"""What is configured, at both doors: forms, previews, rows, conflicts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Team, User
from configs.content import AgentContent, ConfigSet, ModelContent, PromptContent, PromptVariable, ToolRule
from configs.models import Agent, ConfigVersion, Instruction, Model, Prompt, Provider, ToolRules
from configs.opencode.tree import render_agent_file
from configs.pages.forms.rule_rows import MAX_ROWS
from tests.admin.config_doors import DOORS, open_fresh, read_said, url_of
from tests.admin.doors import enter, messages_of, open_page, read
from tests.admin.filled_forms import read_form
from tests.factories import change_config, make_config, make_owner, make_team, make_user

pytestmark = pytest.mark.django_db

TYPED: dict[str, dict[str, Any]] = {
    "prompt": {
        "name": "Reviewer",
        "body": "Review {{language}} code.\r\nBe brief.",
        "description": "For pull requests",
        "tags": "review, code",
        "variable_name": ["language"],
        "variable_needs": ["default"],
        "variable_default": ["Python"],
        "variable_description": ["Which language"],
    },
    "instruction": {"name": "house-rules", "body": "Write tests.\r\n", "tags": "all"},
    "provider": {
        "name": "acme",
        "display_name": "Acme",
        "package": "@ai-sdk/openai-compatible",
        "base_url": "https://llm.acme.example/v1",
        "api_key_env": "ACME_KEY",
        "options": '{"timeout": 30000}',
    },
    "model": {
        "provider": "acme",
        "identifier": "large-1",
        "name": "Large",
        "is_enabled": "on",
        "status": "beta",
        "context_limit_tokens": "200000",
        "price_input_usd_per_million": "0.50",
        "temperature": "no",
        "tool_call": "yes",
        "input": ["text", "image"],
        "variants": "low, high",
    },
    "agent": {
        "name": "builder",
        "description": "Builds things",
        "mode": "primary",
        "temperature": "0.2",
        "steps": "20",
        "rule_permission": ["bash", "bash", ""],
        "rule_pattern": ["*", "git status *", "*"],
        "rule_action": ["ask", "allow", "ask"],
        "tools": "websearch = off",
        "options": '{"reasoningEffort": "high"}',
    },
    "tool_rules": {"rule_permission": ["*"], "rule_pattern": ["*"], "rule_action": ["ask"]},
}
MODELS: dict[str, Any] = {
    "prompt": Prompt,
    "instruction": Instruction,
    "provider": Provider,
    "model": Model,
    "agent": Agent,
    "tool_rules": ToolRules,
}


@pytest.fixture
def team() -> Team:
    return make_team("Blue")


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def client(editor: User) -> Client:
    return enter(editor)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", TYPED)
def test_every_kind_is_written_read_back_and_unchanged_by_saving_its_form_again(
    client: Client, team: Team, kind: str, door: str
) -> None:
    response = client.post(url_of(kind, "add", door=door), {**TYPED[kind], "team": team.pk, "act": "save"})
    row = MODELS[kind].objects.get()
    assert (response.status_code, response.headers["Location"]) == (
        302,
        url_of(kind, "show", row.pk, door=door),
    )
    page = open_page(client, url_of(kind, "edit", row.pk, door=door))
    response = client.post(
        url_of(kind, "edit", row.pk, door=door), {**read_form(page.html, "config-form"), "act": "save"}
    )
    row.refresh_from_db()
    assert (response.status_code, row.version, ConfigVersion.objects.count()) == (302, 1, 1)
    assert messages_of(response)[-1] == "It says so already: no new version."


def save(client: Client, row: Any, door: str = "admin", **typed: Any) -> Any:
    """Open its form, change what is typed, and save."""
    filled = read_form(open_fresh(client, row, door).html, "config-form")
    return client.post(url_of(row.kind, "edit", row.pk, door=door), {**filled, "act": "save", **typed})


def press(client: Client, row: Any, act: str, **typed: Any) -> dict[str, list[str]]:
    """Press a button of the form that saves nothing; the form as it stands then."""
    filled = read_form(open_fresh(client, row).html, "config-form")
    page = read(client.post(url_of(row.kind, "edit", row.pk), {**filled, **typed, "act": act}))
    return read_form(page.html, "config-form")


def make_agent(team: Team, *rules: tuple[str, str, str], **values: Any) -> Any:
    made = tuple(ToolRule(*rule) for rule in rules)
    return make_config(team, AgentContent(name="builder", rules=made, **values))


def test_what_was_typed_is_what_is_stored(client: Client, team: Team) -> None:
    for kind in ("prompt", "agent", "model"):
        client.post(url_of(kind, "add"), {**TYPED[kind], "team": team.pk, "act": "save", "note": "first"})
    variable = PromptVariable(name="language", default="Python", description="Which language")
    assert read_said(Prompt.objects.get()) == PromptContent(
        name="Reviewer",
        body="Review {{language}} code.\nBe brief.",
        description="For pull requests",
        tags=("code", "review"),
        variables=(variable,),
    )
    agent = Agent.objects.get()
    assert read_said(agent) == AgentContent(
        name="builder",
        description="Builds things",
        mode="primary",
        temperature="0.2",
        steps=20,
        rules=(ToolRule("bash", "*", "ask"), ToolRule("bash", "git status *", "allow")),
        tools={"websearch": False},
        options={"reasoningEffort": "high"},
    )
    assert (agent.team, agent.latest.note, agent.latest.number) == (team, "first", 1)
    model = read_said(Model.objects.get())
    assert isinstance(model, ModelContent)
    assert (model.key, model.price_input_usd_per_million, model.variants) == (
        "acme/large-1",
        "0.5",
        ("low", "high"),
    )
    assert model.capabilities == {"input": ["text", "image"], "temperature": False, "tool_call": True}


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("agent", {"name": "../x"}, "use a-z, 0-9"),
        ("agent", {"mode": "sandbox"}, "Select a valid choice"),
        ("agent", {"temperature": "warm"}, "this is a number from 0 to 2"),
        ("agent", {"tools": "websearch"}, "Each line is tool = on or tool = off."),
        ("agent", {"options": "{"}, "This is no JSON"),
        ("agent", {"options": '{"model": "x"}'}, "it has a field of its own"),
        ("agent", {"options": '{"apiKey": "sk-live-1234567890abcdef"}'}, "keys don't belong here"),
        ("agent", {"rule_action": ["sometimes", "ask", "ask"]}, "Rule 1: this is one of allow, ask, deny"),
        ("agent", {"prompt": "000000000000000"}, "Select a valid choice"),
        ("agent", {"color": "mauve"}, "this is #RRGGBB"),
        ("prompt", {"name": ""}, "This field is required."),
        ("prompt", {"body": "a\x07b"}, "this holds control characters"),
        ("prompt", {"body": "x" * 300_000}, "at most 256 KB"),
        ("prompt", {"variable_name": ["Not So"]}, "use a-z, 0-9 and _"),
        ("provider", {"api_key_env": "sk-live-1234567890abcdef"}, "never a key itself"),
        ("provider", {"base_url": "ftp://x"}, "http or https"),
        ("model", {"context_limit_tokens": "-1"}, "greater than or equal to 0"),
        ("model", {"price_tiers": '[{"above_tokens": "many"}]'}, "whole number"),
    ],
    ids=str,
)
def test_a_bad_value_is_said_and_saves_nothing(
    client: Client, team: Team, kind: str, typed: dict[str, Any], words: str
) -> None:
    data = {**TYPED[kind], "team": team.pk, "act": "save", **typed}
    response = client.post(url_of(kind, "add"), data)
    assert (response.status_code, ConfigVersion.objects.count()) == (400, 0)
    assert words in read(response).text


def test_a_form_of_five_megabytes_changes_nothing(client: Client, team: Team) -> None:
    data = {**TYPED["prompt"], "team": team.pk, "act": "save", "body": "x" * 5_000_000}
    assert client.post(url_of("prompt", "add"), data).status_code in {400, 413}
    assert not Prompt.objects.exists()


@pytest.mark.parametrize("door", DOORS)
def test_a_second_editor_sees_both_versions_and_overwrites_only_knowingly(
    client: Client, team: Team, door: str
) -> None:
    row = make_config(team, PromptContent(name="Reviewer", body="One"))
    filled = read_form(open_fresh(client, row, door).html, "config-form")
    other = make_user(team, Role.EDITOR, name="Olga")
    change_config(row, PromptContent(name="Reviewer", body="Theirs", tags=("new",)), author=other)
    url = url_of("prompt", "edit", row.pk, door=door)
    response = client.post(url, {**filled, "body": "Mine", "act": "save"})
    page = read(response)
    assert (response.status_code, ConfigVersion.objects.count()) == (409, 2)
    for words in (
        "Olga saved version 2 while you were writing",
        "body, tags",
        "Theirs",
        "Mine",
        "Yours, not saved",
    ):
        assert words in page.text
    again = read_form(page.html, "config-form")
    assert (again["body"], again["version"]) == (["Mine"], ["2"])
    assert client.post(url, {**again, "act": "save"}).status_code == 302
    row.refresh_from_db()
    assert (row.version, read_said(row).body, read_said(row, 2).body) == (3, "Mine", "Theirs")


def test_a_name_that_is_taken_is_said_at_the_name(client: Client, team: Team) -> None:
    make_agent(team)
    response = client.post(url_of("agent", "add"), {**TYPED["agent"], "team": team.pk, "act": "save"})
    assert (response.status_code, Agent.objects.count()) == (409, 1)
    assert "There is agent builder" in read(response).text


def test_rows_are_added_moved_and_removed_without_a_script(client: Client, team: Team) -> None:
    row = make_agent(team, ("bash", "*", "ask"), ("edit", "*", "deny"), ("read", "*", "allow"))
    assert press(client, row, "rule:down:0")["rule_permission"] == ["edit", "bash", "read"]
    assert press(client, row, "rule:up:2")["rule_permission"] == ["bash", "read", "edit"]
    assert press(client, row, "rule:up:0")["rule_permission"] == ["bash", "edit", "read"]
    assert press(client, row, "rule:remove:1")["rule_action"] == ["ask", "allow"]
    assert press(client, row, "rule:add")["rule_permission"] == ["bash", "edit", "read", ""]
    assert press(client, row, "rule:remove:99999999")["rule_permission"] == ["bash", "edit", "read"]
    assert press(client, row, "rule:up:x")["rule_permission"] == ["bash", "edit", "read"]
    assert ConfigVersion.objects.count() == 1


def test_the_order_of_rules_is_kept(client: Client, team: Team) -> None:
    row = make_agent(team, ("bash", "b *", "ask"), ("*", "*", "deny"), ("bash", "a *", "allow"))
    save(client, row, rule_pattern=["c *", "*", "a *"])
    row.refresh_from_db()
    rules = (ToolRule("bash", "c *", "ask"), ToolRule("*", "*", "deny"), ToolRule("bash", "a *", "allow"))
    assert read_said(row).rules == rules


def test_many_rules_are_edited_as_text_and_come_back_equal(client: Client, team: Team) -> None:
    odd = [("bash", "echo  two", "ask"), ("bash", "{x}", "deny"), ("edit", " led", "ask")]
    rules = [*odd, *(("bash", f"make t{number} *", "allow") for number in range(1997))]
    row = make_agent(team, *rules)
    assert len(rules) > MAX_ROWS
    saved = save(client, row, note="same")
    assert messages_of(saved)[-1] == "It says so already: no new version."
    response = save(client, row, rules_text="allow bash ls\nperhaps bash rm")
    assert "Line 2 is no rule" in read(response).text
    save(client, row, rules_text="allow bash ls\r\ndeny bash rm *")
    row.refresh_from_db()
    assert read_said(row).rules == (ToolRule("bash", "ls", "allow"), ToolRule("bash", "rm *", "deny"))


@pytest.mark.parametrize("door", DOORS)
def test_the_preview_is_the_file_as_it_will_be_rendered(client: Client, team: Team, door: str) -> None:
    variable = PromptVariable(name="language")
    prompt = make_config(team, PromptContent(name="P", body="Review {{language}}.", variables=(variable,)))
    model = make_config(team, ModelContent(provider="acme", identifier="large", name="Large"))
    typed = {
        **TYPED["agent"],
        "team": team.pk,
        "prompt": prompt.pk,
        "model": model.pk,
        "value_language": "<b>{{language}}</b>",
    }
    page = read(client.post(url_of("agent", "preview", door=door), typed))
    client.post(url_of("agent", "add"), {**typed, "act": "save"})
    agent = read_said(Agent.objects.get())
    assert isinstance(agent, AgentContent)
    assert agent.prompt_values == {"language": "<b>{{language}}</b>"}
    config_set = ConfigSet(prompts={prompt.pk: read_said(prompt)}, models={model.pk: read_said(model)})
    rendered = render_agent_file(agent, config_set)
    assert " ".join(rendered.split()) in page.text
    assert "Review <b>{{language}}</b>." in page.text


def test_a_prompts_preview_is_that_of_the_agents_that_use_it(client: Client, team: Team) -> None:
    prompt = make_config(team, PromptContent(name="P", body="Old"))
    make_agent(team, prompt=prompt.pk)
    filled = read_form(open_fresh(client, prompt).html, "config-form")
    page = read(client.post(url_of("prompt", "preview"), {**filled, "body": "New words"}))
    assert "agent/builder.md" in page.text
    assert "New words" in page.text
    assert Prompt.objects.get().version == 1


def test_problems_stand_in_the_preview_with_their_field(client: Client, team: Team) -> None:
    data = {**TYPED["prompt"], "body": "{{language}} {{tone}}", "team": team.pk}
    page = read(client.post(url_of("prompt", "preview"), data))
    assert [found["data-at"] for found in page.find("div", data_severity="warning")] == ["body"]
    assert "{{tone}} is no variable of this prompt" in page.text


def test_variables_of_the_text_are_declared_by_a_button(client: Client, team: Team) -> None:
    row = make_config(team, PromptContent(name="P", body="{{tone}} and {{language}}"))
    assert press(client, row, "declare")["variable_name"] == ["tone", "language"]


def test_a_changed_value_of_an_imported_model_is_kept_by_hand(client: Client, team: Team) -> None:
    source = {"source": "engine", "as_of": "2026-11-01"}
    known = {"price_input_usd_per_million": source, "context_limit_tokens": source}
    values: dict[str, Any] = {
        "price_input_usd_per_million": "3",
        "context_limit_tokens": 1000,
        "sources": known,
    }
    row = make_config(team, ModelContent(provider="acme", identifier="large", name="Large", **values))
    assert "From engine, as of 2026-11-01." in open_fresh(client, row).text
    save(client, row, price_input_usd_per_million="4")
    row.refresh_from_db()
    model = read_said(row)
    assert isinstance(model, ModelContent)
    assert (model.overridden, model.sources) == (("price_input_usd_per_million",), known)


def test_a_retired_prompt_stays_chosen_and_is_said(client: Client, team: Team) -> None:
    prompt = make_config(team, PromptContent(name="P"))
    row = make_agent(team, prompt=prompt.pk)
    Prompt.objects.filter(pk=prompt.pk).update(retired_at=row.created_at)
    assert f"{prompt.pk} (retired or gone)" in open_fresh(client, row).text


def test_viewers_read_the_form_and_save_nothing(team: Team) -> None:
    row = make_config(team, PromptContent(name="P", body="Old"))
    viewer = enter(make_user(team, Role.VIEWER))
    page = open_fresh(viewer, row)
    assert "Only editors and admins of the team edit what it configures." in page.text
    assert page.find("button", value="save") == []
    assert save(viewer, row, body="New").status_code == 403
    assert viewer.get(url_of("prompt", "add")).status_code == 403
    assert read_said(Prompt.objects.get()).body == "Old"


def test_an_owner_who_is_no_member_reads_names_and_no_contents(team: Team) -> None:
    row = make_config(team, PromptContent(name="Ours", body="Secret recipe"))
    owner = enter(make_owner())
    page = open_page(owner, url_of("prompt", "show", row.pk))
    assert ("Ours" in page.text, "Secret recipe" in page.html) == (True, False)
    for view in ("edit", "versions"):
        response = owner.get(url_of("prompt", view, row.pk))
        assert (response.status_code, b"Secret recipe" in response.content) == (403, False)
    assert owner.post(url_of("prompt", "preview"), {"object": row.pk}).status_code == 403


def test_everybodys_things_are_read_by_all_and_written_by_owners(client: Client) -> None:
    owner = enter(make_owner())
    data = {**TYPED["instruction"], "team": "everybody", "act": "save"}
    assert client.post(url_of("instruction", "add"), data).status_code == 403
    assert not Instruction.objects.exists()
    owner.post(url_of("instruction", "add"), {**data, "name": "for-all"})
    shared = Instruction.objects.get(name="for-all")
    assert shared.team is None
    assert "Only owners edit what is everybody" in open_fresh(client, shared).text
    assert save(client, shared, body="Mine").status_code == 403


def test_text_of_others_is_only_text(client: Client, team: Team) -> None:
    trap = "<script>alert(1)</script>"
    prompt = make_config(
        team, PromptContent(name=trap, body=f"{trap} \u202e", description=trap, tags=(trap,))
    )
    make_agent(team, description=trap, prompt=prompt.pk)
    agent = Agent.objects.get()
    pages = [
        *(
            open_page(client, url_of(row.kind, view, row.pk))
            for row in (prompt, agent)
            for view in ("show", "edit")
        ),
        *(open_page(client, url_of(kind, "list")) for kind in ("prompt", "agent")),
        open_page(client, url_of("prompt", "versions", prompt.pk)),
    ]
    assert [trap in page.html for page in pages] == [False] * len(pages)
    assert "⟨U+202E⟩" in pages[0].text
