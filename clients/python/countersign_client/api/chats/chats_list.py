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
    archived: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    tag: str | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
    unread: bool | Unset = UNSET,
    user: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["archived"] = archived

    params["cursor"] = cursor

    params["engine"] = engine

    params["page_size"] = page_size

    params["search"] = search

    json_session_state: list[str] | Unset = UNSET
    if not isinstance(session_state, Unset):
        json_session_state = []
        for session_state_item_data in session_state:
            session_state_item = session_state_item_data.value
            json_session_state.append(session_state_item)

    params["session_state"] = json_session_state

    params["tag"] = tag

    params["team"] = team

    json_turn: str | Unset = UNSET
    if not isinstance(turn, Unset):
        json_turn = turn.value

    params["turn"] = json_turn

    params["unread"] = unread

    params["user"] = user

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
    archived: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    tag: str | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
    unread: bool | Unset = UNSET,
    user: str | Unset = UNSET,
) -> Response[PaginatedChatList | Problem]:
    """The chats of one's teams; content is for members, owners included.

    Args:
        archived (bool | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        search (str | Unset):
        session_state (list[ChatsListSessionStateItem] | Unset):
        tag (str | Unset):
        team (str | Unset):
        turn (ChatsListTurn | Unset):
        unread (bool | Unset):
        user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedChatList | Problem]
    """

    kwargs = _get_kwargs(
        archived=archived,
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        search=search,
        session_state=session_state,
        tag=tag,
        team=team,
        turn=turn,
        unread=unread,
        user=user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    archived: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    tag: str | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
    unread: bool | Unset = UNSET,
    user: str | Unset = UNSET,
) -> PaginatedChatList | Problem | None:
    """The chats of one's teams; content is for members, owners included.

    Args:
        archived (bool | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        search (str | Unset):
        session_state (list[ChatsListSessionStateItem] | Unset):
        tag (str | Unset):
        team (str | Unset):
        turn (ChatsListTurn | Unset):
        unread (bool | Unset):
        user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedChatList | Problem
    """

    return sync_detailed(
        client=client,
        archived=archived,
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        search=search,
        session_state=session_state,
        tag=tag,
        team=team,
        turn=turn,
        unread=unread,
        user=user,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    archived: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    tag: str | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
    unread: bool | Unset = UNSET,
    user: str | Unset = UNSET,
) -> Response[PaginatedChatList | Problem]:
    """The chats of one's teams; content is for members, owners included.

    Args:
        archived (bool | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        search (str | Unset):
        session_state (list[ChatsListSessionStateItem] | Unset):
        tag (str | Unset):
        team (str | Unset):
        turn (ChatsListTurn | Unset):
        unread (bool | Unset):
        user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedChatList | Problem]
    """

    kwargs = _get_kwargs(
        archived=archived,
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        search=search,
        session_state=session_state,
        tag=tag,
        team=team,
        turn=turn,
        unread=unread,
        user=user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    archived: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    search: str | Unset = UNSET,
    session_state: list[ChatsListSessionStateItem] | Unset = UNSET,
    tag: str | Unset = UNSET,
    team: str | Unset = UNSET,
    turn: ChatsListTurn | Unset = UNSET,
    unread: bool | Unset = UNSET,
    user: str | Unset = UNSET,
) -> PaginatedChatList | Problem | None:
    """The chats of one's teams; content is for members, owners included.

    Args:
        archived (bool | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        search (str | Unset):
        session_state (list[ChatsListSessionStateItem] | Unset):
        tag (str | Unset):
        team (str | Unset):
        turn (ChatsListTurn | Unset):
        unread (bool | Unset):
        user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedChatList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            archived=archived,
            cursor=cursor,
            engine=engine,
            page_size=page_size,
            search=search,
            session_state=session_state,
            tag=tag,
            team=team,
            turn=turn,
            unread=unread,
            user=user,
        )
    ).parsed
