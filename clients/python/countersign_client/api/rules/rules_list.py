# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.paginated_rule_list import PaginatedRuleList
from ...models.problem import Problem
from ...models.rules_list_effect import RulesListEffect
from ...models.rules_list_mode import RulesListMode
from ...models.rules_list_state_item import RulesListStateItem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    effect: RulesListEffect | Unset = UNSET,
    engine: str | Unset = UNSET,
    mode: RulesListMode | Unset = UNSET,
    page_size: int | Unset = 30,
    permission: str | Unset = UNSET,
    state: list[RulesListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    json_effect: str | Unset = UNSET
    if not isinstance(effect, Unset):
        json_effect = effect.value

    params["effect"] = json_effect

    params["engine"] = engine

    json_mode: str | Unset = UNSET
    if not isinstance(mode, Unset):
        json_mode = mode.value

    params["mode"] = json_mode

    params["page_size"] = page_size

    params["permission"] = permission

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
        "url": "/api/v1/rules/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedRuleList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedRuleList.from_dict(response.json())

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
) -> Response[PaginatedRuleList | Problem]:
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
    effect: RulesListEffect | Unset = UNSET,
    engine: str | Unset = UNSET,
    mode: RulesListMode | Unset = UNSET,
    page_size: int | Unset = 30,
    permission: str | Unset = UNSET,
    state: list[RulesListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedRuleList | Problem]:
    """Rules of one's teams, newest first.

    Args:
        cursor (str | Unset):
        effect (RulesListEffect | Unset):
        engine (str | Unset):
        mode (RulesListMode | Unset):
        page_size (int | Unset):  Default: 30.
        permission (str | Unset):
        state (list[RulesListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedRuleList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        effect=effect,
        engine=engine,
        mode=mode,
        page_size=page_size,
        permission=permission,
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
    effect: RulesListEffect | Unset = UNSET,
    engine: str | Unset = UNSET,
    mode: RulesListMode | Unset = UNSET,
    page_size: int | Unset = 30,
    permission: str | Unset = UNSET,
    state: list[RulesListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedRuleList | Problem | None:
    """Rules of one's teams, newest first.

    Args:
        cursor (str | Unset):
        effect (RulesListEffect | Unset):
        engine (str | Unset):
        mode (RulesListMode | Unset):
        page_size (int | Unset):  Default: 30.
        permission (str | Unset):
        state (list[RulesListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedRuleList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        effect=effect,
        engine=engine,
        mode=mode,
        page_size=page_size,
        permission=permission,
        state=state,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    effect: RulesListEffect | Unset = UNSET,
    engine: str | Unset = UNSET,
    mode: RulesListMode | Unset = UNSET,
    page_size: int | Unset = 30,
    permission: str | Unset = UNSET,
    state: list[RulesListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedRuleList | Problem]:
    """Rules of one's teams, newest first.

    Args:
        cursor (str | Unset):
        effect (RulesListEffect | Unset):
        engine (str | Unset):
        mode (RulesListMode | Unset):
        page_size (int | Unset):  Default: 30.
        permission (str | Unset):
        state (list[RulesListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedRuleList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        effect=effect,
        engine=engine,
        mode=mode,
        page_size=page_size,
        permission=permission,
        state=state,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    effect: RulesListEffect | Unset = UNSET,
    engine: str | Unset = UNSET,
    mode: RulesListMode | Unset = UNSET,
    page_size: int | Unset = 30,
    permission: str | Unset = UNSET,
    state: list[RulesListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedRuleList | Problem | None:
    """Rules of one's teams, newest first.

    Args:
        cursor (str | Unset):
        effect (RulesListEffect | Unset):
        engine (str | Unset):
        mode (RulesListMode | Unset):
        page_size (int | Unset):  Default: 30.
        permission (str | Unset):
        state (list[RulesListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedRuleList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            effect=effect,
            engine=engine,
            mode=mode,
            page_size=page_size,
            permission=permission,
            state=state,
            team=team,
        )
    ).parsed
