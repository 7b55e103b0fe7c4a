"""What falls due by time alone: what nobody decided or answered, what retired engines left open.

Once a second, beside the relays, and in a web process without one: an agent that asks through the API needs
no relay, and what nobody decided must end all the same. The hourly signature of the audit chain belongs to
the web process, which every deployment has.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from events.database_threads import DatabaseThread
from governance.domain.close import expire_overdue_requests
from governance.domain.question_endings import expire_overdue_questions
from governance.domain.retired_engines import settle_retired_engines
from governance.enums import QuestionState, RequestState
from governance.models import PermissionRequest, Question
from mcp_servers.domain.servers import expire_approvals, is_any_approval_due
from procedures.domain.reminders import is_any_sop_due, remind_of_sops
from reviews.domain.due import is_any_review_due, work_due_reviews

logger = logging.getLogger(__name__)

TICK_S = 1.0


async def run_clock(database: DatabaseThread) -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(TICK_S)
        try:
            # First: what is overdue of a retired engine must not be answered any more.
            await database.run(settle_retired_engines, now=timezone.now())
            if await database.run(is_any_overdue, timezone.now()):
                await database.run(expire_overdue_requests, now=timezone.now())
                await database.run(expire_overdue_questions, now=timezone.now())
            if await database.run(is_any_review_due, now=timezone.now()):
                await database.run(work_due_reviews, now=timezone.now())
            if await database.run(is_any_approval_due, now=timezone.now()):
                await database.run(expire_approvals, now=timezone.now())
            if await database.run(is_any_sop_due, now=timezone.now()):
                await database.run(remind_of_sops, now=timezone.now())
        except (OperationalError, InterfaceError) as error:
            logger.warning("What is overdue could not be looked for: %s", error)
        except Exception:
            # The relays beside it go on.
            logger.exception("What is overdue could not be closed.")


async def keep_clock() -> None:
    """The same on a thread of its own. Until cancelled."""
    database = DatabaseThread("countersign-due")
    try:
        await run_clock(database)
    finally:
        await database.aclose()


def is_any_overdue(now: datetime) -> bool:
    requests = PermissionRequest.objects.filter(state=RequestState.PENDING, expires_at__lte=now)
    questions = Question.objects.filter(state=QuestionState.OPEN, expires_at__lte=now)
    return requests.exists() or questions.exists()
