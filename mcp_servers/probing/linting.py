"""What a server's texts try to do to the model that reads them.

Two tiers: a hard sign says that somebody wants something hidden; a soft one only asks for a closer look. One
hard sign needs a person's typed word; two of different kinds can't be approved at all. A look that fails is a
finding, never a pass.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from mcp_servers.checks.known_names import KnownNames
from mcp_servers.checks.results import BLOCKING, HIGH, LOW, CheckResult, finding, passed
from mcp_servers.probing.lint_texts import Text, list_texts, list_unseen, mixes_alphabets
from mcp_servers.probing.listing import Listing

logger = logging.getLogger(__name__)

MAX_SCANNED = 2_000_000
MAX_SHOWN = 20
EXCERPT = 160
LONG_TEXT = 6000

_OTHERS = r"(?:user|users|human|person|people|operator|anyone|anybody|developer)"
_TELL = (
    r"(?:tell|telling|mention|mentioning|inform|informing|reveal|revealing|show|showing|disclose|disclosing"
    r"|notify|notifying|alert|alerting|ask|asking|say|saying|explain|explaining)"
)
CONCEALMENT = re.compile(
    r"(?:do not|don't|dont|never|must not|should not|shouldn't|without|avoid|refrain from)"
    rf" (?:ever )?{_TELL}\b[^.]{{0,60}}\b{_OTHERS}\b"
    rf"|\b(?:hide|conceal|keep) (?:this|it|that)[^.]{{0,40}}\b(?:from (?:the )?{_OTHERS}|secret|hidden)\b"
    rf"|\b{_OTHERS} (?:must|should|may|can|need)(?: not|n't) (?:know|see|notice|be told)"
    r"|\b(?:do not|don't|never) (?:mention|reveal|disclose) (?:this|these|it|that)\b"
    r"|\bsilently\b[^.]{0,40}\b(?:send|read|copy|include|upload)"
)
INSTRUCTIONS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.]{0,30}"
    r"\b(?:previous|prior|earlier|above|all|any|other|your|system)\b"
    r"[^.]{0,30}\b(?:instruction|instructions|prompt|prompts|rules|guidelines|messages)\b"
    r"|\bnew (?:system )?instructions? ?:|\bsystem prompt\b|\byou are now\b"
    r"|\b(?:before|after|whenever|prior to) (?:using|calling|invoking|running|you (?:use|call|invoke))"
    r" (?:this|any|every|another|the)[^.]{0,40}"
    r"\b(?:you must|must first|always|first (?:read|call|send|use))\b"
    r"|\b(?:you must|always) (?:first )?(?:read|send|include|pass|upload|append|copy)\b[^.]{0,60}"
    r"\b(?:contents?|file|files|conversation|history|credentials?|keys?|passwords?|tokens?)\b"
)
PSEUDO_TAGS = re.compile(
    r"</? ?(?:important|system|secret|hidden|instructions?|admin|assistant|user|human|prompt|critical"
    r"|tool_call|function_calls?|function_result|tool_result|invoke)\b[^<>]{0,60}>"
    r"|<\|[^|<>]{1,40}\|>|\[/?inst\]|<<sys>>|###? ?system ?:"
)
SECRET_PATHS = re.compile(
    r"~/\.[a-z]|\$home/\.[a-z]|\bid_(?:rsa|ed25519|ecdsa|dsa)\b|\.ssh\b|\.aws/|\.netrc\b|\.npmrc\b|\.pypirc\b"
    r"|\.git-credentials|\.kube/config|\.docker/config|\.gnupg\b|/etc/(?:passwd|shadow|sudoers)"
    r"|/proc/\S{0,20}environ"
    r"|(?:^|[\s\"'`/(])\.env\b|\bmcp\.json\b|\bcredentials\.json\b|\bkeychain\b|\bprivate[_ -]key\b"
)
HIDDEN_MARKUP = re.compile(r"<!--|!\[[^\]]{0,80}\]\(https?:|<(?:script|iframe|img|style)\b|\bdata:text/html")
ENCODED = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}|(?:\\x[0-9a-fA-F]{2}){12,}|(?:%[0-9a-fA-F]{2}){20,}")
# What the engine turns other characters of a tool's name into "_" by (observed on OpenCode 1.18.33).
_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True, slots=True)
class Sign:
    """`where` is for people; `tool` is the tool that it stands in, "" for none."""

    where: str
    tool: str
    excerpt: str


Find = Callable[[Sequence[Text], Listing, KnownNames], Iterator[Sign]]


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked for, and what is said when it is found and when it is not."""

    name: str
    is_hard: bool
    found: str
    clean: str
    find: Find


def search(pattern: re.Pattern[str]) -> Find:
    def find(texts: Sequence[Text], _listing: Listing, _known: KnownNames) -> Iterator[Sign]:
        for text in texts:
            if match := pattern.search(text.plain):
                yield Sign(text.where, text.tool, cut_around(text.plain, match))

    return find


def find_unseen(texts: Sequence[Text], _listing: Listing, _known: KnownNames) -> Iterator[Sign]:
    for text in texts:
        if unseen := list_unseen(text.raw):
            yield Sign(text.where, text.tool, ", ".join(unseen[:10]))


def find_mixed(texts: Sequence[Text], _listing: Listing, _known: KnownNames) -> Iterator[Sign]:
    for text in texts:
        if mixes_alphabets(text.raw):
            yield Sign(text.where, text.tool, text.raw[:EXCERPT])


def find_encoded(texts: Sequence[Text], _listing: Listing, _known: KnownNames) -> Iterator[Sign]:
    for text in texts:
        if match := ENCODED.search(text.raw):
            yield Sign(text.where, text.tool, match[0][:60])


def find_long(texts: Sequence[Text], _listing: Listing, _known: KnownNames) -> Iterator[Sign]:
    for text in texts:
        if len(text.raw) > LONG_TEXT:
            yield Sign(text.where, text.tool, f"{len(text.raw)} characters")


def find_cross_tool(texts: Sequence[Text], listing: Listing, known: KnownNames) -> Iterator[Sign]:
    """Words that send the model to, or keep it from, tools that are not this server's."""
    own = {str(tool["name"]).casefold() for tool in listing.tools}
    tools = join({name.casefold() for name in known.tools} - own)
    servers = join({f"{name.casefold()}_" for name in known.approved})
    pattern = re.compile(
        r"\b(?:use|using|call|calling|invoke|invoking|run|running|instead of|rather than|before|after"
        r"|replaces|prefer|when) (?:the |any |using |calling )?"
        rf"[`'\"]?(?:(?:{tools})[`'\"]? tools?\b|(?<=[`'\"])(?:{tools})[`'\"])"
        rf"|\b(?:{servers})\w+"
        r"|\b(?:instead of|rather than|in place of) (?:any |all |every )?other (?:tools?|servers?)\b"
    )
    yield from search(pattern)(texts, listing, known)


def join(names: Collection[str]) -> str:
    """Any of `names`, as a part of an expression; nothing at all for none."""
    return "|".join(map(re.escape, sorted(names))) or r"(?!)"


def find_clashing(_texts: Sequence[Text], listing: Listing, _known: KnownNames) -> Iterator[Sign]:
    """Tools that are one and the same name to the engine."""
    seen: dict[str, str] = {}
    for tool in listing.tools:
        name = str(tool["name"])
        plain = _FOREIGN.sub("_", name)
        if plain in seen:
            yield Sign(f"tool {name}", name, f"reads like {seen[plain]}")
        seen.setdefault(plain, name)


LOOKS = (
    Look(
        "hidden_instructions",
        True,
        "Texts give orders to the model that have nothing to do with the tool",
        "No text gives orders to the model.",
        search(INSTRUCTIONS),
    ),
    Look(
        "concealment",
        True,
        "Texts ask for something to be kept from people",
        "No text asks for anything to be kept from people.",
        search(CONCEALMENT),
    ),
    Look(
        "pseudo_tags",
        True,
        "Texts hold tags as if somebody else were speaking",
        "No text speaks with somebody else's tags.",
        search(PSEUDO_TAGS),
    ),
    Look(
        "invisible_characters",
        True,
        "Texts hold characters that nobody sees",
        "Every character can be seen.",
        find_unseen,
    ),
    Look(
        "secret_paths",
        True,
        "Texts name places where secrets lie",
        "No text names a place where secrets lie.",
        search(SECRET_PATHS),
    ),
    Look(
        "clashing_tools",
        True,
        "Tools have one name to the engine",
        "Every tool has a name of its own to the engine.",
        find_clashing,
    ),
    Look(
        "cross_tool",
        False,
        "Texts speak of other tools",
        "No text speaks of tools that are not the server's own.",
        find_cross_tool,
    ),
    Look(
        "mixed_alphabets",
        False,
        "Words mix alphabets that look alike",
        "No word mixes alphabets.",
        find_mixed,
    ),
    Look(
        "hidden_markup",
        False,
        "Texts hold markup that a page would hide or load",
        "No text holds markup that a page would hide or load.",
        search(HIDDEN_MARKUP),
    ),
    Look("encoded_text", False, "Texts hold encoded parts", "No text holds encoded parts.", find_encoded),
    Look("long_texts", False, "Texts are very long", "No text is very long.", find_long),
)


def lint_listing(listing: Listing, *, known: KnownNames) -> tuple[CheckResult, ...]:
    """One result for each kind of sign, and "text_signs" for all of them together."""
    try:
        texts = list_texts(listing)
    except Exception as error:  # noqa: BLE001 - whatever fails closes the gate
        return (report_broken("text_signs", error),)
    if sum(len(text.raw) for text in texts) > MAX_SCANNED:
        sentence = "It says more than can be looked through, so nothing of it was."
        return (finding("text_signs", BLOCKING, sentence),)
    results = [take_look(look, texts, listing, known) for look in LOOKS]
    return (*results, sum_up(results))


def take_look(look: Look, texts: Sequence[Text], listing: Listing, known: KnownNames) -> CheckResult:
    try:
        found = list(look.find(texts, listing, known))
    except Exception as error:  # noqa: BLE001 - whatever fails closes the gate
        return report_broken(look.name, error)
    if not found:
        return passed(look.name, look.clean)
    places = ", ".join(sign.where[:80] for sign in found[:3]) + (" and others" if len(found) > 3 else "")
    shown = [{"where": sign.where[:200], "text": sign.excerpt} for sign in found[:MAX_SHOWN]]
    tools = sorted({sign.tool for sign in found if sign.tool})
    severity = HIGH if look.is_hard else LOW
    return finding(look.name, severity, f"{look.found}: {places}.", found=shown, tools=tools)


def report_broken(name: str, error: Exception) -> CheckResult:
    logger.error("the look for %s failed", name, exc_info=error)
    return finding(name, BLOCKING, "The texts could not be looked through, so nothing can be said of them.")


def sum_up(results: Sequence[CheckResult]) -> CheckResult:
    hard = [result.name for result in results if result.severity in {HIGH, BLOCKING}]
    soft = [result.name for result in results if result.severity == LOW]
    if len(hard) > 1 or any(result.severity == BLOCKING for result in results):
        sentence = f"{len(hard)} kinds of hard signs: {', '.join(hard)}. That is more than a slip."
        return finding("text_signs", BLOCKING, sentence, hard=hard, soft=soft)
    if hard:
        return finding("text_signs", HIGH, f"One kind of hard sign: {hard[0]}.", hard=hard, soft=soft)
    if soft:
        return finding("text_signs", LOW, f"Soft signs: {', '.join(soft)}.", hard=hard, soft=soft)
    return passed("text_signs", "Nothing in the texts works on the model.")


def cut_around(text: str, match: re.Match[str]) -> str:
    start = max(0, match.start() - 40)
    return text[start : start + EXCERPT]
