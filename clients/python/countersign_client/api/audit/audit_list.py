# Generated from docs/openapi.yaml by `make schema`: do not edit.
import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.audit_list_actor_kind import AuditListActorKind
from ...models.audit_list_door import AuditListDoor
from ...models.paginated_audit_entry_list import PaginatedAuditEntryList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    actor: str | Unset = UNSET,
    actor_kind: AuditListActorKind | Unset = UNSET,
    cursor: str | Unset = UNSET,
    door: AuditListDoor | Unset = UNSET,
    group: str | Unset = UNSET,
    page_size: int | Unset = 30,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    subject_kind: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    verb: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["actor"] = actor

    json_actor_kind: str | Unset = UNSET
    if not isinstance(actor_kind, Unset):
        json_actor_kind = actor_kind.value

    params["actor_kind"] = json_actor_kind

    params["cursor"] = cursor

    json_door: str | Unset = UNSET
    if not isinstance(door, Unset):
        json_door = door.value

    params["door"] = json_door

    params["group"] = group

    params["page_size"] = page_size

    json_since: str | Unset = UNSET
    if not isinstance(since, Unset):
        json_since = since.isoformat()
    params["since"] = json_since

    params["subject"] = subject

    params["subject_kind"] = subject_kind

    json_until: str | Unset = UNSET
    if not isinstance(until, Unset):
        json_until = until.isoformat()
    params["until"] = json_until

    params["verb"] = verb

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/audit/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedAuditEntryList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedAuditEntryList.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    response_default = Problem.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PaginatedAuditEntryList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    actor: str | Unset = UNSET,
    actor_kind: AuditListActorKind | Unset = UNSET,
    cursor: str | Unset = UNSET,
    door: AuditListDoor | Unset = UNSET,
    group: str | Unset = UNSET,
    page_size: int | Unset = 30,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    subject_kind: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    verb: str | Unset = UNSET,
) -> Response[PaginatedAuditEntryList | Problem]:
    """Newest first. Follow `next_cursor` until it is null: a page may hold fewer entries, or none.

    What no index answers is looked for among a bounded number of entries at a time.

    Args:
        actor (str | Unset):
        actor_kind (AuditListActorKind | Unset):
        cursor (str | Unset):
        door (AuditListDoor | Unset):
        group (str | Unset):
        page_size (int | Unset):  Default: 30.
        since (datetime.datetime | Unset):
        subject (str | Unset):
        subject_kind (str | Unset):
        until (datetime.datetime | Unset):
        verb (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedAuditEntryList | Problem]
    """

    kwargs = _get_kwargs(
        actor=actor,
        actor_kind=actor_kind,
        cursor=cursor,
        door=door,
        group=group,
        page_size=page_size,
        since=since,
        subject=subject,
        subject_kind=subject_kind,
        until=until,
        verb=verb,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    actor: str | Unset = UNSET,
    actor_kind: AuditListActorKind | Unset = UNSET,
    cursor: str | Unset = UNSET,
    door: AuditListDoor | Unset = UNSET,
    group: str | Unset = UNSET,
    page_size: int | Unset = 30,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    subject_kind: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    verb: str | Unset = UNSET,
) -> PaginatedAuditEntryList | Problem | None:
    """Newest first. Follow `next_cursor` until it is null: a page may hold fewer entries, or none.

    What no index answers is looked for among a bounded number of entries at a time.

    Args:
        actor (str | Unset):
        actor_kind (AuditListActorKind | Unset):
        cursor (str | Unset):
        door (AuditListDoor | Unset):
        group (str | Unset):
        page_size (int | Unset):  Default: 30.
        since (datetime.datetime | Unset):
        subject (str | Unset):
        subject_kind (str | Unset):
        until (datetime.datetime | Unset):
        verb (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedAuditEntryList | Problem
    """

    return sync_detailed(
        client=client,
        actor=actor,
        actor_kind=actor_kind,
        cursor=cursor,
        door=door,
        group=group,
        page_size=page_size,
        since=since,
        subject=subject,
        subject_kind=subject_kind,
        until=until,
        verb=verb,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    actor: str | Unset = UNSET,
    actor_kind: AuditListActorKind | Unset = UNSET,
    cursor: str | Unset = UNSET,
    door: AuditListDoor | Unset = UNSET,
    group: str | Unset = UNSET,
    page_size: int | Unset = 30,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    subject_kind: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    verb: str | Unset = UNSET,
) -> Response[PaginatedAuditEntryList | Problem]:
    """Newest first. Follow `next_cursor` until it is null: a page may hold fewer entries, or none.

    What no index answers is looked for among a bounded number of entries at a time.

    Args:
        actor (str | Unset):
        actor_kind (AuditListActorKind | Unset):
        cursor (str | Unset):
        door (AuditListDoor | Unset):
        group (str | Unset):
        page_size (int | Unset):  Default: 30.
        since (datetime.datetime | Unset):
        subject (str | Unset):
        subject_kind (str | Unset):
        until (datetime.datetime | Unset):
        verb (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedAuditEntryList | Problem]
    """

    kwargs = _get_kwargs(
        actor=actor,
        actor_kind=actor_kind,
        cursor=cursor,
        door=door,
        group=group,
        page_size=page_size,
        since=since,
        subject=subject,
        subject_kind=subject_kind,
        until=until,
        verb=verb,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    actor: str | Unset = UNSET,
    actor_kind: AuditListActorKind | Unset = UNSET,
    cursor: str | Unset = UNSET,
    door: AuditListDoor | Unset = UNSET,
    group: str | Unset = UNSET,
    page_size: int | Unset = 30,
    since: datetime.datetime | Unset = UNSET,
    subject: str | Unset = UNSET,
    subject_kind: str | Unset = UNSET,
    until: datetime.datetime | Unset = UNSET,
    verb: str | Unset = UNSET,
) -> PaginatedAuditEntryList | Problem | None:
    """Newest first. Follow `next_cursor` until it is null: a page may hold fewer entries, or none.

    What no index answers is looked for among a bounded number of entries at a time.

    Args:
        actor (str | Unset):
        actor_kind (AuditListActorKind | Unset):
        cursor (str | Unset):
        door (AuditListDoor | Unset):
        group (str | Unset):
        page_size (int | Unset):  Default: 30.
        since (datetime.datetime | Unset):
        subject (str | Unset):
        subject_kind (str | Unset):
        until (datetime.datetime | Unset):
        verb (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedAuditEntryList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            actor=actor,
            actor_kind=actor_kind,
            cursor=cursor,
            door=door,
            group=group,
            page_size=page_size,
            since=since,
            subject=subject,
            subject_kind=subject_kind,
            until=until,
            verb=verb,
        )
    ).parsed
