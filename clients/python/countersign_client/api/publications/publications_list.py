# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.paginated_publication_list import PaginatedPublicationList
from ...models.problem import Problem
from ...models.publications_list_state_item import PublicationsListStateItem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    finished: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    release: str | Unset = UNSET,
    state: list[PublicationsListStateItem] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["engine"] = engine

    params["finished"] = finished

    params["page_size"] = page_size

    params["release"] = release

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
        "url": "/api/v1/publications/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedPublicationList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedPublicationList.from_dict(response.json())

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
) -> Response[PaginatedPublicationList | Problem]:
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
    finished: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    release: str | Unset = UNSET,
    state: list[PublicationsListStateItem] | Unset = UNSET,
) -> Response[PaginatedPublicationList | Problem]:
    """Releases on their way to their engines, and how that ended.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        finished (bool | Unset):
        page_size (int | Unset):  Default: 30.
        release (str | Unset):
        state (list[PublicationsListStateItem] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedPublicationList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        finished=finished,
        page_size=page_size,
        release=release,
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
    finished: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    release: str | Unset = UNSET,
    state: list[PublicationsListStateItem] | Unset = UNSET,
) -> PaginatedPublicationList | Problem | None:
    """Releases on their way to their engines, and how that ended.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        finished (bool | Unset):
        page_size (int | Unset):  Default: 30.
        release (str | Unset):
        state (list[PublicationsListStateItem] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedPublicationList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        engine=engine,
        finished=finished,
        page_size=page_size,
        release=release,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    finished: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    release: str | Unset = UNSET,
    state: list[PublicationsListStateItem] | Unset = UNSET,
) -> Response[PaginatedPublicationList | Problem]:
    """Releases on their way to their engines, and how that ended.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        finished (bool | Unset):
        page_size (int | Unset):  Default: 30.
        release (str | Unset):
        state (list[PublicationsListStateItem] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedPublicationList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        finished=finished,
        page_size=page_size,
        release=release,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    finished: bool | Unset = UNSET,
    page_size: int | Unset = 30,
    release: str | Unset = UNSET,
    state: list[PublicationsListStateItem] | Unset = UNSET,
) -> PaginatedPublicationList | Problem | None:
    """Releases on their way to their engines, and how that ended.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        finished (bool | Unset):
        page_size (int | Unset):  Default: 30.
        release (str | Unset):
        state (list[PublicationsListStateItem] | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedPublicationList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            engine=engine,
            finished=finished,
            page_size=page_size,
            release=release,
            state=state,
        )
    ).parsed
