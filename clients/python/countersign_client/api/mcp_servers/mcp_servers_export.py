# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.mcp_export import McpExport
from ...models.mcp_servers_export_as import McpServersExportAs
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    as_: McpServersExportAs | Unset = McpServersExportAs.REGISTRY,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_as_: str | Unset = UNSET
    if not isinstance(as_, Unset):
        json_as_ = as_.value

    params["as"] = json_as_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/mcp-servers/{id}/export/".format(
            id=quote(str(id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> McpExport | Problem:
    if response.status_code == 200:
        response_200 = McpExport.from_dict(response.json())

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
) -> Response[McpExport | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    as_: McpServersExportAs | Unset = McpServersExportAs.REGISTRY,
) -> Response[McpExport | Problem]:
    """What is approved, as a file for others. 409 while nothing is, or when the format can't say it.

    Args:
        id (str):
        as_ (McpServersExportAs | Unset):  Default: McpServersExportAs.REGISTRY.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[McpExport | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        as_=as_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    as_: McpServersExportAs | Unset = McpServersExportAs.REGISTRY,
) -> McpExport | Problem | None:
    """What is approved, as a file for others. 409 while nothing is, or when the format can't say it.

    Args:
        id (str):
        as_ (McpServersExportAs | Unset):  Default: McpServersExportAs.REGISTRY.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        McpExport | Problem
    """

    return sync_detailed(
        id=id,
        client=client,
        as_=as_,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    as_: McpServersExportAs | Unset = McpServersExportAs.REGISTRY,
) -> Response[McpExport | Problem]:
    """What is approved, as a file for others. 409 while nothing is, or when the format can't say it.

    Args:
        id (str):
        as_ (McpServersExportAs | Unset):  Default: McpServersExportAs.REGISTRY.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[McpExport | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
        as_=as_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
    as_: McpServersExportAs | Unset = McpServersExportAs.REGISTRY,
) -> McpExport | Problem | None:
    """What is approved, as a file for others. 409 while nothing is, or when the format can't say it.

    Args:
        id (str):
        as_ (McpServersExportAs | Unset):  Default: McpServersExportAs.REGISTRY.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        McpExport | Problem
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            as_=as_,
        )
    ).parsed
