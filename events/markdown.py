"""Markdown of agents and people as HTML that can't do anything: no scripts, no images, no foreign styles.

Two locks, each sufficient: the parser knows no HTML and writes only links it may write, and the sanitiser
keeps only an allow-list. Links go to http, https and mailto; relative ones would lead an approver into our
own pages by an agent's words. Images would tell a stranger who reads what and when: they become links.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from events.text import classify_character, mark_character

# The parser needs up to 15 microseconds a character on hostile input, and a request runs in the one worker.
MAX_LENGTH = 40_000
CUT_MARK = "\n\n… (cut)"
SCHEMES = frozenset({"http", "https", "mailto"})

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "ul", "ol", "li", "a"),
    *("em", "strong", "s", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
# Characters that reorder or hide text are marked; joiners and variation selectors are part of honest writing.
_MARKED = frozenset({"bidirectional", "control", "surrogate", "carriage_return"})


def render_markdown(text: str) -> SafeString:
    """CommonMark with tables and strikethrough, as safe HTML; text beyond 40,000 characters is cut."""
    if len(text) > MAX_LENGTH:
        text = text[:MAX_LENGTH] + CUT_MARK
    clean = nh3.clean(
        _parser.render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=set(SCHEMES),
        url_relative="deny",
        link_rel="noopener nofollow",
    )
    # Only now: an entity (`&#x202E;`) is a character since the parser has seen it.
    return mark_safe(mark_deceptions(clean))  # noqa: S308 - what the sanitiser let through


def mark_deceptions(html: str) -> str:
    """Marks hold no character that means something in HTML."""
    deceptive = [character for character in set(html) if classify_character(character) in _MARKED]
    return html.translate(
        {ord(character): mark_character(character, is_one_line=False) for character in deceptive}
    )


def may_link(url: str) -> bool:
    """Whether a link may be written as one; otherwise its Markdown stays visible as text."""
    return url.partition(":")[0].lower() in SCHEMES


def render_image(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A link to the image, with its description as the text."""
    token = tokens[index]
    link = Token("link_open", "a", 1, attrs={"href": token.attrGet("src") or ""})
    words = renderer.renderInlineAsText(token.children, options, env) or "image"
    return f"{renderer.renderToken([link], 0, options, env)}{escapeHtml(words)}</a>"


def build_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.validateLink = may_link  # type: ignore[method-assign]  # the library's documented hook
    parser.add_render_rule("image", render_image)
    return parser


_parser = build_parser()
