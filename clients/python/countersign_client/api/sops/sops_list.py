# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.paginated_sop_list import PaginatedSopList
from ...models.problem import Problem
from ...models.sops_list_area_item import SopsListAreaItem
from ...models.sops_list_state_item import SopsListStateItem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    area: list[SopsListAreaItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    state: list[SopsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_area: list[str] | Unset = UNSET
    if not isinstance(area, Unset):
        json_area = []
        for area_item_data in area:
            area_item = area_item_data.value
            json_area.append(area_item)

    params["area"] = json_area

    params["cursor"] = cursor

    params["page_size"] = page_size

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
        "url": "/api/v1/sops/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedSopList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedSopList.from_dict(response.json())

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
) -> Response[PaginatedSopList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    area: list[SopsListAreaItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    state: list[SopsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedSopList | Problem]:
    """Procedures of one's teams, ended ones too; `total` of them in all.

    Args:
        area (list[SopsListAreaItem] | Unset):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        search (str | Unset):
        state (list[SopsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedSopList | Problem]
    """

    kwargs = _get_kwargs(
        area=area,
        cursor=cursor,
        page_size=page_size,
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
    area: list[SopsListAreaItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    state: list[SopsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedSopList | Problem | None:
    """Procedures of one's teams, ended ones too; `total` of them in all.

    Args:
        area (list[SopsListAreaItem] | Unset):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        search (str | Unset):
        state (list[SopsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedSopList | Problem
    """

    return sync_detailed(
        client=client,
        area=area,
        cursor=cursor,
        page_size=page_size,
        search=search,
        state=state,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    area: list[SopsListAreaItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    state: list[SopsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedSopList | Problem]:
    """Procedures of one's teams, ended ones too; `total` of them in all.

    Args:
        area (list[SopsListAreaItem] | Unset):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        search (str | Unset):
        state (list[SopsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedSopList | Problem]
    """

    kwargs = _get_kwargs(
        area=area,
        cursor=cursor,
        page_size=page_size,
        search=search,
        state=state,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    area: list[SopsListAreaItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    state: list[SopsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedSopList | Problem | None:
    """Procedures of one's teams, ended ones too; `total` of them in all.

    Args:
        area (list[SopsListAreaItem] | Unset):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        search (str | Unset):
        state (list[SopsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedSopList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            area=area,
            cursor=cursor,
            page_size=page_size,
            search=search,
            state=state,
            team=team,
        )
    ).parsed
