"""Files in and out, in the plain editor: looked at first, then taken over; what came in before; downloads."""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin.base import answer_refusal, get_principal, refuse_method
from accounts.principal import Principal
from configs.domain.exports import export_team
from configs.domain.imports import FileReport, ImportResult, Outcome, SourceFile, import_files
from configs.formats.drafts import Fate, Finding
from configs.formats.registry import FORMATS, Written
from configs.models import ImportedFile
from configs.pages.desk import Owner, list_owners
from configs.pages.doors import CONFIGURE_DOOR
from configs.policies import can_list_configs
from configs.queries import list_label_names
from events.encryption import reveal
from events.errors import Conflict, DomainError, Invalid, Refused
from events.identifiers import is_record_id
from events.masking import mask_secrets
from events.text import make_visible_lines

# What a page carries from the look to the taking over, and still fits into one request body.
MAX_PAGE_BYTES = 1024 * 1024
MAX_PAGE_FILES = 50
LATEST = 20
MAX_SHOWN_TEXT = 64 * 1024
FATES: tuple[tuple[str, str, str], ...] = (
    (Fate.RISKY, "Worth a look", "warning"),
    (Fate.REQUEST, "Needs a request of its own", "people"),
    (Fate.DROPPED, "Not taken over", "off"),
    (Fate.MAPPED, "Taken over", "check"),
)


@dataclass(frozen=True, slots=True)
class FateGroup:
    fate: str
    title: str
    icon: str
    findings: list[Finding]

    @property
    def is_open(self) -> bool:
        return self.fate != Fate.MAPPED


@dataclass(frozen=True, slots=True)
class ShownFile:
    name: str
    label: str
    groups: list[FateGroup]


@dataclass(frozen=True, slots=True)
class ShownOutcome:
    outcome: Outcome
    word: str
    url: str


def answer_import(request: HttpRequest) -> HttpResponse:
    """GET: the form; POST `act=look`: what would come of the files; `act=take`: drafts of them."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return refuse_method(request, "GET", "HEAD", "POST")
    principal = get_principal(request)
    if not can_list_configs(principal):
        raise PermissionDenied
    owners = list_owners(principal)
    if request.method != "POST":
        return render_form(request, owners)
    owner = next((owner for owner in owners if owner.value == request.POST.get("team", "")), None)
    if owner is None:
        return answer_refusal(request, "Only editors and admins of a team bring files in.")
    try:
        if request.POST.get("act") == "take":
            return take_over(request, principal, owner)
        return look(request, principal, owner, read_uploads(request))
    except Refused as error:
        return answer_refusal(request, error.message)
    except Conflict as error:
        return render_form(request, owners, owner, error.message, status=409)
    except DomainError as error:
        return render_form(request, owners, owner, error.message, status=400)


def look(request: HttpRequest, principal: Principal, owner: Owner, files: list[SourceFile]) -> HttpResponse:
    format_name = request.POST.get("format", "")
    result = import_files(
        principal=principal, team=owner.team, files=files, format_name=format_name, dry_run=True
    )
    context = {
        "title": "Look before it comes in",
        "owner": owner,
        "format": format_name,
        "carried": [(file.name, base64.b64encode(file.data).decode()) for file in files],
        **describe_result(result),
    }
    return render_page(request, "configs/import_look.html", context)


def take_over(request: HttpRequest, principal: Principal, owner: Owner) -> HttpResponse:
    result = import_files(
        principal=principal,
        team=owner.team,
        files=list(read_carried(request)),
        format_name=request.POST.get("format", ""),
        fingerprint=request.POST.get("fingerprint", "-"),
    )
    made, same = result.count("new") + result.count("changed"), result.count("same")
    if made:
        messages.success(request, f"{count_words(made)} came in. No label moved.")
    else:
        messages.info(request, f"Nothing new: {count_words(same)} stood here already.")
    return HttpResponseRedirect(reverse("configure:import"))


def count_words(count: int) -> str:
    return f"{count} draft{'' if count == 1 else 's'}"


# Files of a request ---------------------------------------------------------------------------------


def read_uploads(request: HttpRequest) -> list[SourceFile]:
    """Chosen files, and a text that was pasted under a name. Raises Invalid."""
    files = [
        SourceFile(file.name or "", file.read())
        for file in request.FILES.getlist("files")[: MAX_PAGE_FILES + 1]
    ]
    pasted = request.POST.get("text", "")
    if pasted.strip():
        name = request.POST.get("name", "").strip()
        if not name:
            raise Invalid(
                "name: say what the pasted file is called, such as agent/reviewer.md.", field="name"
            )
        files.append(SourceFile(name, pasted.replace("\r\n", "\n").encode("utf-8", "replace")))
    return check_files(files)


def read_carried(request: HttpRequest) -> Iterator[SourceFile]:
    names, texts = request.POST.getlist("file_name"), request.POST.getlist("file_data")
    if len(names) != len(texts):
        raise Invalid("This form was changed on the way.", field="file")
    for name, text in zip(names, texts, strict=True):
        try:
            yield SourceFile(name, base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            raise Invalid("This form was changed on the way.", field="file") from None


def check_files(files: list[SourceFile]) -> list[SourceFile]:
    if len(files) > MAX_PAGE_FILES:
        raise Invalid(f"At most {MAX_PAGE_FILES} files at once.", field="file")
    if sum(len(file.data) for file in files) > MAX_PAGE_BYTES:
        raise Invalid(
            f"At most {MAX_PAGE_BYTES // 1024} KB at once here; manage.py import_configs takes more.",
            field="file",
        )
    return files


# What is shown --------------------------------------------------------------------------------------


def describe_result(result: ImportResult) -> dict[str, Any]:
    return {
        "result": result,
        "files": [describe_file(file) for file in result.files],
        "outcomes": [describe_outcome(outcome) for outcome in result.outcomes],
    }


def describe_file(file: FileReport) -> ShownFile:
    return ShownFile(file.name, file.label, group_findings(file.findings))


def group_findings(findings: Any) -> list[FateGroup]:
    groups = [
        FateGroup(fate, title, icon, [finding for finding in findings if finding.fate == fate])
        for fate, title, icon in FATES
    ]
    return [group for group in groups if group.findings]


def describe_outcome(outcome: Outcome) -> ShownOutcome:
    word = {"new": "new", "changed": f"version {outcome.number}", "same": "as it stands"}[outcome.state]
    # What is new has no page before it is there.
    url = "" if outcome.state == "new" else CONFIGURE_DOOR.url(outcome.kind, "show", outcome.object_id)
    return ShownOutcome(outcome, word, url)


def render_form(
    request: HttpRequest, owners: list[Owner], owner: Owner | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    principal = get_principal(request)
    context = {
        "title": "Import and export",
        "owners": owners,
        "owner": owner,
        "error": error,
        "formats": list(FORMATS.values()),
        "typed": request.POST if request.method == "POST" else {},
        "export_owners": [each for each in owners if each.team_id in principal.team_ids],
        "labels": list_label_names(next(iter(sorted(principal.team_ids)), None)),
        "latest": list_imported(principal)[:LATEST],
    }
    return render_page(request, "configs/import.html", context, status=status)


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    frame = CONFIGURE_DOOR.context(request)
    return TemplateResponse(request, template, {**frame, **context}, status=status)


# What came in before --------------------------------------------------------------------------------


def list_imported(principal: Principal) -> QuerySet[ImportedFile]:
    """Files whose drafts this principal may read."""
    rows = ImportedFile.objects.select_related("team").defer("original", "findings")
    return rows.filter(Q(team=None) | Q(team_id__in=principal.team_ids))


def answer_imported(request: HttpRequest, import_id: str) -> HttpResponse:
    """One file as it came, recognised secrets masked, and what became of it."""
    if request.method not in {"GET", "HEAD"}:
        return refuse_method(request, "GET", "HEAD")
    principal = get_principal(request)
    if not can_list_configs(principal):
        raise PermissionDenied
    row = list_imported(principal).filter(pk=import_id).first() if is_record_id(import_id) else None
    if row is None:
        raise Http404
    text = reveal(row, "original")
    findings = [Finding(**{**finding, "fate": Fate(finding["fate"])}) for finding in row.findings]
    context = {
        "title": row.name,
        "imported": row,
        "label": FORMATS[row.format].label if row.format in FORMATS else row.format,
        "groups": group_findings(findings),
        "outcomes": [
            {**made, "url": CONFIGURE_DOOR.url(made["kind"], "show", made["object_id"])}
            for made in row.outcomes
        ],
        "text": make_visible_lines(mask_secrets(text[:MAX_SHOWN_TEXT])),
        "is_cut": len(text) > MAX_SHOWN_TEXT,
    }
    return render_page(request, "configs/imported.html", context)


# Out ------------------------------------------------------------------------------------------------


def answer_export(request: HttpRequest) -> HttpResponse:
    """A download: the file itself, or all of them in one archive."""
    if request.method != "POST":
        return refuse_method(request, "POST")
    principal = get_principal(request)
    owner = next(
        (each for each in list_owners(principal) if each.value == request.POST.get("team", "")), None
    )
    if owner is None or owner.team is None:
        return answer_refusal(request, "Only members of the team export what it configures.")
    try:
        written = export_team(
            principal=principal,
            team=owner.team,
            format_name=request.POST.get("format", ""),
            label=request.POST.get("label", ""),
        )
    except Refused as error:
        return answer_refusal(request, error.message)
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("configure:import"))
    if not written.files:
        messages.info(request, "There is nothing to write in this format.")
        return HttpResponseRedirect(reverse("configure:import"))
    return build_download(written)


def build_download(written: Written) -> HttpResponse:
    """Always as an attachment, never shown: the text is anybody's."""
    if len(written.files) == 1:
        [file] = written.files
        name, data = file.path.rpartition("/")[2], file.text.encode()
    else:
        name, data = "configs.zip", pack(written)
    response = HttpResponse(data, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def pack(written: Written) -> bytes:
    """The same files, the same bytes: no times in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in written.files:
            archive.writestr(zipfile.ZipInfo(file.path), file.text.encode())
    return buffer.getvalue()
