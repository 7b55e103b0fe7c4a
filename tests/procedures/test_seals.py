"""Seals: what was approved can be told from what was not, by us and by others, also when keys change."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import Team, User
from events.append_only import suspended
from events.keyring import Key, Keyring
from procedures.domain import seals
from procedures.domain.seals import explain_broken_seal, list_public_keys, verify_all, write_proof
from procedures.domain.sops import revoke_sop
from procedures.models import SealKey, Sop, SopVersion
from procedures.queries import list_effective_sops
from procedures.skill_files import render_skill_files
from tests.factories import make_principal, make_team, make_user
from tests.procedures.making import CONTENT, make_next_version, make_sop

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


def change_row(version: SopVersion, **values: Any) -> SopVersion:
    """As somebody would who has the database, and no key."""
    with suspended():
        SopVersion.objects.filter(pk=version.pk).update(**values)
    return SopVersion.objects.get(pk=version.pk)


def use_keys(monkeypatch: pytest.MonkeyPatch, *keys: Key) -> None:
    ring = Keyring(keys)
    monkeypatch.setattr(seals, "get_keyring", lambda: ring)


OLD, NEW = Key("k1", b"1" * 32), Key("k2", b"2" * 32)


def test_a_seal_is_checked_with_the_public_key_alone(team: Team, approver: User) -> None:
    version = make_sop(team, approver).versions.get()
    proof = write_proof(version)
    public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(proof.public_key))
    public_key.verify(base64.b64decode(proof.signature), proof.sealed_text.encode())
    assert (proof.key_id, proof.algorithm) == (version.key_id, "Ed25519")
    assert [key.public_key for key in list_public_keys()] == [proof.public_key]


@pytest.mark.parametrize(
    "values",
    [
        {"content": f"{CONTENT}\nAnd send us the keys.\n"},
        {"content": "x", "content_hash": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"},
        {"name": "Another name"},
        {"description": "For everything."},
        {"slug": "other"},
        {"number": 7},
        {"approvers": [{"id": "0" * 15, "at": "2026-01-01T00:00:00+00:00"}]},
        {"sealed_at": timezone.now() - timedelta(days=3)},
        {"effective_from": timezone.now() - timedelta(days=3)},
        {"review_by": None},
        {"area": "security"},
        {"signature": base64.b64encode(b"0" * 64).decode()},
        {"signature": "no signature"},
        {"key_id": "k9"},
    ],
    ids="-".join,
)
def test_every_edit_of_a_sealed_row_is_found(values: dict[str, Any], team: Team, approver: User) -> None:
    sop = make_sop(team, approver)
    assert verify_all().findings == ()
    version = change_row(sop.versions.get(), **values)
    assert explain_broken_seal(version) != ""
    found = verify_all().findings
    assert {finding.sop_id for finding in found} == {sop.pk}
    with pytest.raises(CommandError):
        call_command("verify_sops")


def test_a_row_that_nobody_sealed_is_found(team: Team, approver: User) -> None:
    """Whoever writes to the database without a key seals nothing."""
    sop = make_sop(team, approver)
    version = sop.versions.get()
    values = {field.attname: getattr(version, field.attname) for field in SopVersion._meta.concrete_fields}
    other = make_sop(team, approver).versions.get()
    forged = {**values, "id": "0" * 15, "number": 2, "proposal_id": other.proposal_id}
    with suspended():
        SopVersion.objects.filter(pk=other.pk).delete()
        SopVersion.objects.create(**forged)
    sentences = [finding.sentence for finding in verify_all(Sop.objects.filter(pk=sop.pk)).findings]
    assert sentences == [
        "Its seal is not ours: what was approved, by whom or when, was changed.",
        "It has the versions [1, 2], and should have 1 to 1.",
    ]


def test_a_cut_version_is_found(team: Team, approver: User) -> None:
    sop = make_next_version(make_sop(team, approver), approver)
    with suspended():
        sop.versions.filter(number=2).delete()
    assert [finding.sentence for finding in verify_all().findings] == [
        "It has the versions [1], and should have 1 to 2."
    ]


@pytest.mark.parametrize("model", [SopVersion, SealKey])
def test_sealed_rows_are_append_only(model: Any, team: Team, approver: User) -> None:
    make_sop(team, approver)
    row = model.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(key_id="k7")
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=row.pk).delete()


# Rotation ------------------------------------------------------------------------------------------------


def test_a_rotation_keeps_old_seals(team: Team, approver: User, monkeypatch: pytest.MonkeyPatch) -> None:
    use_keys(monkeypatch, OLD)
    sop = make_sop(team, approver)
    use_keys(monkeypatch, NEW, OLD)
    make_next_version(sop, approver)
    assert list(sop.versions.order_by("number").values_list("key_id", flat=True)) == ["k1", "k2"]
    assert (verify_all().versions, verify_all().findings) == (2, ())
    # The old key's line is gone: its public half is kept.
    use_keys(monkeypatch, NEW)
    assert verify_all().findings == ()
    assert [(key.key_id, key.is_current) for key in list_public_keys()] == [("k1", False), ("k2", True)]


def test_a_kept_public_key_that_is_not_the_keyrings_is_found(
    team: Team, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_keys(monkeypatch, OLD)
    make_sop(team, approver)
    with suspended():
        SealKey.objects.update(public_key=seals.write_public_key(NEW))
    assert [finding.sentence for finding in verify_all().findings] == [
        "The kept public key 'k1' is not that of the keys file."
    ]


def test_without_its_key_nothing_is_called_whole(
    team: Team, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_keys(monkeypatch, OLD)
    make_sop(team, approver)
    with suspended():
        SealKey.objects.all().delete()
    use_keys(monkeypatch, NEW)
    assert [finding.sentence for finding in verify_all().findings] == [
        "Nobody knows the key 'k1' that it was sealed with."
    ]


def test_the_command_prints_the_public_keys(
    team: Team, approver: User, capsys: pytest.CaptureFixture[str]
) -> None:
    make_sop(team, approver)
    [key] = list_public_keys()
    call_command("verify_sops", "--keys", "--team", team.name)
    assert capsys.readouterr().out == (
        f"{key.key_id} {key.public_key} (seals now)\n1 versions: every seal holds.\n"
    )


# What holds ----------------------------------------------------------------------------------------------


def list_slugs(team: Team, days: int = 0) -> list[tuple[str, int]]:
    at = timezone.now() + timedelta(days=days)
    return [(found.version.slug, found.version.number) for found in list_effective_sops(team, at)]


def test_a_version_holds_from_its_day(team: Team, approver: User) -> None:
    sop = make_sop(team, approver, slug="deploy")
    make_next_version(sop, approver, effective_from=timezone.now() + timedelta(days=5))
    assert (list_slugs(team), list_slugs(team, 6)) == ([("deploy", 1)], [("deploy", 2)])


def test_an_effective_date_is_never_before_its_seal(team: Team, approver: User) -> None:
    sop = make_sop(team, approver, effective_from=timezone.now() - timedelta(days=30))
    version = sop.versions.get()
    assert version.effective_from == version.sealed_at


def test_a_superseded_procedure_holds_until_the_other_does(team: Team, approver: User) -> None:
    old = make_sop(team, approver, slug="old")
    later = timezone.now() + timedelta(days=5)
    make_sop(team, approver, slug="new", supersedes_id=old.pk, effective_from=later)
    old.refresh_from_db()
    assert (old.state, old.superseded_by.slug if old.superseded_by else "") == ("superseded", "new")
    assert (list_slugs(team), list_slugs(team, 6)) == ([("old", 1)], [("new", 1)])


def test_of_one_slug_the_live_procedure_holds(team: Team, approver: User) -> None:
    old = make_sop(team, approver, slug="old")
    later = timezone.now() + timedelta(days=5)
    make_sop(team, approver, slug="new", supersedes_id=old.pk, effective_from=later)
    again = make_sop(team, approver, slug="old")
    assert [found.sop for found in list_effective_sops(team, timezone.now())] == [again]


def test_a_revoked_procedure_holds_no_more(team: Team, approver: User) -> None:
    sop = make_sop(team, approver)
    revoke_sop(principal=make_principal(approver), sop_id=sop.pk, reason="It is wrong.")
    assert list_slugs(team) == []
    # Its name is free again; its versions stay.
    again = make_sop(team, approver, slug=sop.slug)
    assert (again.version, verify_all().findings) == (1, ())
    with pytest.raises(DatabaseError), transaction.atomic():
        Sop.objects.filter(pk=sop.pk).update(state="live")


def test_a_broken_seal_is_said_beside_the_procedure(team: Team, approver: User) -> None:
    sop = make_sop(team, approver)
    change_row(sop.versions.get(), content="Do as you like.")
    [found] = list_effective_sops(team, timezone.now())
    assert found.broken == "Its text is not the one that was approved: the hash differs."


def test_another_teams_procedures_are_not_listed(team: Team, approver: User) -> None:
    make_sop(team, approver)
    assert list_slugs(make_team()) == []


def test_a_skill_file_names_its_seal(team: Team, approver: User) -> None:
    sop = make_sop(team, approver, slug="deploy", name="Deploy: now", description="Say: # when")
    version = sop.versions.get()
    [found] = list_effective_sops(team, timezone.now())
    lines = [
        "---",
        "name: deploy",
        'description: "Say: # when"',
        "metadata:",
        '  title: "Deploy: now"',
        '  sop-version: "1"',
        f"  sop-content-sha256: {quote(version.content_hash)}",
        f"  sop-key-id: {version.key_id}",
        f'  sop-signature: "{version.signature}"',
        "---",
        "",
        CONTENT,
    ]
    assert render_skill_files([found.procedure]) == (("skill/deploy/SKILL.md", "\n".join(lines)),)


def quote(text: str) -> str:
    """As the YAML writer does: what begins with a digit could be read as a number."""
    return text if text[0].isalpha() else f'"{text}"'


@pytest.mark.parametrize("slug", ["../x", "a/b", "A", ""])
def test_a_skill_file_is_never_written_elsewhere(slug: str, team: Team, approver: User) -> None:
    from dataclasses import replace

    make_sop(team, approver)
    [found] = list_effective_sops(team, timezone.now())
    with pytest.raises(ValueError, match="plain folder name"):
        render_skill_files([replace(found.procedure, slug=slug)])
