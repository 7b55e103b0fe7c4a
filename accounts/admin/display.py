"""How facts read in the admin: ages, times, states, codes. Everything is escaped here or by the template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

MARK = re.compile(r"⟨U\+[0-9A-F]{4,6}⟩")


@dataclass(frozen=True, slots=True)
class Pill:
    """A state as a word, an icon and a colour; never a colour alone. `note` is a second, quieter line."""

    word: str
    icon: str
    tone: str
    note: str = ""


def format_duration(duration: timedelta) -> str:
    """The largest unit alone, rounded down: "40 s", "3 min", "5 h", "2 days"."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 2 * 86400:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"


def format_moment(moment: datetime) -> str:
    """The full time, in UTC, to the second."""
    return moment.astimezone(tz=timezone.get_default_timezone()).strftime("%Y-%m-%d %H:%M:%S %Z")


def render_age(moment: datetime | None, now: datetime | None = None) -> SafeString:
    """How long ago, with the full time as its title; the page's script keeps it going."""
    if moment is None:
        return mark_safe("–")
    age = format_duration((now or timezone.now()) - moment)
    return format_html(
        '<time class="age" datetime="{}" title="{}" data-age>{}</time>',
        moment.isoformat(),
        format_moment(moment),
        age,
    )


def render_pill(pill: Pill) -> SafeString:
    return render_to_string("countersign/pill.html", {"pill": pill})


def render_code(text: str) -> SafeString:
    """Text in mono, its marks for deceptive characters standing out."""
    return format_html('<code class="mono">{}</code>', highlight_marks(text))


def highlight_marks(text: str) -> SafeString:
    """Escape `text` and set off every ⟨U+202E⟩ mark that stands for a character nobody would see."""
    safe = escape(text)
    return mark_safe(MARK.sub(lambda match: f'<mark class="unseen">{match.group()}</mark>', safe))  # noqa: S308 - escaped above
