# Generated from docs/openapi.yaml by `make schema`: do not edit.
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.event_page import EventPage
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 100,
    since: int | Unset = UNSET,
    topics: str | Unset = UNSET,
    wait: float | Unset = 0.0,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["since"] = since

    params["topics"] = topics

    params["wait"] = wait

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/events/",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> EventPage | Problem:
    if response.status_code == 200:
        response_200 = EventPage.from_dict(response.json())

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

    if response.status_code == 410:
        response_410 = Problem.from_dict(response.json())

        return response_410

    response_default = Problem.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[EventPage | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 100,
    since: int | Unset = UNSET,
    topics: str | Unset = UNSET,
    wait: float | Unset = 0.0,
) -> Response[EventPage | Problem]:
    """A page of events after `since`, at once or as soon as there is one; without `since` the cursor.

    Args:
        limit (int | Unset):  Default: 100.
        since (int | Unset):
        topics (str | Unset):
        wait (float | Unset):  Default: 0.0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EventPage | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        since=since,
        topics=topics,
        wait=wait,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 100,
    since: int | Unset = UNSET,
    topics: str | Unset = UNSET,
    wait: float | Unset = 0.0,
) -> EventPage | Problem | None:
    """A page of events after `since`, at once or as soon as there is one; without `since` the cursor.

    Args:
        limit (int | Unset):  Default: 100.
        since (int | Unset):
        topics (str | Unset):
        wait (float | Unset):  Default: 0.0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EventPage | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        since=since,
        topics=topics,
        wait=wait,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 100,
    since: int | Unset = UNSET,
    topics: str | Unset = UNSET,
    wait: float | Unset = 0.0,
) -> Response[EventPage | Problem]:
    """A page of events after `since`, at once or as soon as there is one; without `since` the cursor.

    Args:
        limit (int | Unset):  Default: 100.
        since (int | Unset):
        topics (str | Unset):
        wait (float | Unset):  Default: 0.0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EventPage | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        since=since,
        topics=topics,
        wait=wait,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 100,
    since: int | Unset = UNSET,
    topics: str | Unset = UNSET,
    wait: float | Unset = 0.0,
) -> EventPage | Problem | None:
    """A page of events after `since`, at once or as soon as there is one; without `since` the cursor.

    Args:
        limit (int | Unset):  Default: 100.
        since (int | Unset):
        topics (str | Unset):
        wait (float | Unset):  Default: 0.0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EventPage | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            since=since,
            topics=topics,
            wait=wait,
        )
    ).parsed
