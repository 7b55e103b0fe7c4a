"""A team with an engine, a chat of Ann's with a session, and people of other roles."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from accounts.enums import Role
from accounts.models import Team, User
from engines.models import Chat, Engine
from tests.factories import make_chat, make_engine, make_gated, make_team, make_user

SESSION = "ses_1"


@dataclass(frozen=True)
class Scene:
    team: Team
    engine: Engine
    chat: Chat
    ann: User
    boss: User
    colleague: User
    viewer: User
    stranger: User


@pytest.fixture
def scene() -> Scene:
    team = make_team("Shop")
    ann = make_user(team, Role.APPROVER, username="ann", name="Ann")
    engine = make_gated(make_engine(team, name="builder"))
    chat = make_chat(ann, engine, SESSION, title="Fix the total")
    return Scene(
        team=team,
        engine=engine,
        chat=chat,
        ann=ann,
        boss=make_user(team, Role.ADMIN),
        colleague=make_user(team, Role.EDITOR),
        viewer=make_user(team, Role.VIEWER),
        stranger=make_user(make_team("Other"), Role.ADMIN),
    )
