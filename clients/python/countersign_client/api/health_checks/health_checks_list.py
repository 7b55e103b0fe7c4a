# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.health_checks_list_component_item import HealthChecksListComponentItem
from ...models.health_checks_list_state_item import HealthChecksListStateItem
from ...models.paginated_health_check_list import PaginatedHealthCheckList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    component: list[HealthChecksListComponentItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[HealthChecksListStateItem] | Unset = UNSET,
    subject: str | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_component: list[str] | Unset = UNSET
    if not isinstance(component, Unset):
        json_component = []
        for component_item_data in component:
            component_item = component_item_data.value
            json_component.append(component_item)

    params["component"] = json_component

    params["cursor"] = cursor

    params["page_size"] = page_size

    json_state: list[str] | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = []
        for state_item_data in state:
            state_item = state_item_data.value
            json_state.append(state_item)

    params["state"] = json_state

    params["subject"] = subject

    params["team"] = team

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/health-checks/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedHealthCheckList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedHealthCheckList.from_dict(response.json())

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
) -> Response[PaginatedHealthCheckList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    component: list[HealthChecksListComponentItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[HealthChecksListStateItem] | Unset = UNSET,
    subject: str | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedHealthCheckList | Problem]:
    """The health of what belongs to one's teams; of everything for owners.

    Args:
        component (list[HealthChecksListComponentItem] | Unset):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[HealthChecksListStateItem] | Unset):
        subject (str | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedHealthCheckList | Problem]
    """

    kwargs = _get_kwargs(
        component=component,
        cursor=cursor,
        page_size=page_size,
        state=state,
        subject=subject,
        team=team,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    component: list[HealthChecksListComponentItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[HealthChecksListStateItem] | Unset = UNSET,
    subject: str | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedHealthCheckList | Problem | None:
    """The health of what belongs to one's teams; of everything for owners.

    Args:
        component (list[HealthChecksListComponentItem] | Unset):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[HealthChecksListStateItem] | Unset):
        subject (str | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedHealthCheckList | Problem
    """

    return sync_detailed(
        client=client,
        component=component,
        cursor=cursor,
        page_size=page_size,
        state=state,
        subject=subject,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    component: list[HealthChecksListComponentItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[HealthChecksListStateItem] | Unset = UNSET,
    subject: str | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedHealthCheckList | Problem]:
    """The health of what belongs to one's teams; of everything for owners.

    Args:
        component (list[HealthChecksListComponentItem] | Unset):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[HealthChecksListStateItem] | Unset):
        subject (str | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedHealthCheckList | Problem]
    """

    kwargs = _get_kwargs(
        component=component,
        cursor=cursor,
        page_size=page_size,
        state=state,
        subject=subject,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    component: list[HealthChecksListComponentItem] | Unset = UNSET,
    cursor: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[HealthChecksListStateItem] | Unset = UNSET,
    subject: str | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedHealthCheckList | Problem | None:
    """The health of what belongs to one's teams; of everything for owners.

    Args:
        component (list[HealthChecksListComponentItem] | Unset):
        cursor (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[HealthChecksListStateItem] | Unset):
        subject (str | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedHealthCheckList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            component=component,
            cursor=cursor,
            page_size=page_size,
            state=state,
            subject=subject,
            team=team,
        )
    ).parsed
