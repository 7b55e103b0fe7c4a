# Generated from docs/openapi.yaml by `make schema`: do not edit.
import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.paginated_question_list import PaginatedQuestionList
from ...models.problem import Problem
from ...models.questions_list_state_item import QuestionsListStateItem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    chat: str | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[QuestionsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["chat"] = chat

    json_created_before: str | Unset = UNSET
    if not isinstance(created_before, Unset):
        json_created_before = created_before.isoformat()
    params["created_before"] = json_created_before

    json_created_from: str | Unset = UNSET
    if not isinstance(created_from, Unset):
        json_created_from = created_from.isoformat()
    params["created_from"] = json_created_from

    params["cursor"] = cursor

    params["engine"] = engine

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
        "url": "/api/v1/questions/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PaginatedQuestionList | Problem:
    if response.status_code == 200:
        response_200 = PaginatedQuestionList.from_dict(response.json())

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
) -> Response[PaginatedQuestionList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    chat: str | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[QuestionsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedQuestionList | Problem]:
    """Questions of one's teams. A token with only `questions:ask` sees its own.

    Args:
        chat (str | Unset):
        created_before (datetime.datetime | Unset):
        created_from (datetime.datetime | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[QuestionsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedQuestionList | Problem]
    """

    kwargs = _get_kwargs(
        chat=chat,
        created_before=created_before,
        created_from=created_from,
        cursor=cursor,
        engine=engine,
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
    chat: str | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[QuestionsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedQuestionList | Problem | None:
    """Questions of one's teams. A token with only `questions:ask` sees its own.

    Args:
        chat (str | Unset):
        created_before (datetime.datetime | Unset):
        created_from (datetime.datetime | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[QuestionsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedQuestionList | Problem
    """

    return sync_detailed(
        client=client,
        chat=chat,
        created_before=created_before,
        created_from=created_from,
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        state=state,
        team=team,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    chat: str | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[QuestionsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> Response[PaginatedQuestionList | Problem]:
    """Questions of one's teams. A token with only `questions:ask` sees its own.

    Args:
        chat (str | Unset):
        created_before (datetime.datetime | Unset):
        created_from (datetime.datetime | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[QuestionsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PaginatedQuestionList | Problem]
    """

    kwargs = _get_kwargs(
        chat=chat,
        created_before=created_before,
        created_from=created_from,
        cursor=cursor,
        engine=engine,
        page_size=page_size,
        state=state,
        team=team,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    chat: str | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    created_from: datetime.datetime | Unset = UNSET,
    cursor: str | Unset = UNSET,
    engine: str | Unset = UNSET,
    page_size: int | Unset = 30,
    state: list[QuestionsListStateItem] | Unset = UNSET,
    team: str | Unset = UNSET,
) -> PaginatedQuestionList | Problem | None:
    """Questions of one's teams. A token with only `questions:ask` sees its own.

    Args:
        chat (str | Unset):
        created_before (datetime.datetime | Unset):
        created_from (datetime.datetime | Unset):
        cursor (str | Unset):
        engine (str | Unset):
        page_size (int | Unset):  Default: 30.
        state (list[QuestionsListStateItem] | Unset):
        team (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PaginatedQuestionList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            chat=chat,
            created_before=created_before,
            created_from=created_from,
            cursor=cursor,
            engine=engine,
            page_size=page_size,
            state=state,
            team=team,
        )
    ).parsed
