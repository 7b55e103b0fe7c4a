"""What a proposal says, apart from where it is stored: what doors hand in and what a revision keeps."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from events.errors import Invalid, TooLarge
from events.text import is_storable, read_line
from procedures.enums import Area
from procedures.models import Proposal, ProposalRevision
from procedures.models.sop import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_SLUG_LENGTH

# A folder's name wherever it is written: no dots, slashes, blanks or capitals, so that it leads nowhere else.
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_CONTENT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDraft:
    """`content` is Markdown; `supersedes_id` "" for none; `effective_from` None: once it is approved."""

    slug: str
    name: str
    content: str
    description: str = ""
    area: str = Area.GENERAL
    supersedes_id: str = ""
    effective_from: datetime | None = None
    review_by: date | None = None

    @property
    def content_hash(self) -> str:
        return hash_content(self.content)


def hash_content(content: str) -> str:
    """SHA-256, hex, of the text in UTF-8."""
    return hashlib.sha256(content.encode()).hexdigest()


def read_draft(draft: ProposalDraft) -> ProposalDraft:
    """The same as it is stored: blanks cut, lines ending in line feeds. Raises Invalid or TooLarge."""
    if draft.area not in Area.values:
        raise Invalid(f"area: one of {', '.join(Area.values)}.", field="area")
    return replace(
        draft,
        slug=read_slug(draft.slug),
        name=read_line(draft.name, field="name", max_length=MAX_NAME_LENGTH, is_required=True),
        description=read_line(draft.description, field="description", max_length=MAX_DESCRIPTION_LENGTH),
        content=read_content(draft.content),
        effective_from=read_moment(draft.effective_from),
    )


def read_slug(slug: str) -> str:
    if len(slug) > MAX_SLUG_LENGTH or not SLUG.fullmatch(slug):
        raise Invalid(
            f"slug: small letters, digits and single hyphens between them, at most {MAX_SLUG_LENGTH}.",
            field="slug",
        )
    return slug


def read_content(content: str) -> str:
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if not content.strip():
        raise Invalid("content: this may not be empty.", field="content")
    if not is_storable(content):
        raise Invalid("content: this holds characters that can't be stored.", field="content")
    if len(content.encode()) > MAX_CONTENT_BYTES:
        raise TooLarge(f"A procedure has at most {MAX_CONTENT_BYTES // 1024} KB.")
    return content


def read_moment(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise Invalid("effective_from: say the time zone, too.", field="effective_from")
    return moment.astimezone(UTC)


def read_revision(proposal: Proposal, revision: ProposalRevision) -> ProposalDraft:
    """What a stored revision says."""
    return ProposalDraft(
        slug=proposal.slug,
        name=revision.name,
        content=revision.content,
        description=revision.description,
        area=revision.area,
        supersedes_id=revision.supersedes_id or "",
        effective_from=revision.effective_from,
        review_by=revision.review_by,
    )
