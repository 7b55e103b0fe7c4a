# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.mcp_servers_list_state_item import McpServersListStateItem
from ...models.paginated_mcp_server_list import PaginatedMcpServerList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    state: list[McpServersListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["name"] = name

    params["page_size"] = page_size

    params["retired"] = retired

    params["search"] = search

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
        "url": "/api/v1/mcp-servers/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedMcpServerList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedMcpServerList.from_dict(response.json())

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
) -> Response[PaginatedMcpServerList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    state: list[McpServersListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedMcpServerList | Problem]:
    """Servers of one's teams, ended ones too, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        name (str | Unset):
        page_size (int | Unset):  Default: 30.
        retired (bool | Unset):
        search (str | Unset):
        state (list[McpServersListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedMcpServerList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        name=name,
        page_size=page_size,
        retired=retired,
        search=search,
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
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    state: list[McpServersListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedMcpServerList | Problem | None:
    """Servers of one's teams, ended ones too, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        name (str | Unset):
        page_size (int | Unset):  Default: 30.
        retired (bool | Unset):
        search (str | Unset):
        state (list[McpServersListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedMcpServerList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        name=name,
        page_size=page_size,
        retired=retired,
        search=search,
        state=state,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    state: list[McpServersListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedMcpServerList | Problem]:
    """Servers of one's teams, ended ones too, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        name (str | Unset):
        page_size (int | Unset):  Default: 30.
        retired (bool | Unset):
        search (str | Unset):
        state (list[McpServersListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedMcpServerList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        name=name,
        page_size=page_size,
        retired=retired,
        search=search,
        state=state,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    name: str | Unset = UNSET,
    page_size: int | Unset = 30,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    state: list[McpServersListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedMcpServerList | Problem | None:
    """Servers of one's teams, ended ones too, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        name (str | Unset):
        page_size (int | Unset):  Default: 30.
        retired (bool | Unset):
        search (str | Unset):
        state (list[McpServersListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedMcpServerList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            name=name,
            page_size=page_size,
            retired=retired,
            search=search,
            state=state,
            team=team,
        )
    ).parsed
