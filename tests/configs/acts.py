"""What tests of configured things do again and again."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.domain.teams import add_member
from accounts.enums import Role
from accounts.models import Membership, Team, User
from accounts.principal import Principal
from configs.content import Content
from configs.domain.objects import Saved, save_object
from configs.kinds import KINDS
from configs.models import ConfigLabel, ConfigVersion
from events.errors import DomainError
from tests.factories import ACTOR


def save(principal: Principal, team: Team | None, content: Content, row: Any = None, **values: Any) -> Saved:
    if row is not None:
        values = {"object_id": row.pk, "expected_version": row.version, **values}
    return save_object(principal=principal, kind=content.kind, team=team, content=content, **values)


def read_state() -> list[Any]:
    """Every row there is of what is configured."""
    models = [*(kind.model for kind in KINDS.values()), ConfigVersion, ConfigLabel]
    return [list(model.objects.order_by("pk").values()) for model in models]


def refuse(code: str, act: Any, **values: Any) -> DomainError:
    """The act fails with this code and changes nothing."""
    before = read_state()
    with pytest.raises(DomainError) as caught:
        act(**values)
    assert caught.value.code == code
    assert read_state() == before
    return caught.value


def add_to(team: Team, user: User) -> None:
    add_member(actor=ACTOR, team=team, user=user, role=Role.EDITOR)


def set_role(user: User, team: Team, role: str) -> None:
    Membership.objects.filter(user=user, team=team).update(role=role)
