"""What holds for a whole engine, in versions: default agent, models, shell wrapper."""

from __future__ import annotations

from accounts.principal import Principal
from configs.content import EngineDefaultsContent, hash_content
from engines.domain.registry import subject_of
from engines.models import Engine
from events.actors import actor_columns
from events.changes import changes, lock_rows
from events.errors import Conflict, Refused
from events.text import read_line
from releases.domain.announce import announce_engine
from releases.models import EngineDefaults
from releases.policies import explain_not_editing_defaults


def find_defaults(engine: Engine) -> EngineDefaults | None:
    """The newest version."""
    return EngineDefaults.objects.filter(engine=engine).order_by("-number").first()


def read_defaults(engine: Engine) -> tuple[int, EngineDefaultsContent]:
    """(number, content) of the newest version; number 0 where nobody has said anything."""
    row = find_defaults(engine)
    return (
        (0, EngineDefaultsContent()) if row is None else (row.number, EngineDefaultsContent.read(row.content))
    )


def read_defaults_of(engine: Engine, number: int) -> EngineDefaultsContent:
    """What the version of this number says."""
    row = EngineDefaults.objects.filter(engine=engine, number=number).first()
    return EngineDefaultsContent() if row is None else EngineDefaultsContent.read(row.content)


def save_defaults(
    *,
    principal: Principal,
    engine: Engine,
    content: EngineDefaultsContent,
    expected_number: int,
    note: str = "",
) -> EngineDefaults | None:
    """A new version, or the newest one where nothing is new (None where nobody has said anything yet).

    `expected_number` is the one that was edited. Raises Refused, or Conflict when somebody was faster.
    """
    note = read_line(note, field="note", max_length=300)
    with changes(principal.actor) as change:
        if refusal := explain_not_editing_defaults(principal, engine):
            raise Refused(refusal, subject_kind="engine", subject_id=engine.pk)
        lock_rows(Engine.objects.filter(pk=engine.pk))
        newest = find_defaults(engine)
        number = 0 if newest is None else newest.number
        if number != expected_number:
            raise Conflict(
                f"Somebody saved version {number} meanwhile. Look at it again.",
                code="stale_version",
                version=number,
            )
        digest = hash_content(content)
        if digest == (hash_content(EngineDefaultsContent()) if newest is None else newest.content_hash):
            return newest
        row = EngineDefaults.objects.create(
            engine=engine,
            number=number + 1,
            content=content.write(),
            content_hash=digest,
            note=note,
            **actor_columns(principal.actor, "author"),
        )
        change.audit(
            "engine.change_defaults",
            subject_of(engine),
            before={"version": number},
            after={"version": row.number, "hash": digest},
        )
        announce_engine(change, engine, "engine.defaults_saved", version=row.number)
    return row
