"""People publish, roll back and cancel. The publisher takes the steps; see `releases.publisher`."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts.principal import Principal
from engines.domain.retirement import Ending
from engines.models import Engine
from events.actors import Actor, actor_columns
from events.changes import Change, changes, lock_rows
from events.errors import Conflict, Invalid, Refused
from releases.domain.announce import announce_publication, describe_publication
from releases.domain.servers import put_statuses
from releases.domain.signing import explain_broken_seal
from releases.domain.taken_back import explain_outdated
from releases.enums import PublicationState
from releases.models import Publication, Release
from releases.policies import explain_not_publishing
from releases.queries import find_live_release, find_rollback_target


def publish(*, principal: Principal, release: Release, force: bool = False) -> Publication:
    """Put a release on its way to its engine, also an older one.

    One that is on its way already is given back: clicks coalesce. Another one that the engine has not seen
    yet is replaced. `force`: do not wait for sessions to end; their turns are aborted.

    Raises Refused, Invalid (it is not what was built) or Conflict (the engine is taking over another one).
    """
    with changes(principal.actor) as change:
        refuse(principal, release.engine)
        refuse_outdated(release)
        return queue(change, principal.actor, release, force=force, is_rollback=False)


def rollback(*, principal: Principal, engine: Engine, force: bool = False) -> Publication:
    """Publish what was live before the live release. Raises as `publish`, or Conflict when nothing was."""
    with changes(principal.actor) as change:
        refuse(principal, engine)
        target = find_rollback_target(engine)
        if target is None:
            raise Conflict("There is no earlier release to go back to.", code="nothing_to_roll_back_to")
        refuse_outdated(target)
        return queue(change, principal.actor, target, force=force, is_rollback=True)


def cancel_publication(*, principal: Principal, publication: Publication) -> Publication:
    """End it as long as the engine has seen nothing of it. Raises Refused or Conflict."""
    with changes(principal.actor) as change:
        refuse(principal, publication.engine)
        [current] = lock_publications(publication.engine, pk=publication.pk)
        if not current.can_be_cancelled:
            raise explain_late(current)
        end_unseen(change, current, f"{principal.actor.label} cancelled it.")
    return current


def refuse(principal: Principal, engine: Engine) -> None:
    if refusal := explain_not_publishing(principal, engine):
        raise Refused(refusal, subject_kind="engine", subject_id=engine.pk)


def refuse_outdated(release: Release) -> None:
    if wrong := explain_outdated(release):
        raise Conflict(f"This release can't be published. {wrong}", code="mcp_not_approved")


def queue(change: Change, actor: Actor, release: Release, *, force: bool, is_rollback: bool) -> Publication:
    """The caller has checked that the actor may, and that the release's servers may run."""
    if broken := explain_broken_seal(release):
        raise Invalid(f"This release can't be published. {broken}", code="broken_release")
    # Two people who publish at once come one after the other.
    lock_rows(Engine.objects.filter(pk=release.engine_id))
    for current in lock_publications(release.engine, ended_at=None):
        if current.release_id == release.pk:
            return press_again(change, current, force=force)
        if not current.can_be_cancelled:
            raise explain_late(current)
        end_unseen(change, current, f"Release #{release.number} took its place.")
    publication = Publication.objects.create(
        engine=release.engine,
        release=release,
        previous_release=find_live_release(release.engine),
        is_forced=force,
        is_rollback=is_rollback,
        **actor_columns(actor, "requested_by"),
    )
    verb = "release.roll_back" if is_rollback else "release.publish"
    change.audit(verb, publication.subject, after=describe_publication(publication))
    announce_publication(change, publication, "release.publishing")
    return publication


def press_again(change: Change, current: Publication, *, force: bool) -> Publication:
    """The same release once more: at most it stops waiting."""
    if force and not current.is_forced:
        now = timezone.now()
        Publication.objects.filter(pk=current.pk, ended_at=None).update(is_forced=True, due_at=now)
        current.is_forced = True
        change.audit("release.force", current.subject, after=describe_publication(current))
        announce_publication(change, current, "release.publishing")
    return current


def lock_publications(engine: Engine, **wanted: object) -> list[Publication]:
    rows = Publication.objects.filter(engine=engine, **wanted)
    return lock_rows(rows.select_related("release__engine__team", "engine__team", "previous_release"))


def end_unseen(change: Change, publication: Publication, sentence: str) -> None:
    """The caller holds the row; the engine has seen nothing."""
    before = publication.state
    values = {"state": PublicationState.CANCELLED, "error": sentence, "ended_at": timezone.now()}
    values |= {"waits_for": ""}
    if not Publication.objects.filter(pk=publication.pk, state=before).update(**values):
        raise explain_late(Publication.objects.get(pk=publication.pk))
    for name, value in values.items():
        setattr(publication, name, value)
    if before == PublicationState.BY_HAND:
        put_statuses(publication.engine)
    change.audit(
        PublicationState.CANCELLED.event,
        publication.subject,
        before={"state": before},
        after={**describe_publication(publication), "reason": sentence},
    )
    announce_publication(change, publication, PublicationState.CANCELLED.event)


def explain_late(publication: Publication) -> Conflict:
    facts = {"state": publication.state, "publication": publication.pk}
    if publication.is_finished:
        return Conflict(f"It is over: {publication.get_state_display()}.", code="already_over", **facts)
    return Conflict(
        f"The engine is taking over release #{publication.release.number} right now "
        f"({publication.get_state_display()}). Try again in a few seconds.",
        code="publishing",
        **facts,
    )


def describe_open(engine: Engine) -> str:
    open_rows = Publication.objects.filter(engine=engine, ended_at=None)
    return "The release that is on its way to it is cancelled." if open_rows.exists() else ""


def end_with_engine(actor: Actor, engine: Engine, _now: datetime) -> None:
    """Whatever its folder shows stays there: nobody speaks to a retired engine."""
    with changes(actor) as change:
        for publication in lock_publications(engine, ended_at=None):
            end_unseen(change, publication, "The engine was retired.")


OPEN_PUBLICATIONS = Ending(describe_open, end_with_engine)
