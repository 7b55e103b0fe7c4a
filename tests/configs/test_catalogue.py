"""The catalogue takes lists over after a look at the difference; what people set by hand stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from accounts.enums import Role
from accounts.models import Team
from accounts.principal import Principal
from configs.catalogue_queries import find_newest, list_catalogue, list_outdated
from configs.content import AgentContent, ModelContent
from configs.domain.catalogue import apply_catalogue, choose_model, plan_catalogue, refresh_model
from configs.domain.imports import SourceFile, import_files
from configs.domain.objects import save_object
from configs.formats.provider_list import KnownModel, ModelList, load_list, read_provider_list
from configs.models import CatalogueModel, Model
from configs.queries import read_content
from events.errors import Conflict, Refused
from events.models import AuditEntry
from tests.factories import ACTOR, make_principal, make_team, make_user

pytestmark = pytest.mark.django_db

TEXT = (Path(__file__).resolve().parents[1] / "data" / "configs" / "providers.json").read_text()
FIRST = read_provider_list(load_list(TEXT), source="engine one", as_of="2026-11-01")
LARGE, SMALL = FIRST.models
CONTENT = ModelContent.read(LARGE.facts)


def change_large(**values: object) -> KnownModel:
    return describe(replace(CONTENT, **values))  # type: ignore[arg-type]  # any field


def describe(content: ModelContent) -> KnownModel:
    return KnownModel.describe(content, LARGE.provider_name, LARGE.package)


def later(*models: KnownModel, as_of: str = "2026-11-20") -> ModelList:
    return ModelList("engine two", as_of, models)


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def principal(team: Team) -> Principal:
    return make_principal(make_user(team, Role.EDITOR))


@pytest.fixture
def filled() -> None:
    apply_catalogue(actor=ACTOR, models=FIRST)


def test_a_plan_writes_nothing() -> None:
    plan = plan_catalogue(FIRST)
    assert [change.key for change in plan.new] == ["gateway/large-1", "gateway/small-1"]
    assert CatalogueModel.objects.count() == 0


def test_the_same_list_again_changes_nothing(filled: None) -> None:
    before = AuditEntry.objects.count()
    assert apply_catalogue(actor=ACTOR, models=FIRST).is_empty
    assert AuditEntry.objects.count() == before
    assert list(list_catalogue().values_list("key", "source", "as_of")) == [
        ("gateway/large-1", "engine one", date(2026, 11, 1)),
        ("gateway/small-1", "engine one", date(2026, 11, 1)),
    ]


def test_a_changed_price_is_shown_and_taken_over(filled: None) -> None:
    plan = apply_catalogue(actor=ACTOR, models=later(change_large(price_input_usd_per_million="4"), SMALL))
    [change] = plan.changed
    assert (change.key, change.fields) == ("gateway/large-1", [("price_input_usd_per_million", "3", "4")])
    assert CatalogueModel.objects.get(key="gateway/large-1").facts["price_input_usd_per_million"] == "4"
    assert set(CatalogueModel.objects.values_list("source", "as_of")) == {("engine two", date(2026, 11, 20))}


def test_a_model_that_is_gone_is_marked_and_never_deleted(
    filled: None, principal: Principal, team: Team
) -> None:
    row = CatalogueModel.objects.get(key="gateway/small-1")
    model = choose_model(principal=principal, team=team, catalogue_id=row.pk).row
    agent = AgentContent(name="quick", model=model.pk)
    save_object(principal=principal, kind="agent", team=team, content=agent)
    plan = apply_catalogue(actor=ACTOR, models=later(LARGE))
    assert plan.missing == ("gateway/small-1",)
    assert [(user.name, key) for user, key in plan.users] == [("quick", "gateway/small-1")]
    row.refresh_from_db()
    assert row.missing_since == date(2026, 11, 20)
    assert list_catalogue().count() == 1
    assert list_catalogue(with_missing=True).count() == 2
    back = apply_catalogue(actor=ACTOR, models=later(LARGE, SMALL, as_of="2026-11-21"))
    assert back.returned == ("gateway/small-1",)
    assert list_catalogue().count() == 2


def test_a_provider_that_an_engine_was_not_told_of_misses_nothing(filled: None) -> None:
    other = describe(replace(CONTENT, provider="other"))
    plan = apply_catalogue(actor=ACTOR, models=later(other))
    assert (len(plan.new), plan.missing) == (1, ())


def test_an_older_list_changes_nothing_that_is_known_of_a_later_day(filled: None) -> None:
    older = later(change_large(price_input_usd_per_million="1"), as_of="2026-10-01")
    plan = apply_catalogue(actor=ACTOR, models=older)
    assert (plan.is_empty, plan.newer_here) == (True, 1)


def test_a_plan_is_applied_as_it_was_shown_or_not_at_all(filled: None) -> None:
    models = later(change_large(price_input_usd_per_million="4"), SMALL)
    shown = plan_catalogue(models).fingerprint
    apply_catalogue(actor=ACTOR, models=models)
    with pytest.raises(Conflict, match="has changed since"):
        apply_catalogue(actor=ACTOR, models=models, fingerprint=shown)


def test_a_chosen_model_says_where_each_field_is_from(filled: None, principal: Principal, team: Team) -> None:
    row = CatalogueModel.objects.get(key="gateway/large-1")
    saved = choose_model(principal=principal, team=team, catalogue_id=row.pk)
    source = {"as_of": "2026-11-01", "source": "engine one"}
    known = "name family context_limit_tokens output_limit_tokens price_input_usd_per_million "
    known += (
        "price_output_usd_per_million price_cache_read_usd_per_million price_cache_write_usd_per_million "
    )
    known += "price_tiers capabilities variants release_date env_names"
    assert read_content(saved.row) == replace(CONTENT, sources=dict.fromkeys(known.split(), source))
    with pytest.raises(Conflict):
        choose_model(principal=principal, team=team, catalogue_id=row.pk)


def test_a_refresh_keeps_what_people_set(filled: None, principal: Principal, team: Team) -> None:
    row = CatalogueModel.objects.get(key="gateway/large-1")
    model = choose_model(principal=principal, team=team, catalogue_id=row.pk).row
    content = read_content(model)
    assert isinstance(content, ModelContent)
    by_hand = replace(content, price_output_usd_per_million="9", overridden=("price_output_usd_per_million",))
    save_object(
        principal=principal,
        kind="model",
        team=team,
        content=by_hand,
        object_id=model.pk,
        expected_version=1,
    )
    dearer = change_large(price_input_usd_per_million="4", price_output_usd_per_million="20")
    apply_catalogue(actor=ACTOR, models=later(dearer, SMALL))
    model = Model.objects.get()
    assert list(list_outdated([model], {model.pk: by_hand})) == [model.pk]
    saved = refresh_model(principal=principal, object_id=model.pk)
    expected = replace(
        by_hand,
        price_input_usd_per_million="4",
        sources={
            **by_hand.sources,
            "price_input_usd_per_million": {"as_of": "2026-11-20", "source": "engine two"},
        },
    )
    assert read_content(saved.row) == expected
    assert not refresh_model(principal=principal, object_id=model.pk).is_changed


def test_viewers_choose_nothing(filled: None, team: Team) -> None:
    row = CatalogueModel.objects.get(key="gateway/large-1")
    viewer = make_principal(make_user(team, Role.VIEWER))
    with pytest.raises(Refused):
        choose_model(principal=viewer, team=team, catalogue_id=row.pk)


def test_an_import_fills_a_new_model_from_the_catalogue(
    filled: None, principal: Principal, team: Team
) -> None:
    file = SourceFile("agent/a.md", b"---\nmodel: gateway/large-1\n---\nHello\n")
    import_files(principal=principal, team=team, files=[file])
    content = read_content(Model.objects.get())
    assert isinstance(content, ModelContent)
    assert content.price_input_usd_per_million == "3"


def test_a_family_means_its_newest_model(principal: Principal, team: Team) -> None:
    def name(identifier: str, day: str) -> KnownModel:
        content = ModelContent(provider="anthropic", identifier=identifier, name=identifier, release_date=day)
        return KnownModel.describe(content, "Anthropic", "")

    known = (name("claude-sonnet-4", "2025-05-22"), name("claude-sonnet-5", "2026-05-01"))
    dated = name("claude-sonnet-5-20260501", "2026-05-01")
    apply_catalogue(actor=ACTOR, models=later(*known, dated, name("claude-opus-9", "2026-06-01")))
    newest = find_newest("anthropic", "sonnet")
    assert newest is not None
    assert newest.identifier == "claude-sonnet-5"
    file = SourceFile("agents/a.md", b"---\nname: a\nmodel: sonnet\n---\nHello\n")
    import_files(principal=principal, team=team, files=[file])
    assert Model.objects.get().key == "anthropic/claude-sonnet-5"
