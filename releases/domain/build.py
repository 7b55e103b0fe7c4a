"""A release is built: everything that is labelled for production, rendered for one engine, signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from accounts.principal import Principal
from configs.content import ConfigSet
from configs.opencode.problems import Problem
from configs.opencode.schema_check import ENGINE_VERSION
from configs.opencode.tree import render_tree
from configs.queries import load_labelled
from engines.models import Engine
from events.changes import changes, lock_rows
from events.errors import Invalid, Refused
from events.text import make_storable, read_line
from governance.models import EngineGate
from relay.opencode.gate_files import PLUGIN, SOURCE
from releases.domain.announce import actor_columns, announce_engine, describe_release
from releases.domain.defaults import read_defaults
from releases.domain.signing import hash_files, sign_release
from releases.models import Release
from releases.policies import explain_not_building

SHOWN_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """What a release built now would hold. `problems` of the severity "error" keep it from being built."""

    files: tuple[tuple[str, str], ...]
    inputs: dict[str, Any]
    problems: tuple[Problem, ...]

    @property
    def content_hash(self) -> str:
        return hash_files(self.files)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]


def draft_release(engine: Engine) -> Draft:
    """Render what is labelled for production now. Stores nothing."""
    config_set = load_labelled(engine.team)
    number, defaults = read_defaults(engine)
    has_gate = EngineGate.objects.filter(engine=engine, token__isnull=False).exists()
    tree = render_tree(config_set, defaults)
    files = [(file.path, file.text) for file in tree.files]
    if has_gate:
        files.append((PLUGIN.as_posix(), SOURCE.read_text()))
    return Draft(
        files=tuple(sorted(files)),
        inputs=describe_inputs(config_set, number, has_gate=has_gate),
        problems=tree.problems,
    )


def describe_inputs(config_set: ConfigSet, defaults_number: int, *, has_gate: bool) -> dict[str, Any]:
    objects = sorted(
        [kind, object_id, number, content_hash]
        for (kind, object_id), (number, content_hash) in config_set.versions.items()
    )
    return {"objects": objects, "defaults": defaults_number, "has_gate": has_gate}


def build_release(*, principal: Principal, engine: Engine, note: str = "") -> Release:
    """The release of what is labelled for production now; the same files give the same release back.

    Raises Refused, or Invalid with what is wrong: then nothing is built.
    """
    note = read_line(note, field="note", max_length=300)
    with changes(principal.actor):
        if refusal := explain_not_building(principal, engine):
            raise Refused(refusal, subject_kind="engine", subject_id=engine.pk)
    # Outside of a transaction: rendering hundreds of agents must not hold up everybody who writes.
    draft = draft_release(engine)
    refuse_problems(draft)
    return store_release(principal=principal, engine=engine, draft=draft, note=note)


def refuse_problems(draft: Draft) -> None:
    errors = draft.errors
    if not errors:
        return
    sentences = [describe_problem(problem) for problem in errors[:SHOWN_PROBLEMS]]
    if len(errors) > SHOWN_PROBLEMS:
        sentences.append(f"… and {len(errors) - SHOWN_PROBLEMS} more.")
    raise Invalid(" ".join(sentences), code="invalid_release", problems=len(errors))


def describe_problem(problem: Problem) -> str:
    place = " ".join(part for part in (problem.kind, problem.field) if part)
    return make_storable(f"{place}: {problem.sentence}" if place else problem.sentence, 400)


def store_release(*, principal: Principal, engine: Engine, draft: Draft, note: str) -> Release:
    content_hash = draft.content_hash
    with changes(principal.actor) as change:
        lock_rows(Engine.objects.filter(pk=engine.pk))
        known = Release.objects.filter(engine=engine, content_hash=content_hash).first()
        if known is not None:
            return known
        last = Release.objects.filter(engine=engine).aggregate(last=Max("number"))["last"] or 0
        sealed: dict[str, Any] = {
            "number": last + 1,
            "content_hash": content_hash,
            "inputs": draft.inputs,
            "engine_schema": ENGINE_VERSION,
        }
        key_id, signature = sign_release(engine_id=engine.pk, **sealed)
        release = Release.objects.create(
            engine=engine,
            files=[[path, text] for path, text in draft.files],
            key_id=key_id,
            signature=signature,
            note=note,
            **sealed,
            **actor_columns(principal.actor, "created_by"),
        )
        change.audit("release.build", release.subject, after=describe_release(release))
        announce_engine(change, engine, "release.built", release=release.pk, number=release.number)
    return release
