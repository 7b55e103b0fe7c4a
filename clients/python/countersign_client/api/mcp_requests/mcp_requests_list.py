# Generated from docs/openapi.yaml by `make schema`: do not edit.
import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.mcp_requests_list_source_item import McpRequestsListSourceItem
from ...models.mcp_requests_list_state_item import McpRequestsListStateItem
from ...models.paginated_mcp_request_list import PaginatedMcpRequestList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    source: list[McpRequestsListSourceItem] | Unset = UNSET,
    state: list[McpRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_created_before: str | Unset = UNSET
    if not isinstance(created_before, Unset):
        json_created_before = created_before.isoformat()
    params["created_before"] = json_created_before

    json_created_from: str | Unset = UNSET
    if not isinstance(created_from, Unset):
        json_created_from = created_from.isoformat()
    params["created_from"] = json_created_from

    params["cursor"] = cursor

    params["name"] = name

    params["page_size"] = page_size

    params["server"] = server

    json_source: list[str] | Unset = UNSET
    if not isinstance(source, Unset):
        json_source = []
        for source_item_data in source:
            source_item = source_item_data.value
            json_source.append(source_item)

    params["source"] = json_source

    json_state: list[str] | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = []
        for state_item_data in state:
            state_item = state_item_data.value
            json_state.append(state_item)

    params["state"] = json_state

    params["team"] = team

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/mcp-requests/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedMcpRequestList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedMcpRequestList.from_dict(response.json())

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
) -> Response[PaginatedMcpRequestList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    source: list[McpRequestsListSourceItem] | Unset = UNSET,
    state: list[McpRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedMcpRequestList | Problem]:
    """Requests of one's teams, newest first; `total` of them in all.

    Args:
        created_before (datetime.datetime | Unset):
        created_from (datetime.datetime | Unset):
        cursor (str | Unset):
        name (str | Unset):
        page_size (int | Unset):  Default: 30.
        server (str | Unset):
        source (list[McpRequestsListSourceItem] | Unset):
        state (list[McpRequestsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedMcpRequestList | Problem]
    """

    kwargs = _get_kwargs(
        created_before=created_before,
        created_from=created_from,
        cursor=cursor,
        name=name,
        page_size=page_size,
        server=server,
        source=source,
        state=state,
        team=team,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    source: list[McpRequestsListSourceItem] | Unset = UNSET,
    state: list[McpRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedMcpRequestList | Problem | None:
    """Requests of one's teams, newest first; `total` of them in all.

    Args:
        created_before (datetime.datetime | Unset):
        created_from (datetime.datetime | Unset):
        cursor (str | Unset):
        name (str | Unset):
        page_size (int | Unset):  Default: 30.
        server (str | Unset):
        source (list[McpRequestsListSourceItem] | Unset):
        state (list[McpRequestsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedMcpRequestList | Problem
    """

    return sync_detailed(
        client=client,
        created_before=created_before,
        created_from=created_from,
        cursor=cursor,
        name=name,
        page_size=page_size,
        server=server,
        source=source,
        state=state,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    source: list[McpRequestsListSourceItem] | Unset = UNSET,
    state: list[McpRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedMcpRequestList | Problem]:
    """Requests of one's teams, newest first; `total` of them in all.

    Args:
        created_before (datetime.datetime | Unset):
        created_from (datetime.datetime | Unset):
        cursor (str | Unset):
        name (str | Unset):
        page_size (int | Unset):  Default: 30.
        server (str | Unset):
        source (list[McpRequestsListSourceItem] | Unset):
        state (list[McpRequestsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedMcpRequestList | Problem]
    """

    kwargs = _get_kwargs(
        created_before=created_before,
        created_from=created_from,
        cursor=cursor,
        name=name,
        page_size=page_size,
        server=server,
        source=source,
        state=state,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    source: list[McpRequestsListSourceItem] | Unset = UNSET,
    state: list[McpRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedMcpRequestList | Problem | None:
    """Requests of one's teams, newest first; `total` of them in all.

    Args:
        created_before (datetime.datetime | Unset):
        created_from (datetime.datetime | Unset):
        cursor (str | Unset):
        name (str | Unset):
        page_size (int | Unset):  Default: 30.
        server (str | Unset):
        source (list[McpRequestsListSourceItem] | Unset):
        state (list[McpRequestsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedMcpRequestList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            created_before=created_before,
            created_from=created_from,
            cursor=cursor,
            name=name,
            page_size=page_size,
            server=server,
            source=source,
            state=state,
            team=team,
        )
    ).parsed
