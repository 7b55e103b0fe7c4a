"""Reads of what is configured. Who may read contents: `configs.policies.can_read_config`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Team
from accounts.principal import Principal
from configs.content import AgentContent, ConfigSet, Content, read_content as read_content_of
from configs.enums import ConfigKind, KnownLabel
from configs.kinds import KINDS, get_kind
from configs.models import Agent, ConfigLabel, Configured, ConfigVersion, LabelPolicy
from configs.policies import CONFIG_WRITERS, can_list_configs, can_see_config
from events.errors import NotFound
from events.identifiers import is_record_id


def list_objects(principal: Principal, kind: str) -> QuerySet[Any]:
    """Everything of this kind that `can_see_config` lets this principal see, retired ones too."""
    rows = get_kind(kind).model.objects.select_related("team", "created_by")
    if not can_list_configs(principal):
        return rows.none()
    if principal.sees_all_teams:
        return rows
    return rows.filter(Q(team=None) | Q(team_id__in=principal.team_ids))


def list_readable_objects(principal: Principal, kind: str) -> QuerySet[Any]:
    """Those whose contents this principal may read, too (`can_read_config`)."""
    return list_objects(principal, kind).filter(Q(team=None) | Q(team_id__in=principal.team_ids))


def get_object(principal: Principal, kind: str, object_id: str) -> Any:
    """Raises NotFound also for what this principal may not see."""
    rows = list_objects(principal, kind)
    row = rows.filter(pk=object_id).first() if is_record_id(object_id) else None
    if row is None or not can_see_config(principal, row):
        raise NotFound(f"There is no such {KINDS[kind].label}.")
    return row


def list_writable_teams(principal: Principal) -> QuerySet[Team]:
    """The teams whose things this principal may edit. Everybody's: `explain_not_editing(principal, None)`."""
    teams = [team_id for team_id, role in principal.roles.items() if role in CONFIG_WRITERS]
    return Team.objects.filter(pk__in=teams, retired_at=None).order_by("name")


def list_usable(kind: str, team_id: str | None) -> QuerySet[Any]:
    """What something of this team may refer to: its own and everybody's, none that is retired."""
    owned = Q(team=None) | Q(team_id=team_id) if team_id else Q(team=None)
    return get_kind(kind).model.objects.filter(owned, retired_at=None).order_by("key", "pk")


def list_versions(row: Configured) -> QuerySet[ConfigVersion]:
    """Newest first, without their contents: those are read one at a time."""
    versions = ConfigVersion.objects.filter(kind=row.kind, object_id=row.pk)
    return versions.defer("content").order_by("-number")


def get_version(row: Configured, number: int) -> ConfigVersion:
    """With its content. Raises NotFound."""
    versions = ConfigVersion.objects.filter(kind=row.kind, object_id=row.pk, number=number)
    version = versions.first() if 0 < number < 2**31 else None
    if version is None:
        raise NotFound("There is no such version.")
    return version


def read_content(row: Configured, number: int | None = None) -> Content:
    """What the latest version says, or that of this number."""
    version = row.latest if number is None else get_version(row, number)
    return read_content_of(row.kind, version.content)


def read_versions(rows: Iterable[Configured]) -> dict[str, Content]:
    """{id: latest content} of many rows of one kind, in one query."""
    versions = ConfigVersion.objects.in_bulk([row.latest_id for row in rows])
    return {
        version.object_id: read_content_of(version.kind, version.content) for version in versions.values()
    }


def list_labels(row: Configured) -> dict[str, int]:
    """{label: version number}, `draft` first."""
    labels = ConfigLabel.objects.filter(kind=row.kind, object_id=row.pk).order_by("name")
    return {KnownLabel.DRAFT.value: row.version, **dict(labels.values_list("name", "number"))}


def list_labels_of(kind: str, rows: Iterable[Configured]) -> dict[str, dict[str, int]]:
    """{id: {label: version number}} of many rows, in one query."""
    found = {row.pk: {KnownLabel.DRAFT.value: row.version} for row in rows}
    labels = ConfigLabel.objects.filter(kind=kind, object_id__in=found).order_by("name")
    for object_id, name, number in labels.values_list("object_id", "name", "number"):
        found[object_id][name] = number
    return found


def list_label_names(team_id: str | None) -> list[str]:
    """Every label there is for this team's things: the known ones first, then its own."""
    known = [label.value for label in KnownLabel]
    names = ConfigLabel.objects.filter(team_id=team_id).order_by("name").values_list("name", flat=True)
    protected = LabelPolicy.objects.filter(team_id=team_id).values_list("label", flat=True)
    return known + sorted({*names.distinct(), *protected} - set(known))


def list_protected(team_id: str | None) -> frozenset[str]:
    """The labels of this team's things (None: everybody's) that only move with somebody else's approval."""
    said: Mapping[str, bool] = dict(
        LabelPolicy.objects.filter(team_id=team_id).values_list("label", "is_protected")
    )
    stated = {KnownLabel.PRODUCTION.value: True, **said}
    return frozenset(label for label, is_protected in stated.items() if is_protected)


def find_uses(row: Configured, principal: Principal | None = None) -> list[Configured]:
    """The live things that use it, in their latest or any labelled version, by name; of a principal's sight.

    Agents use prompts, models and each other; models use their provider.
    """
    if row.kind == ConfigKind.PROVIDER:
        found = list_around(row, ConfigKind.MODEL).filter(provider=row.name)
    elif row.kind == ConfigKind.AGENT:
        found = list_around(row, ConfigKind.AGENT).filter(pk__in=list_callers(row))
    elif row.kind in {ConfigKind.PROMPT, ConfigKind.MODEL}:
        labelled = ConfigLabel.objects.filter(
            kind=ConfigKind.AGENT, **{f"version__content__{row.kind}": row.pk}
        )
        uses = Q(**{f"{row.kind}_id": row.pk}) | Q(pk__in=labelled.values("object_id"))
        found = Agent.objects.filter(uses, retired_at=None)
    else:
        return []
    rows = found.select_related("team").order_by("name", "pk")
    return [used for used in rows if principal is None or can_see_config(principal, used)]


def list_around(row: Configured, kind: str) -> QuerySet[Any]:
    """The live things of a kind that may refer to it: of its team, or of every team for everybody's."""
    rows = get_kind(kind).model.objects.filter(retired_at=None)
    return rows.filter(team_id=row.team_id) if row.team_id else rows


def list_callers(row: Configured) -> list[str]:
    """Ids of the agents whose latest version names this one as a subagent."""
    contents = read_versions(list_around(row, ConfigKind.AGENT).exclude(pk=row.pk))
    return [
        object_id
        for object_id, content in contents.items()
        if isinstance(content, AgentContent) and row.name in (content.subagents or ())
    ]


def load_labelled(team: Team, label: str = KnownLabel.PRODUCTION) -> ConfigSet:
    """What this team's engines are rendered from: its own things and everybody's at this label.

    Everybody's come first, then by key: the same rows give the same set on every database.
    """
    return build_set(list_labelled(team.pk, label))


def load_versions(objects: Iterable[Sequence[Any]]) -> ConfigSet:
    """The set of exactly these versions, whatever wears a label now: [kind, object's id, number, …] each."""
    wanted = {(str(kind), str(object_id)): number for kind, object_id, number, *_ in objects}
    rows = ConfigVersion.objects.filter(object_id__in={object_id for _, object_id in wanted})
    return build_set(row for row in rows if wanted.get((row.kind, row.object_id)) == row.number)


def build_set(rows: Iterable[ConfigVersion]) -> ConfigSet:
    found: dict[str, dict[str, Content]] = {kind: {} for kind in KINDS}
    versions: dict[tuple[str, str], tuple[int, str]] = {}
    shared: set[str] = set()
    for version in rows:
        found[version.kind][version.object_id] = read_content_of(version.kind, version.content)
        versions[version.kind, version.object_id] = (version.number, version.content_hash)
        if version.team_id is None:
            shared.add(version.object_id)
    ordered: dict[str, Any] = {
        KINDS[kind].plural: dict(sorted(contents.items(), key=lambda item: order_of(item, shared)))
        for kind, contents in found.items()
    }
    return ConfigSet(**ordered, versions=versions, shared=frozenset(shared))


def order_of(item: tuple[str, Content], shared: set[str]) -> tuple[bool, str, str]:
    object_id, content = item
    return (object_id not in shared, content.key, object_id)


def list_labelled(team_id: str, label: str) -> list[ConfigVersion]:
    """The versions that wear this label, of this team's live things and everybody's."""
    owned = Q(team=None) | Q(team_id=team_id)
    if label != KnownLabel.DRAFT:
        return [
            item.version for item in ConfigLabel.objects.select_related("version").filter(owned, name=label)
        ]
    rows = (
        kind.model.objects.select_related("latest").filter(owned, retired_at=None) for kind in KINDS.values()
    )
    return [row.latest for found in rows for row in found]
