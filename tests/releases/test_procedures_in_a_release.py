"""Procedures that hold are skill files of a release; a revoked one leaves running engines by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from configs.content import PromptContent
from engines.models import Engine
from events import append_only
from events.errors import Conflict, Invalid
from procedures.domain.sops import revoke_sop
from procedures.models import Sop, SopVersion
from releases.domain.build import build_release, draft_release
from releases.domain.publications import publish
from releases.domain.restrictions import restrict_engine
from releases.domain.taken_back import list_engines_to_restrict
from releases.models import Publication
from tests.factories import make_config, make_engine, make_principal, make_team, make_user
from tests.procedures.making import make_next_version, make_sop
from tests.releases.conftest import Site


def list_skills(engine: Engine) -> list[str]:
    return [path for path, _ in draft_release(engine).files if path.startswith("skill/")]


@pytest.mark.django_db
def test_a_release_holds_what_holds_now_and_names_its_versions() -> None:
    engine = make_engine(make_team())
    approver = make_user(engine.team)
    sop = make_sop(engine.team, approver, slug="restore-a-backup")
    later = timezone.now() + timedelta(days=2)
    make_sop(engine.team, approver, slug="not-yet", effective_from=later)
    other = make_team()
    make_sop(other, make_user(other), slug="elsewhere")
    make_next_version(sop, approver, effective_from=later)
    release = build_release(principal=make_principal(approver), engine=engine)
    version = SopVersion.objects.get(sop=sop, number=1)
    assert list_skills(engine) == ["skill/restore-a-backup/SKILL.md"]
    assert release.inputs["sops"] == [[version.pk, "restore-a-backup", 1, version.content_hash]]
    text = dict(release.file_pairs)["skill/restore-a-backup/SKILL.md"]
    assert version.content_hash in text
    assert text.rstrip().endswith(version.content.rstrip())


@pytest.mark.django_db
def test_a_text_that_is_not_what_was_sealed_keeps_the_release_from_being_built() -> None:
    engine = make_engine(make_team())
    approver = make_user(engine.team)
    sop = make_sop(engine.team, approver, slug="restore-a-backup")
    with append_only.suspended():
        SopVersion.objects.filter(sop=sop).update(content="# Restore\n\nDelete everything.\n")
    assert list_skills(engine) == []
    with pytest.raises(Invalid, match="restore-a-backup"):
        build_release(principal=make_principal(approver), engine=engine)


@pytest.mark.django_db
def test_a_release_with_a_revoked_procedure_is_not_published() -> None:
    engine = make_engine(make_team())
    approver = make_user(engine.team)
    sop = make_sop(engine.team, approver, slug="restore-a-backup")
    release = build_release(principal=make_principal(approver), engine=engine)
    revoke_sop(principal=make_principal(approver), sop_id=sop.pk, reason="It is wrong.")
    with pytest.raises(Conflict, match="procedures that were revoked: restore-a-backup"):
        publish(principal=make_principal(approver), release=release)
    assert list_skills(engine) == []


async def test_a_revoked_procedure_leaves_the_engine_by_a_release_of_our_own(site: Site) -> None:
    team = site.engine.team

    def prepare() -> list[Sop]:
        approver = make_user(team)
        made = [make_sop(team, approver, slug=slug) for slug in ("keep-this", "take-this-back")]
        publish(principal=site.approver, release=build_release(principal=site.approver, engine=site.engine))
        return made

    made = await site.run(prepare)
    await site.finish()

    def take_back() -> Publication | None:
        assert list_engines_to_restrict() == []
        make_config(team, PromptContent(name="Later", body="Not yet."), "production")
        revoke_sop(principal=site.approver, sop_id=made[1].pk, reason="It is wrong.")
        assert list_engines_to_restrict() == [site.engine]
        return restrict_engine(site.engine)

    publication = await site.run(take_back)
    assert publication is not None
    await site.finish()
    done = await site.load(publication)
    assert (done.state, done.error, done.release.inputs["objects"]) == ("live", "", [])
    assert [item[1] for item in done.release.inputs["sops"]] == ["keep-this"]
    skills = [path.parent.name for path in site.server.folder.rglob("SKILL.md")]
    assert skills == ["keep-this"]
    assert await site.run(list_engines_to_restrict) == []
