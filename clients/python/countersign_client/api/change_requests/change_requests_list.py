# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.change_requests_list_state_item import ChangeRequestsListStateItem
from ...models.paginated_change_request_list import PaginatedChangeRequestList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[ChangeRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["label"] = label

    params["page_size"] = page_size

    json_state: list[str] | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = []
        for state_item_data in state:
            state_item = state_item_data.value
            json_state.append(state_item)

    params["state"] = json_state

    params["team"] = team

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/change-requests/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedChangeRequestList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedChangeRequestList.from_dict(response.json())

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
) -> Response[PaginatedChangeRequestList | Problem]:
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
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[ChangeRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedChangeRequestList | Problem]:
    """Moves of protected labels that wait, or waited, for somebody else; newest first.

    Args:
        cursor (str | Unset):
        label (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[ChangeRequestsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedChangeRequestList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        label=label,
        page_size=page_size,
        state=state,
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
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[ChangeRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedChangeRequestList | Problem | None:
    """Moves of protected labels that wait, or waited, for somebody else; newest first.

    Args:
        cursor (str | Unset):
        label (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[ChangeRequestsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedChangeRequestList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        label=label,
        page_size=page_size,
        state=state,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[ChangeRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedChangeRequestList | Problem]:
    """Moves of protected labels that wait, or waited, for somebody else; newest first.

    Args:
        cursor (str | Unset):
        label (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[ChangeRequestsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedChangeRequestList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        label=label,
        page_size=page_size,
        state=state,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    label: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[ChangeRequestsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedChangeRequestList | Problem | None:
    """Moves of protected labels that wait, or waited, for somebody else; newest first.

    Args:
        cursor (str | Unset):
        label (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[ChangeRequestsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedChangeRequestList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            label=label,
            page_size=page_size,
            state=state,
            team=team,
        )
    ).parsed
