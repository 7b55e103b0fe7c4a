"""The demo's engine can be released to: everything it runs stands there as something people can change."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.principal import Principal
from configs.opencode.tree import render_tree
from configs.queries import load_labelled
from events.actors import Door
from relay.demo.project import PERMISSION
from relay.demo.scripted_llm import build_engine_config
from releases.demo import list_rules, seed_configs
from releases.domain.defaults import read_defaults
from tests.factories import make_engine, make_team, make_user

pytestmark = pytest.mark.django_db
MODEL_URL = "http://127.0.0.1:9/v1"


def test_its_first_release_says_what_its_engine_was_started_with() -> None:
    team = make_team()
    engine = make_engine(team)
    person = Principal(make_user(team, Role.ADMIN), Door.COMMAND, password_checked_at=timezone.now())
    seed_configs(person, engine, MODEL_URL)
    tree = render_tree(load_labelled(team), read_defaults(engine)[1])
    assert [problem for problem in tree.problems if problem.severity == "error"] == []
    config = json.loads(tree.find("opencode.json") or "")
    by_hand = build_engine_config(MODEL_URL, PERMISSION)
    for key in ("model", "small_model", "enabled_providers", "share", "autoupdate"):
        assert config[key] == by_hand[key], key
    provider = config["provider"]["scripted"]
    assert provider["options"] == {"apiKey": "{env:SCRIPTED_MODEL_KEY}", "baseURL": MODEL_URL}
    assert provider["models"]["scripted-1"]["limit"] == {"context": 100_000, "output": 4096}
    assert "Keep it friendly, and short." in (tree.find("agent/build.md") or "")


def test_rules_keep_their_order() -> None:
    listed = [(rule.permission, rule.pattern, rule.action) for rule in list_rules(PERMISSION)]
    assert listed[:3] == [("*", "*", "ask"), ("read", "*", "allow"), ("read", "*.env", "ask")]
    assert len(listed) == 11
