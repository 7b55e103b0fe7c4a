# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.mcp_incidents_list_kind_item import McpIncidentsListKindItem
from ...models.mcp_incidents_list_state_item import McpIncidentsListStateItem
from ...models.paginated_mcp_incident_list import PaginatedMcpIncidentList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    kind: list[McpIncidentsListKindItem] | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    state: list[McpIncidentsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["engine"] = engine

    json_kind: list[str] | Unset = UNSET
    if not isinstance(kind, Unset):
        json_kind = []
        for kind_item_data in kind:
            kind_item = kind_item_data.value
            json_kind.append(kind_item)

    params["kind"] = json_kind

    params["page_size"] = page_size

    params["server"] = server

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
        "url": "/api/v1/mcp-incidents/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedMcpIncidentList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedMcpIncidentList.from_dict(response.json())

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
) -> Response[PaginatedMcpIncidentList | Problem]:
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
    engine: str | Unset = UNSET,
    kind: list[McpIncidentsListKindItem] | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    state: list[McpIncidentsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedMcpIncidentList | Problem]:
    """Incidents of one's teams, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        kind (list[McpIncidentsListKindItem] | Unset):
        page_size (int | Unset):  Default: 30.
        server (str | Unset):
        state (list[McpIncidentsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedMcpIncidentList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        kind=kind,
        page_size=page_size,
        server=server,
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
    engine: str | Unset = UNSET,
    kind: list[McpIncidentsListKindItem] | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    state: list[McpIncidentsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedMcpIncidentList | Problem | None:
    """Incidents of one's teams, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        kind (list[McpIncidentsListKindItem] | Unset):
        page_size (int | Unset):  Default: 30.
        server (str | Unset):
        state (list[McpIncidentsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedMcpIncidentList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        engine=engine,
        kind=kind,
        page_size=page_size,
        server=server,
        state=state,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    kind: list[McpIncidentsListKindItem] | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    state: list[McpIncidentsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedMcpIncidentList | Problem]:
    """Incidents of one's teams, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        kind (list[McpIncidentsListKindItem] | Unset):
        page_size (int | Unset):  Default: 30.
        server (str | Unset):
        state (list[McpIncidentsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedMcpIncidentList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        kind=kind,
        page_size=page_size,
        server=server,
        state=state,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    kind: list[McpIncidentsListKindItem] | Unset = UNSET,
    page_size: int | Unset = 30,
    server: str | Unset = UNSET,
    state: list[McpIncidentsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedMcpIncidentList | Problem | None:
    """Incidents of one's teams, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        kind (list[McpIncidentsListKindItem] | Unset):
        page_size (int | Unset):  Default: 30.
        server (str | Unset):
        state (list[McpIncidentsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedMcpIncidentList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            engine=engine,
            kind=kind,
            page_size=page_size,
            server=server,
            state=state,
            team=team,
        )
    ).parsed
