# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.seal import Seal
from ...types import UNSET, Response, Unset


def _get_kwargs(
    slug: str,
    *,
    team: str | Unset = UNSET,
    version: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["team"] = team

    params["version"] = version

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/sops/{slug}/verify/".format(
            slug=quote(str(slug), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Seal:
    if response.status_code == 200:
        response_200 = Seal.from_dict(response.json())

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
) -> Response[Problem | Seal]:
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
    team: str | Unset = UNSET,
    version: str | Unset = UNSET,
) -> Response[Problem | Seal]:
    """Whether a version is what was approved, with all that is needed to check that elsewhere.

    Args:
        slug (str):
        team (str | Unset):
        version (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Seal]
    """

    kwargs = _get_kwargs(
        slug=slug,
        team=team,
        version=version,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    slug: str,
    *,
    client: AuthenticatedClient,
    team: str | Unset = UNSET,
    version: str | Unset = UNSET,
) -> Problem | Seal | None:
    """Whether a version is what was approved, with all that is needed to check that elsewhere.

    Args:
        slug (str):
        team (str | Unset):
        version (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Seal
    """

    return sync_detailed(
        slug=slug,
        client=client,
        team=team,
        version=version,
    ).parsed


async def asyncio_detailed(
    slug: str,
    *,
    client: AuthenticatedClient,
    team: str | Unset = UNSET,
    version: str | Unset = UNSET,
) -> Response[Problem | Seal]:
    """Whether a version is what was approved, with all that is needed to check that elsewhere.

    Args:
        slug (str):
        team (str | Unset):
        version (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Seal]
    """

    kwargs = _get_kwargs(
        slug=slug,
        team=team,
        version=version,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    *,
    client: AuthenticatedClient,
    team: str | Unset = UNSET,
    version: str | Unset = UNSET,
) -> Problem | Seal | None:
    """Whether a version is what was approved, with all that is needed to check that elsewhere.

    Args:
        slug (str):
        team (str | Unset):
        version (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Seal
    """

    return (
        await asyncio_detailed(
            slug=slug,
            client=client,
            team=team,
            version=version,
        )
    ).parsed
