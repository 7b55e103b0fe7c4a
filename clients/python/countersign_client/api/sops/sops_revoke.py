# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.revocation_request import RevocationRequest
from ...models.sop import Sop
from ...types import UNSET, Response, Unset


def _get_kwargs(
    slug: str,
    *,
    body: RevocationRequest,
    team: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["team"] = team

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/sops/{slug}/revoke/".format(
            slug=quote(str(slug), safe=""),
        ),
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Sop:
    if response.status_code == 200:
        response_200 = Sop.from_dict(response.json())

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

    response_default = Problem.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | Sop]:
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
    body: RevocationRequest,
    team: str | Unset = UNSET,
) -> Response[Problem | Sop]:
    """It holds no more, at once; its versions stay. In a session of an approver; a token is refused.

    Args:
        slug (str):
        team (str | Unset):
        body (RevocationRequest): `reason`: for everybody who relied on it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Sop]
    """

    kwargs = _get_kwargs(
        slug=slug,
        body=body,
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
    body: RevocationRequest,
    team: str | Unset = UNSET,
) -> Problem | Sop | None:
    """It holds no more, at once; its versions stay. In a session of an approver; a token is refused.

    Args:
        slug (str):
        team (str | Unset):
        body (RevocationRequest): `reason`: for everybody who relied on it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Sop
    """

    return sync_detailed(
        slug=slug,
        client=client,
        body=body,
        team=team,
    ).parsed


async def asyncio_detailed(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: RevocationRequest,
    team: str | Unset = UNSET,
) -> Response[Problem | Sop]:
    """It holds no more, at once; its versions stay. In a session of an approver; a token is refused.

    Args:
        slug (str):
        team (str | Unset):
        body (RevocationRequest): `reason`: for everybody who relied on it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Sop]
    """

    kwargs = _get_kwargs(
        slug=slug,
        body=body,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    *,
    client: AuthenticatedClient,
    body: RevocationRequest,
    team: str | Unset = UNSET,
) -> Problem | Sop | None:
    """It holds no more, at once; its versions stay. In a session of an approver; a token is refused.

    Args:
        slug (str):
        team (str | Unset):
        body (RevocationRequest): `reason`: for everybody who relied on it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Sop
    """

    return (
        await asyncio_detailed(
            slug=slug,
            client=client,
            body=body,
            team=team,
        )
    ).parsed
