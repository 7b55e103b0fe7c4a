"""What a team configured, written as files. Whole contents leave here: members only, and it is audited."""

from __future__ import annotations

from accounts.models import Team
from accounts.principal import Principal
from configs.enums import KnownLabel
from configs.formats.limits import FormatError
from configs.formats.registry import FORMATS, Written, write_files
from configs.formats.sources import ExportSource
from configs.policies import can_list_configs
from configs.queries import load_labelled
from events.actors import Actor, Subject
from events.changes import changes
from events.errors import Invalid, Refused


def export_team(
    *, principal: Principal, team: Team, format_name: str = "bundle", label: str = KnownLabel.DRAFT
) -> Written:
    """Everything of the team's own at this label; what is everybody's is only referred to.

    Raises Refused, or Invalid when the format can't say it: nothing is half-written.
    """
    if not can_list_configs(principal) or team.pk not in principal.team_ids:
        raise Refused(
            "Only members of the team export what it configures.", subject_kind="team", subject_id=team.pk
        )
    return export_as(actor=principal.actor, team=team, format_name=format_name, label=label)


def export_as(*, actor: Actor, team: Team, format_name: str, label: str = KnownLabel.DRAFT) -> Written:
    """As `export_team`, for whoever has the database itself."""
    if format_name not in FORMATS:
        raise Invalid(f"format: there are {', '.join(FORMATS)}.", field="format")
    with changes(actor) as change:
        contents = load_labelled(team, label)
        own = frozenset(object_id for _, object_id in contents.versions) - contents.shared
        written = write(ExportSource(contents, own), format_name)
        change.audit(
            "config.export",
            Subject("team", team.pk),
            after={"format": format_name, "label": label, "files": len(written.files)},
        )
    return written


def write(source: ExportSource, format_name: str) -> Written:
    try:
        return write_files(source, format_name)
    except FormatError as error:
        raise Invalid(str(error), field="format") from None
