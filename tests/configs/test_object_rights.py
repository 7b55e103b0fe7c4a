"""Who may save and retire what is configured, and what the tables themselves refuse."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team
from accounts.principal import Principal
from configs.content import (
    PromptContent,
)
from configs.domain.objects import (
    retire_object,
    unretire_object,
)
from configs.models import ConfigVersion, Prompt
from events.errors import Refused
from events.models import AuditEntry
from tests.configs.acts import add_to, refuse, save, set_role
from tests.factories import (
    make_config,
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

PROMPT = PromptContent(name="Review", body="Say it.")
TAKEN = r"one_live_prompt|one_shared_prompt|configs_prompt\.key"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def editor(team: Team) -> Principal:
    return make_principal(make_user(team, Role.EDITOR))


# Who may --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER, None])
def test_only_editors_and_admins_save(team: Team, role: str | None) -> None:
    row = make_config(team, PROMPT)
    user = make_user(team, role) if role else make_user(make_team(), Role.ADMIN)
    principal = make_principal(user)
    code = "refused"
    refuse(code, partial(save, principal, team, PromptContent(name="New")))
    hidden = "refused" if role else "not_found"
    refuse(code, partial(save, principal, team, replace(PROMPT, body="x"), row))
    for act in (retire_object, unretire_object):
        refuse(hidden, partial(act, principal=principal, kind="prompt", object_id=row.pk))
    refuse("refused", partial(save, principal, None, PROMPT))
    assert AuditEntry.objects.filter(verb="refused", actor_id=user.pk).exists()


def test_team_admins_save_and_only_owners_what_is_everybodys(team: Team) -> None:
    admin, owner = make_principal(make_user(team, Role.ADMIN)), make_principal(make_owner())
    save(admin, team, PROMPT)
    save(owner, None, PromptContent(name="Shared"))
    refuse("refused", partial(save, admin, None, PromptContent(name="Other")))
    refuse("refused", partial(save, owner, team, PromptContent(name="Other")))


def test_a_token_needs_the_scope_and_a_service_account_its_role(team: Team, editor: Principal) -> None:
    reading = replace(editor, token=ApiToken(scopes=[Scope.CONFIGS_READ]))
    writing = replace(editor, token=ApiToken(scopes=[Scope.CONFIGS_READ, Scope.CONFIGS_WRITE]))
    refuse("refused", partial(save, reading, team, PROMPT))
    row = save(writing, team, PROMPT).row
    blind = replace(editor, token=ApiToken(scopes=[Scope.CONFIGS_WRITE]))
    refuse("not_found", partial(save, blind, team, replace(PROMPT, body="x"), row))
    service = make_principal(make_service(editor.user, team))
    refuse("refused", partial(save, service, team, PromptContent(name="Other")))
    set_role(service.user, team, Role.EDITOR)
    saved = save(make_principal(service.user), team, PromptContent(name="Other"))
    assert saved.version.author_kind == "service"


def test_nothing_moves_to_another_team(team: Team, editor: Principal) -> None:
    row = make_config(team, PROMPT)
    other = make_team()
    add_to(other, editor.user)
    both = Principal(editor.user, "api")
    refuse("invalid", partial(save, both, other, replace(PROMPT, body="x"), row))


# The tables -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values", [{"team_id": None}, {"version": 0}, {"created_at": "2020-01-01T00:00:00Z"}]
)
def test_a_row_never_changes_hands_nor_goes_back(team: Team, values: dict[str, Any]) -> None:
    row = make_config(team, PROMPT)
    with pytest.raises(IntegrityError, match="rows are kept"), transaction.atomic():
        Prompt.objects.filter(pk=row.pk).update(**values)


def test_a_retired_row_is_frozen_and_none_begins_retired(team: Team, editor: Principal) -> None:
    row = make_config(team, PROMPT)
    retire_object(principal=editor, kind="prompt", object_id=row.pk)
    with pytest.raises(IntegrityError, match="rows are kept"), transaction.atomic():
        Prompt.objects.filter(pk=row.pk).update(name="x")
    for values in ({"version": 2}, {"retired_at": "2026-01-01T00:00:00Z"}):
        born: dict[str, Any] = {"id": "z" * 15, "retired_at": None, "key": "z", **values}
        fields: dict[str, Any] = {**Prompt.objects.filter(pk=row.pk).values().get(), **born}
        with pytest.raises(IntegrityError, match="do not begin"), transaction.atomic():
            Prompt.objects.create(**fields)


def test_the_database_keeps_one_live_row_of_a_key(team: Team) -> None:
    version = ConfigVersion.objects.create(
        kind="prompt", object_id="z" * 15, number=1, content={}, content_hash="0" * 64
    )
    for whose in (team, None):
        row = make_config(whose, PromptContent(name=f"P {whose}"))
        fields = {**Prompt.objects.filter(pk=row.pk).values().get(), "id": "z" * 15, "latest_id": version.pk}
        with pytest.raises(IntegrityError, match=TAKEN), transaction.atomic():
            Prompt.objects.create(**fields)


def test_refused_is_told_about_the_row(team: Team) -> None:
    row = make_config(team, PROMPT)
    viewer = make_principal(make_user(team, Role.VIEWER))
    with pytest.raises(Refused):
        save(viewer, team, replace(PROMPT, body="x"), row)
    [entry] = AuditEntry.objects.filter(verb="refused")
    assert (entry.subject_kind, entry.subject_id) == ("prompt", row.pk)
