# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.draft_release import DraftRelease
from ...models.problem import Problem
from ...types import UNSET, Response


def _get_kwargs(
    *,
    engine: str,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["engine"] = engine

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/releases/draft/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DraftRelease | Problem:
    if response.status_code == 200:
        response_200 = DraftRelease.from_dict(response.json())

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
) -> Response[DraftRelease | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    engine: str,
) -> Response[DraftRelease | Problem]:
    """What a release built now would hold, what is wrong with it, and what it would change.

    Args:
        engine (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DraftRelease | Problem]
    """

    kwargs = _get_kwargs(
        engine=engine,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    engine: str,
) -> DraftRelease | Problem | None:
    """What a release built now would hold, what is wrong with it, and what it would change.

    Args:
        engine (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DraftRelease | Problem
    """

    return sync_detailed(
        client=client,
        engine=engine,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    engine: str,
) -> Response[DraftRelease | Problem]:
    """What a release built now would hold, what is wrong with it, and what it would change.

    Args:
        engine (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DraftRelease | Problem]
    """

    kwargs = _get_kwargs(
        engine=engine,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    engine: str,
) -> DraftRelease | Problem | None:
    """What a release built now would hold, what is wrong with it, and what it would change.

    Args:
        engine (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DraftRelease | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            engine=engine,
        )
    ).parsed
