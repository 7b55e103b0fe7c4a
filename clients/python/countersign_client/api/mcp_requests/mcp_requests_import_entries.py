# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.mcp_import_request import McpImportRequest
from ...models.mcp_imported import McpImported
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    *,
    body: McpImportRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/mcp-requests/import/",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> McpImported | Problem:
    if response.status_code == 200:
        response_200 = McpImported.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = McpImported.from_dict(response.json())

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
) -> Response[McpImported | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: McpImportRequest,
) -> Response[McpImported | Problem]:
    """Ask for the servers that a file describes, all or none; 200 for a dry run, 201 otherwise.

    Literal secrets in it become secrets of the requests; what has no place is among the findings.

    Args:
        body (McpImportRequest): A file that describes servers: a registry's `server.json`,
            OpenCode, Claude, a Docker catalogue.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[McpImported | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: McpImportRequest,
) -> McpImported | Problem | None:
    """Ask for the servers that a file describes, all or none; 200 for a dry run, 201 otherwise.

    Literal secrets in it become secrets of the requests; what has no place is among the findings.

    Args:
        body (McpImportRequest): A file that describes servers: a registry's `server.json`,
            OpenCode, Claude, a Docker catalogue.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        McpImported | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: McpImportRequest,
) -> Response[McpImported | Problem]:
    """Ask for the servers that a file describes, all or none; 200 for a dry run, 201 otherwise.

    Literal secrets in it become secrets of the requests; what has no place is among the findings.

    Args:
        body (McpImportRequest): A file that describes servers: a registry's `server.json`,
            OpenCode, Claude, a Docker catalogue.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[McpImported | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: McpImportRequest,
) -> McpImported | Problem | None:
    """Ask for the servers that a file describes, all or none; 200 for a dry run, 201 otherwise.

    Literal secrets in it become secrets of the requests; what has no place is among the findings.

    Args:
        body (McpImportRequest): A file that describes servers: a registry's `server.json`,
            OpenCode, Claude, a Docker catalogue.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        McpImported | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
