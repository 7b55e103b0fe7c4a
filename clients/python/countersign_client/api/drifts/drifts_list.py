# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.drifts_list_state_item import DriftsListStateItem
from ...models.paginated_drift_list import PaginatedDriftList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[DriftsListStateItem] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["engine"] = engine

    params["page_size"] = page_size

    json_state: list[str] | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = []
        for state_item_data in state:
            state_item = state_item_data.value
            json_state.append(state_item)

    params["state"] = json_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/drifts/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedDriftList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedDriftList.from_dict(response.json())

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
) -> Response[PaginatedDriftList | Problem]:
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
    page_size: int | Unset = 30,
    state: list[DriftsListStateItem] | Unset = UNSET,
) -> Response[PaginatedDriftList | Problem]:
    """Whether engines run what was released; the id is the engine's. Looked at every minute.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[DriftsListStateItem] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedDriftList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        state=state,
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
    page_size: int | Unset = 30,
    state: list[DriftsListStateItem] | Unset = UNSET,
) -> PaginatedDriftList | Problem | None:
    """Whether engines run what was released; the id is the engine's. Looked at every minute.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[DriftsListStateItem] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedDriftList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[DriftsListStateItem] | Unset = UNSET,
) -> Response[PaginatedDriftList | Problem]:
    """Whether engines run what was released; the id is the engine's. Looked at every minute.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[DriftsListStateItem] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedDriftList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[DriftsListStateItem] | Unset = UNSET,
) -> PaginatedDriftList | Problem | None:
    """Whether engines run what was released; the id is the engine's. Looked at every minute.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[DriftsListStateItem] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedDriftList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            engine=engine,
            page_size=page_size,
            state=state,
        )
    ).parsed
