# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.paginated_subagent_list import PaginatedSubagentList
from ...models.problem import Problem
from ...models.subagents_list_kind_item import SubagentsListKindItem
from ...models.subagents_list_status_item import SubagentsListStatusItem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    agent: str | Unset = UNSET,
    cao_server: str | Unset = UNSET,
    chat: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    kind: list[SubagentsListKindItem] | Unset = UNSET,
    open_: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    parent: str | Unset = UNSET,
    root: str | Unset = UNSET,
    status: list[SubagentsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["agent"] = agent

    params["cao_server"] = cao_server

    params["chat"] = chat

    params["cursor"] = cursor

    params["engine"] = engine

    json_kind: list[str] | Unset = UNSET
    if not isinstance(kind, Unset):
        json_kind = []
        for kind_item_data in kind:
            kind_item = kind_item_data.value
            json_kind.append(kind_item)

    params["kind"] = json_kind

    params["open"] = open_

    params["page_size"] = page_size

    params["parent"] = parent

    params["root"] = root

    json_status: list[str] | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = []
        for status_item_data in status:
            status_item = status_item_data.value
            json_status.append(status_item)

    params["status"] = json_status

    params["team"] = team

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/subagents/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedSubagentList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedSubagentList.from_dict(response.json())

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
) -> Response[PaginatedSubagentList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    agent: str | Unset = UNSET,
    cao_server: str | Unset = UNSET,
    chat: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    kind: list[SubagentsListKindItem] | Unset = UNSET,
    open_: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    parent: str | Unset = UNSET,
    root: str | Unset = UNSET,
    status: list[SubagentsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedSubagentList | Problem]:
    """The delegations in one's teams.

    Args:
        agent (str | Unset):
        cao_server (str | Unset):
        chat (str | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        kind (list[SubagentsListKindItem] | Unset):
        open_ (bool | Unset):
        page_size (int | Unset):  Default: 30.
        parent (str | Unset):
        root (str | Unset):
        status (list[SubagentsListStatusItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedSubagentList | Problem]
    """

    kwargs = _get_kwargs(
        agent=agent,
        cao_server=cao_server,
        chat=chat,
        cursor=cursor,
        engine=engine,
        kind=kind,
        open_=open_,
        page_size=page_size,
        parent=parent,
        root=root,
        status=status,
        team=team,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    agent: str | Unset = UNSET,
    cao_server: str | Unset = UNSET,
    chat: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    kind: list[SubagentsListKindItem] | Unset = UNSET,
    open_: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    parent: str | Unset = UNSET,
    root: str | Unset = UNSET,
    status: list[SubagentsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedSubagentList | Problem | None:
    """The delegations in one's teams.

    Args:
        agent (str | Unset):
        cao_server (str | Unset):
        chat (str | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        kind (list[SubagentsListKindItem] | Unset):
        open_ (bool | Unset):
        page_size (int | Unset):  Default: 30.
        parent (str | Unset):
        root (str | Unset):
        status (list[SubagentsListStatusItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedSubagentList | Problem
    """

    return sync_detailed(
        client=client,
        agent=agent,
        cao_server=cao_server,
        chat=chat,
        cursor=cursor,
        engine=engine,
        kind=kind,
        open_=open_,
        page_size=page_size,
        parent=parent,
        root=root,
        status=status,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    agent: str | Unset = UNSET,
    cao_server: str | Unset = UNSET,
    chat: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    kind: list[SubagentsListKindItem] | Unset = UNSET,
    open_: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    parent: str | Unset = UNSET,
    root: str | Unset = UNSET,
    status: list[SubagentsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedSubagentList | Problem]:
    """The delegations in one's teams.

    Args:
        agent (str | Unset):
        cao_server (str | Unset):
        chat (str | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        kind (list[SubagentsListKindItem] | Unset):
        open_ (bool | Unset):
        page_size (int | Unset):  Default: 30.
        parent (str | Unset):
        root (str | Unset):
        status (list[SubagentsListStatusItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedSubagentList | Problem]
    """

    kwargs = _get_kwargs(
        agent=agent,
        cao_server=cao_server,
        chat=chat,
        cursor=cursor,
        engine=engine,
        kind=kind,
        open_=open_,
        page_size=page_size,
        parent=parent,
        root=root,
        status=status,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    agent: str | Unset = UNSET,
    cao_server: str | Unset = UNSET,
    chat: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    kind: list[SubagentsListKindItem] | Unset = UNSET,
    open_: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    parent: str | Unset = UNSET,
    root: str | Unset = UNSET,
    status: list[SubagentsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedSubagentList | Problem | None:
    """The delegations in one's teams.

    Args:
        agent (str | Unset):
        cao_server (str | Unset):
        chat (str | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        kind (list[SubagentsListKindItem] | Unset):
        open_ (bool | Unset):
        page_size (int | Unset):  Default: 30.
        parent (str | Unset):
        root (str | Unset):
        status (list[SubagentsListStatusItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedSubagentList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            agent=agent,
            cao_server=cao_server,
            chat=chat,
            cursor=cursor,
            engine=engine,
            kind=kind,
            open_=open_,
            page_size=page_size,
            parent=parent,
            root=root,
            status=status,
            team=team,
        )
    ).parsed
