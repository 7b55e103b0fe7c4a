"""A team with one gated engine and one editor whose chat has a session."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from accounts.enums import Role
from accounts.models import Team, User
from accounts.principal import Principal
from engines.models import Chat, Engine
from tests.factories import make_chat, make_engine, make_gated, make_principal, make_team, make_user


@dataclass(frozen=True, slots=True)
class Desk:
    team: Team
    engine: Engine
    user: User
    chat: Chat

    @property
    def principal(self) -> Principal:
        return make_principal(self.user)


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def make_desk() -> Desk:
    team = make_team()
    engine = make_gated(make_engine(team, directories=["/srv/demo", "/srv/other"]))
    user = make_user(team, Role.EDITOR)
    return Desk(team, engine, user, make_chat(user, engine, "ses_1"))
