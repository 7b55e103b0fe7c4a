# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.paginated_release_list import PaginatedReleaseList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["engine"] = engine

    params["page_size"] = page_size

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/releases/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedReleaseList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedReleaseList.from_dict(response.json())

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
) -> Response[PaginatedReleaseList | Problem]:
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
) -> Response[PaginatedReleaseList | Problem]:
    """What engines run, frozen and signed. For the team's members.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedReleaseList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        page_size=page_size,
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
) -> PaginatedReleaseList | Problem | None:
    """What engines run, frozen and signed. For the team's members.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedReleaseList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        engine=engine,
        page_size=page_size,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
) -> Response[PaginatedReleaseList | Problem]:
    """What engines run, frozen and signed. For the team's members.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedReleaseList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        page_size=page_size,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
) -> PaginatedReleaseList | Problem | None:
    """What engines run, frozen and signed. For the team's members.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedReleaseList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            engine=engine,
            page_size=page_size,
        )
    ).parsed
