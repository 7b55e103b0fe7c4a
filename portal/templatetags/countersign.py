"""Tags and filters of our templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import ResultList
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.admin.display import (
    Pill,
    format_duration,
    format_moment,
    highlight_marks,
    render_age,
    render_pill,
)
from events.text import make_visible, make_visible_lines

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A symbol of the page's sprite; decoration unless it has a label."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="#i-{}"/></svg>', label, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.filter
def age(moment: datetime | None) -> SafeString:
    return render_age(moment)


@register.filter
def moment(value: datetime | None) -> str:
    return format_moment(value) if value is not None else "–"


@register.filter
def remaining(deadline: datetime) -> SafeString:
    """How long until a time; the page's script counts it down."""
    left = format_duration(deadline - timezone.now())
    return format_html(
        '<time datetime="{}" title="{}" data-remaining>{}</time>',
        deadline.isoformat(),
        format_moment(deadline),
        left,
    )


@register.filter
def pill(value: Pill) -> SafeString:
    return render_pill(value)


@register.filter
def marks(text: str) -> SafeString:
    """Text that already stands with visible marks, the marks set off."""
    return highlight_marks(text)


@register.filter
def label_cells(result: ResultList, headers: list[dict[str, Any]]) -> SafeString:
    """A result's cells, each with its column's name as `data-label`: on a phone a row becomes a card."""
    cells = (
        str(cell).replace(" class=", f' data-label="{escape(str(header["text"]).capitalize())}" class=', 1)
        for cell, header in zip(result, headers, strict=True)
    )
    return mark_safe("".join(cells))  # noqa: S308 - the admin's own cells, escaped there


@register.simple_tag(takes_context=True)
def is_current(context: dict[str, Any], url: str | None) -> bool:
    """Whether the page is this one or below it."""
    return bool(url) and str(context["request"].path).startswith(str(url))


@register.simple_tag
def filter_choices(cl: Any, spec: Any) -> list[dict[str, Any]]:
    """The choices of one of the list's filters, with their addresses."""
    return list(spec.choices(cl))


@register.filter
def visible(value: object) -> SafeString:
    """Anybody's text on one line, with a mark for every character that could fool a reader."""
    return highlight_marks(make_visible(str(value)))


@register.filter
def visible_lines(value: object) -> SafeString:
    """As `visible`, but line breaks and tabs stay."""
    return highlight_marks(make_visible_lines(str(value)))
