# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.chats_list_session_state_item import ChatsListSessionStateItem
from ...models.chats_list_turn import ChatsListTurn
from ...models.paginated_chat_list import PaginatedChatList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["engine"] = engine

    params["page_size"] = page_size

    json_session_state: list[str] | Unset = UNSET
    if not isinstance(session_state, Unset):
        json_session_state = []
        for session_state_item_data in session_state:
            session_state_item = session_state_item_data.value
            json_session_state.append(session_state_item)

    params["session_state"] = json_session_state

    params["team"] = team

    json_turn: str | Unset = UNSET
    if not isinstance(turn, Unset):
        json_turn = turn.value

    params["turn"] = json_turn

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/chats/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedChatList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedChatList.from_dict(response.json())

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
) -> Response[PaginatedChatList | Problem]:
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
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
) -> Response[PaginatedChatList | Problem]:
    """The chats of one's teams; content is for members, owners included.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        session_state (list[ChatsListSessionStateItem] | Unset):
        team (str | Unset):
        turn (ChatsListTurn | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedChatList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        session_state=session_state,
        team=team,
        turn=turn,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
) -> PaginatedChatList | Problem | None:
    """The chats of one's teams; content is for members, owners included.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        session_state (list[ChatsListSessionStateItem] | Unset):
        team (str | Unset):
        turn (ChatsListTurn | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedChatList | Problem
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        session_state=session_state,
        team=team,
        turn=turn,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
) -> Response[PaginatedChatList | Problem]:
    """The chats of one's teams; content is for members, owners included.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        session_state (list[ChatsListSessionStateItem] | Unset):
        team (str | Unset):
        turn (ChatsListTurn | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedChatList | Problem]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        session_state=session_state,
        team=team,
        turn=turn,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
) -> PaginatedChatList | Problem | None:
    """The chats of one's teams; content is for members, owners included.

    Args:
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        session_state (list[ChatsListSessionStateItem] | Unset):
        team (str | Unset):
        turn (ChatsListTurn | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedChatList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            engine=engine,
            page_size=page_size,
            session_state=session_state,
            team=team,
            turn=turn,
        )
    ).parsed
