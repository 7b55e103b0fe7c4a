"""A release is built: everything that is labelled for production, rendered for one engine, signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.utils import timezone

from accounts.principal import Principal
from configs.content import ConfigSet, EngineDefaultsContent
from configs.opencode.problems import Problem
from configs.opencode.schema_check import ENGINE_VERSION
from configs.opencode.tree import render_tree
from configs.queries import load_labelled, load_versions
from engines.models import Engine
from events.actors import Actor, actor_columns
from events.changes import changes, lock_rows
from events.errors import Invalid, Refused
from events.text import make_storable, read_line
from governance.models import EngineGate
from mcp_servers.queries import EnabledServer, load_enabled
from procedures.queries import EffectiveSop, list_effective_sops
from procedures.skill_files import render_skill_files
from relay.opencode.gate_files import PLUGIN, SOURCE
from releases.domain.announce import announce_engine, describe_release
from releases.domain.defaults import read_defaults, read_defaults_of
from releases.domain.servers import describe_servers, list_restricted, render_enabled
from releases.domain.signing import hash_files, sign_release
from releases.domain.sops import describe_broken, load_sop_versions
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


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that one release is rendered from."""

    config_set: ConfigSet
    defaults_number: int
    defaults: EngineDefaultsContent
    has_gate: bool
    servers: tuple[EnabledServer, ...]
    sops: tuple[EffectiveSop, ...]


def draft_release(engine: Engine) -> Draft:
    """Render what is labelled for production and approved now. Stores nothing."""
    return render_parts(load_parts(engine))


def draft_restricted(release: Release) -> Draft:
    """The same release once more without what may not run any more; nothing else of it changes."""
    number = release.inputs["defaults"]
    parts = Parts(
        config_set=load_versions(release.inputs["objects"]),
        defaults_number=number,
        defaults=read_defaults_of(release.engine, number),
        has_gate=release.inputs["has_gate"],
        servers=list_restricted(release),
        sops=load_sop_versions([item[0] for item in release.inputs.get("sops", [])]),
    )
    return render_parts(parts)


def load_parts(engine: Engine) -> Parts:
    number, defaults = read_defaults(engine)
    return Parts(
        config_set=load_labelled(engine.team),
        defaults_number=number,
        defaults=defaults,
        has_gate=EngineGate.objects.filter(engine=engine, token__isnull=False).exists(),
        servers=load_enabled(engine.team),
        sops=list_effective_sops(engine.team, timezone.now()),
    )


def render_parts(parts: Parts) -> Draft:
    mcp = render_enabled(parts.servers)
    sealed = [item for item in parts.sops if not item.broken]
    tree = render_tree(parts.config_set, parts.defaults, mcp=mcp.config, mcp_tools=mcp.tools)
    files = [(file.path, file.text) for file in tree.files]
    if files:
        files += [*mcp.files, *render_skill_files(item.procedure for item in sealed)]
    if parts.has_gate:
        files.append((PLUGIN.as_posix(), SOURCE.read_text()))
    fit = [item for item in parts.servers if item.content.name in mcp.config]
    return Draft(
        files=tuple(sorted(files)),
        inputs=describe_inputs(parts, fit, sealed),
        problems=(*tree.problems, *mcp.problems, *describe_broken(parts.sops)),
    )


def describe_inputs(
    parts: Parts, servers: Sequence[EnabledServer], sops: Sequence[EffectiveSop]
) -> dict[str, Any]:
    objects = sorted(
        [kind, object_id, number, content_hash]
        for (kind, object_id), (number, content_hash) in parts.config_set.versions.items()
    )
    return {
        "objects": objects,
        "defaults": parts.defaults_number,
        "has_gate": parts.has_gate,
        "mcp": [item.write() for item in describe_servers(servers)],
        "sops": [
            [item.version.pk, item.version.slug, item.version.number, item.version.content_hash]
            for item in sops
        ],
    }


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
    return store_release(actor=principal.actor, engine=engine, draft=draft, note=note)


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


def store_release(*, actor: Actor, engine: Engine, draft: Draft, note: str) -> Release:
    """The caller has checked the actor's right to do so, and that nothing is wrong with the draft."""
    content_hash = draft.content_hash
    with changes(actor) as change:
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
            **actor_columns(actor, "created_by"),
        )
        change.audit("release.build", release.subject, after=describe_release(release))
        announce_engine(change, engine, "release.built", release=release.pk, number=release.number)
    return release
