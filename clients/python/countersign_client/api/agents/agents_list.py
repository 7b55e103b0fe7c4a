# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.agents_list_mode_item import AgentsListModeItem
from ...models.paginated_agent_list import PaginatedAgentList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    disabled: bool | Unset = UNSET,
    hidden: bool | Unset = UNSET,
    label: str | Unset = UNSET,
    mode: list[AgentsListModeItem] | Unset = UNSET,
    model: str | Unset = UNSET,
    page_size: int | Unset = 30,
    prompt: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["disabled"] = disabled

    params["hidden"] = hidden

    params["label"] = label

    json_mode: list[str] | Unset = UNSET
    if not isinstance(mode, Unset):
        json_mode = []
        for mode_item_data in mode:
            mode_item = mode_item_data.value
            json_mode.append(mode_item)

    params["mode"] = json_mode

    params["model"] = model

    params["page_size"] = page_size

    params["prompt"] = prompt

    params["retired"] = retired

    params["search"] = search

    params["shared"] = shared

    params["team"] = team

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/agents/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedAgentList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedAgentList.from_dict(response.json())

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
) -> Response[PaginatedAgentList | Problem]:
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
    disabled: bool | Unset = UNSET,
    hidden: bool | Unset = UNSET,
    label: str | Unset = UNSET,
    mode: list[AgentsListModeItem] | Unset = UNSET,
    model: str | Unset = UNSET,
    page_size: int | Unset = 30,
    prompt: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedAgentList | Problem]:
    """Agents of one's teams and everybody's, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        disabled (bool | Unset):
        hidden (bool | Unset):
        label (str | Unset):
        mode (list[AgentsListModeItem] | Unset):
        model (str | Unset):
        page_size (int | Unset):  Default: 30.
        prompt (str | Unset):
        retired (bool | Unset):
        search (str | Unset):
        shared (bool | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedAgentList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        disabled=disabled,
        hidden=hidden,
        label=label,
        mode=mode,
        model=model,
        page_size=page_size,
        prompt=prompt,
        retired=retired,
        search=search,
        shared=shared,
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
    disabled: bool | Unset = UNSET,
    hidden: bool | Unset = UNSET,
    label: str | Unset = UNSET,
    mode: list[AgentsListModeItem] | Unset = UNSET,
    model: str | Unset = UNSET,
    page_size: int | Unset = 30,
    prompt: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedAgentList | Problem | None:
    """Agents of one's teams and everybody's, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        disabled (bool | Unset):
        hidden (bool | Unset):
        label (str | Unset):
        mode (list[AgentsListModeItem] | Unset):
        model (str | Unset):
        page_size (int | Unset):  Default: 30.
        prompt (str | Unset):
        retired (bool | Unset):
        search (str | Unset):
        shared (bool | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedAgentList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        disabled=disabled,
        hidden=hidden,
        label=label,
        mode=mode,
        model=model,
        page_size=page_size,
        prompt=prompt,
        retired=retired,
        search=search,
        shared=shared,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    disabled: bool | Unset = UNSET,
    hidden: bool | Unset = UNSET,
    label: str | Unset = UNSET,
    mode: list[AgentsListModeItem] | Unset = UNSET,
    model: str | Unset = UNSET,
    page_size: int | Unset = 30,
    prompt: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedAgentList | Problem]:
    """Agents of one's teams and everybody's, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        disabled (bool | Unset):
        hidden (bool | Unset):
        label (str | Unset):
        mode (list[AgentsListModeItem] | Unset):
        model (str | Unset):
        page_size (int | Unset):  Default: 30.
        prompt (str | Unset):
        retired (bool | Unset):
        search (str | Unset):
        shared (bool | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedAgentList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        disabled=disabled,
        hidden=hidden,
        label=label,
        mode=mode,
        model=model,
        page_size=page_size,
        prompt=prompt,
        retired=retired,
        search=search,
        shared=shared,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    disabled: bool | Unset = UNSET,
    hidden: bool | Unset = UNSET,
    label: str | Unset = UNSET,
    mode: list[AgentsListModeItem] | Unset = UNSET,
    model: str | Unset = UNSET,
    page_size: int | Unset = 30,
    prompt: str | Unset = UNSET,
    retired: bool | Unset = UNSET,
    search: str | Unset = UNSET,
    shared: bool | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedAgentList | Problem | None:
    """Agents of one's teams and everybody's, newest first; `total` of them in all.

    Args:
        cursor (str | Unset):
        disabled (bool | Unset):
        hidden (bool | Unset):
        label (str | Unset):
        mode (list[AgentsListModeItem] | Unset):
        model (str | Unset):
        page_size (int | Unset):  Default: 30.
        prompt (str | Unset):
        retired (bool | Unset):
        search (str | Unset):
        shared (bool | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedAgentList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            disabled=disabled,
            hidden=hidden,
            label=label,
            mode=mode,
            model=model,
            page_size=page_size,
            prompt=prompt,
            retired=retired,
            search=search,
            shared=shared,
            team=team,
        )
    ).parsed
