# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.mcp_request_detail import McpRequestDetail
from ...models.mcp_wish_request import McpWishRequest
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: McpWishRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/mcp-requests/",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> McpRequestDetail | Problem:
    if response.status_code == 201:
        response_201 = McpRequestDetail.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

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
) -> Response[McpRequestDetail | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: McpWishRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[McpRequestDetail | Problem]:
    """Ask for a server to be exactly `content`. It is checked and probed; then people decide.

    The same that waits already is answered again. A changed server of a known name is a new request;
    what was approved before runs on meanwhile, unchanged.

    Args:
        idempotency_key (str | Unset):
        body (McpWishRequest): A server that one asks for.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[McpRequestDetail | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: McpWishRequest,
    idempotency_key: str | Unset = UNSET,
) -> McpRequestDetail | Problem | None:
    """Ask for a server to be exactly `content`. It is checked and probed; then people decide.

    The same that waits already is answered again. A changed server of a known name is a new request;
    what was approved before runs on meanwhile, unchanged.

    Args:
        idempotency_key (str | Unset):
        body (McpWishRequest): A server that one asks for.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        McpRequestDetail | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: McpWishRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[McpRequestDetail | Problem]:
    """Ask for a server to be exactly `content`. It is checked and probed; then people decide.

    The same that waits already is answered again. A changed server of a known name is a new request;
    what was approved before runs on meanwhile, unchanged.

    Args:
        idempotency_key (str | Unset):
        body (McpWishRequest): A server that one asks for.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[McpRequestDetail | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: McpWishRequest,
    idempotency_key: str | Unset = UNSET,
) -> McpRequestDetail | Problem | None:
    """Ask for a server to be exactly `content`. It is checked and probed; then people decide.

    The same that waits already is answered again. A changed server of a known name is a new request;
    what was approved before runs on meanwhile, unchanged.

    Args:
        idempotency_key (str | Unset):
        body (McpWishRequest): A server that one asks for.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        McpRequestDetail | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
