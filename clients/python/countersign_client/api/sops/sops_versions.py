# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.paginated_sop_version_row_list import PaginatedSopVersionRowList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    slug: str,
    *,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["page_size"] = page_size

    params["team"] = team

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/sops/{slug}/versions/".format(
            slug=quote(str(slug), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedSopVersionRowList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedSopVersionRowList.from_dict(response.json())

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

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    response_default = Problem.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PaginatedSopVersionRowList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    slug: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    team: str | Unset = UNSET,
) -> Response[PaginatedSopVersionRowList | Problem]:
    """Its sealed versions, newest first, without their texts.

    Args:
        slug (str):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedSopVersionRowList | Problem]
    """

    kwargs = _get_kwargs(
        slug=slug,
        cursor=cursor,
        page_size=page_size,
        team=team,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    slug: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    team: str | Unset = UNSET,
) -> PaginatedSopVersionRowList | Problem | None:
    """Its sealed versions, newest first, without their texts.

    Args:
        slug (str):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedSopVersionRowList | Problem
    """

    return sync_detailed(
        slug=slug,
        client=client,
        cursor=cursor,
        page_size=page_size,
        team=team,
    ).parsed


async def asyncio_detailed(
    slug: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    team: str | Unset = UNSET,
) -> Response[PaginatedSopVersionRowList | Problem]:
    """Its sealed versions, newest first, without their texts.

    Args:
        slug (str):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedSopVersionRowList | Problem]
    """

    kwargs = _get_kwargs(
        slug=slug,
        cursor=cursor,
        page_size=page_size,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    team: str | Unset = UNSET,
) -> PaginatedSopVersionRowList | Problem | None:
    """Its sealed versions, newest first, without their texts.

    Args:
        slug (str):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedSopVersionRowList | Problem
    """

    return (
        await asyncio_detailed(
            slug=slug,
            client=client,
            cursor=cursor,
            page_size=page_size,
            team=team,
        )
    ).parsed
