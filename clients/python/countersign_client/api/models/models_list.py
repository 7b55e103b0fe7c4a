# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.models_list_status_item import ModelsListStatusItem
from ...models.paginated_model_list import PaginatedModelList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    family: str | Unset = UNSET,
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    provider: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    status: list[ModelsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["enabled"] = enabled

    params["family"] = family

    params["label"] = label

    params["page_size"] = page_size

    params["provider"] = provider

    params["retired"] = retired

    params["search"] = search

    params["shared"] = shared

    json_status: list[str] | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = []
        for status_item_data in status:
            status_item = status_item_data.value
            json_status.append(status_item)

    params["status"] = json_status

    params["team"] = team

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/models/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedModelList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedModelList.from_dict(response.json())

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
) -> Response[PaginatedModelList | Problem]:
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
    enabled: bool | Unset = UNSET,
    family: str | Unset = UNSET,
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    provider: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    status: list[ModelsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedModelList | Problem]:
    """Models of one's teams and everybody's, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        enabled (bool | Unset):
        family (str | Unset):
        label (str | Unset):
        page_size (int | Unset):  Default: 30.
        provider (str | Unset):
        retired (bool | Unset):
        search (str | Unset):
        shared (bool | Unset):
        status (list[ModelsListStatusItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedModelList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        enabled=enabled,
        family=family,
        label=label,
        page_size=page_size,
        provider=provider,
        retired=retired,
        search=search,
        shared=shared,
        status=status,
        team=team,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    family: str | Unset = UNSET,
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    provider: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    status: list[ModelsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedModelList | Problem | None:
    """Models of one's teams and everybody's, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        enabled (bool | Unset):
        family (str | Unset):
        label (str | Unset):
        page_size (int | Unset):  Default: 30.
        provider (str | Unset):
        retired (bool | Unset):
        search (str | Unset):
        shared (bool | Unset):
        status (list[ModelsListStatusItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedModelList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        enabled=enabled,
        family=family,
        label=label,
        page_size=page_size,
        provider=provider,
        retired=retired,
        search=search,
        shared=shared,
        status=status,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    family: str | Unset = UNSET,
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    provider: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    status: list[ModelsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedModelList | Problem]:
    """Models of one's teams and everybody's, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        enabled (bool | Unset):
        family (str | Unset):
        label (str | Unset):
        page_size (int | Unset):  Default: 30.
        provider (str | Unset):
        retired (bool | Unset):
        search (str | Unset):
        shared (bool | Unset):
        status (list[ModelsListStatusItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedModelList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        enabled=enabled,
        family=family,
        label=label,
        page_size=page_size,
        provider=provider,
        retired=retired,
        search=search,
        shared=shared,
        status=status,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    enabled: bool | Unset = UNSET,
    family: str | Unset = UNSET,
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    provider: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    status: list[ModelsListStatusItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedModelList | Problem | None:
    """Models of one's teams and everybody's, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        enabled (bool | Unset):
        family (str | Unset):
        label (str | Unset):
        page_size (int | Unset):  Default: 30.
        provider (str | Unset):
        retired (bool | Unset):
        search (str | Unset):
        shared (bool | Unset):
        status (list[ModelsListStatusItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedModelList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            enabled=enabled,
            family=family,
            label=label,
            page_size=page_size,
            provider=provider,
            retired=retired,
            search=search,
            shared=shared,
            status=status,
            team=team,
        )
    ).parsed
