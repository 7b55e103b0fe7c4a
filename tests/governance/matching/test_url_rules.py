from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from governance.matching.book import RuleBook, judge_call
from governance.matching.calls import Call
from governance.matching.rules import Effect, Rule
from governance.matching.verdicts import CommandVerdict, Verdict
from governance.matching.words import Budget

ALLOW, ASK, DENY = Effect.ALLOW, Effect.ASK, Effect.DENY
DOCS = "https://docs.example.org/3/*"


def judge_whole(url: str, *rules: str) -> Verdict:
    made = [Rule(pattern, Effect(effect), permission="webfetch") for effect, pattern in map(str.split, rules)]
    return judge_call(Call("webfetch", url=url), RuleBook(made))


def judge(url: str, *rules: str) -> Effect:
    return judge_whole(url, *rules).effect


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        (DOCS, "https://docs.example.org/3/library/os.html"),
        (DOCS, "https://docs.example.org/3/"),
        (DOCS, "https://docs.example.org/3/x?y=1#part"),
        (DOCS, "HTTPS://DOCS.example.ORG/3/x"),
        (DOCS, "https://docs.example.org:443/3/x"),
        ("docs.example.org/3/*", "https://docs.example.org/3/x"),
        ("https://example.org/*", "https://example.org"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org/a", "https://example.org/a#b"),
        ("https://example.org/s?q=*", "https://example.org/s?q=1"),
        ("http://example.org/*", "http://example.org/x"),
        ("*://example.org/*", "http://example.org/x"),
        ("https://example.org:8443/*", "https://example.org:8443/x"),
        ("https://example.org:*/*", "https://example.org:8443/x"),
        ("https://*.example.org/*", "https://a.example.org/x"),
        ("https://*.example.org/*", "https://a.b.example.org/x"),
        ("*", "https://example.org/x@y"),
        ("https://*/docs/*", "https://example.org/docs/x"),
        ("http://127.0.0.1:8000/*", "http://127.0.0.1:8000/x"),
        ("http://localhost:8000/*", "http://localhost:8000/x"),
        ("http://[::1]:8000/*", "http://[::1]:8000/x"),
        ("https://b\u00fccher.example/*", "https://xn--bcher-kva.example/x"),
        ("https://xn--bcher-kva.example/*", "https://xn--bcher-kva.example/x"),
    ],
)
def test_a_rule_covers(pattern: str, url: str) -> None:
    assert judge(url, f"allow {pattern}") is ALLOW


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        (DOCS, "https://docs.example.org/2/x"),
        (DOCS, "https://docs.example.org/3"),
        (DOCS, "http://docs.example.org/3/x"),
        (DOCS, "https://docs.example.org:8443/3/x"),
        (DOCS, "https://docs.example.org.evil.example/3/x"),
        (DOCS, "https://evil.example/docs.example.org/3/x"),
        (DOCS, "https://docs.example.org@evil.example/3/x"),
        (DOCS, "https://evil.example@docs.example.org/3/x"),
        (DOCS, "https://docs.example.org:443@evil.example/3/x"),
        (DOCS, "https://docs.example.org\\@evil.example/3/x"),
        (DOCS, "https://docs.example.org/3/../2/x"),
        (DOCS, "https://docs.example.org/3/%2e%2e/2/x"),
        (DOCS, "https://docs.example.org/3/.%2E/2/x"),
        (DOCS, "https://docs.example.org/3/..%2f2"),
        (DOCS, "https://docs.example.org/3/\\..\\2"),
        (DOCS, "https://docs.example.org/3/x\n"),
        (DOCS, " https://docs.example.org/3/x"),
        (DOCS, "https:/docs.example.org/3/x"),
        (DOCS, "https:docs.example.org/3/x"),
        (DOCS, "https:///docs.example.org/3/x"),
        (DOCS, "//docs.example.org/3/x"),
        (DOCS, "https://docs.example.org./3/x"),
        (DOCS, "https://docs%2eexample.org/3/x"),
        (DOCS, "https://docs.example.org:/3/x"),
        (DOCS, "https://docs.example.org:0443/3/x"),
        (DOCS, "https://d\u043ecs.example.org/3/x"),
        (DOCS, "https://docs.example.org\u2024evil/3/x"),
        (DOCS, "https://docs.example.org/3/\u202ex"),
        (DOCS, "https://docs.example.org/3/%zz"),
        (DOCS, "file://docs.example.org/3/x"),
        (DOCS, "javascript://docs.example.org/3/x"),
        (DOCS, ""),
        ("https://example.org", "https://example.org/x"),
        ("https://example.org/a", "https://example.org/a?b"),
        ("https://example.org/s?q=*", "https://example.org/sXq=1"),
        ("https://*.example.org/*", "https://example.org/x"),
        ("https://*.example.org/*", "https://evilexample.org/x"),
        ("https://example.org*", "https://example.org/x"),
        ("https://ex*mple.org/*", "https://example.org/x"),
        ("https://*example.org/*", "https://evilexample.org/x"),
        ("*", "https://127.0.0.1/x"),
        ("*", "http://2130706433/"),
        ("*", "http://0x7f.1/"),
        ("*", "http://0177.0.0.1/"),
        ("*", "http://[::1]/"),
        ("*", "http://[::ffff:127.0.0.1]/"),
        ("*", "http://localhost/"),
        ("*", "http://printer/"),
        ("*", "http://metadata.google.internal/"),
        ("*", "https://xn--80ak6aa92e.com/"),
        ("https://*.com/*", "https://xn--80ak6aa92e.com/"),
        ("http://127.0.0.1/*", "http://127.1/"),
        ("http://127.0.0.1/*", "http://0x7f000001/"),
        ("http://[::1]/*", "http://[zz]/"),
    ],
)
def test_a_rule_does_not_cover(pattern: str, url: str) -> None:
    assert judge(url, f"allow {pattern}") is ASK


def test_it_is_said_why() -> None:
    rule = Rule(DOCS, ALLOW, permission="webfetch", id="r1", version=4)
    url = "https://docs.example.org/3/x"
    reason = "The rule “r1” allows it."
    expected = Verdict(
        ALLOW, reason, rule, (CommandVerdict(url, ALLOW, reason, rule, (rule,)),), rules=(rule,)
    )
    judged = judge_call(Call("webfetch", url=url), RuleBook([rule]))
    assert judged == expected
    reasons = {
        "https://docs.example.org@evil.example/": "The URL names a user before its host evil.example.",
        "https://\u0430pple.com/": "The host is written with unusual letters: xn--pple-43d.com.",
        "http://0x7f.1/": "The host is an oddly written number, which may mean 127.0.0.1.",
        "http://127.0.0.1/": "127.0.0.1 is an address or a name of the own network; a rule has to name it.",
        "https://xn--pple-43d.com/": "xn--pple-43d.com is shown as \u0430pple.com; a rule has to name it.",
        "ftp://a.example/": "It is no plain http or https URL.",
    }
    assert {url: judge_whole(url, "allow *").reason for url in reasons} == reasons
    assert judge_whole("https://docs.example.org:8443/3/", f"allow {DOCS}").reason == "It goes to port 8443."


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("https://evil.example/*", "https://evil.example/x"),
        ("https://evil.example", "http://evil.example:8080/x"),
        ("https://evil.example", "https://good.example@evil.example/"),
        ("https://evil.example", "https://good.example\\@evil.example/"),
        ("https://evil.example", "https://EVIL.example./x"),
        ("https://evil.example", "https:/evil.example/"),
        ("https://evil.example", "\thttps://evil%2eexample/"),
        ("https://*.evil.example", "https://evil.example/"),
        ("https://*.evil.example", "https://a.evil.example/"),
        ("http://127.0.0.1", "http://2130706433/"),
        ("https://b\u00fccher.example", "https://b\u00fccher.example/"),
        ("https://good.example/private/*", "https://good.example/%70rivate/x"),
        ("*evil*", "https://good.example/EVIL"),
        ("*", "anything"),
    ],
)
def test_a_denial_sees_rather_too_much(pattern: str, url: str) -> None:
    assert judge(url, "allow *", f"deny {pattern}") is DENY


def test_denials_and_questions_beat_what_allows() -> None:
    url = "https://docs.example.org/3/x"
    assert judge(url, f"allow {DOCS}", "ask docs.example.org") is ASK
    assert judge(url, f"allow {DOCS}", "deny docs.example.org/2/*") is ALLOW
    assert judge(url, f"allow {DOCS}", "deny docs.example.org/3/x") is DENY


def test_a_strict_rule_is_that_url_alone() -> None:
    rule = Rule("https://example.org/*", ALLOW, permission="webfetch", is_strict=True)
    book = RuleBook([rule])
    assert judge_call(Call("webfetch", url="https://example.org/x"), book).effect is ASK
    assert judge_call(Call("webfetch", url="https://example.org/*"), book).effect is ALLOW


@given(st.text(max_size=80), st.text(max_size=40))
def test_no_url_and_no_pattern_raises(url: str, pattern: str) -> None:
    rules = [
        Rule(pattern, DENY, permission="webfetch"),
        Rule(pattern, ALLOW, permission="webfetch"),
        Rule("https://a.example/*", ALLOW, permission="webfetch"),
    ]
    assert RuleBook(rules).urls.judge(Call("webfetch", url=url), Budget()).effect in set(Effect)


AUTHORITIES = st.text(alphabet="a.@:[]\\/%2e0x1?#", max_size=20)


@given(AUTHORITIES, st.text(alphabet="a./%2e\\@?#", max_size=12))
def test_what_is_allowed_begins_with_the_host(authority: str, path: str) -> None:
    url = f"https://{authority}a.example{path}"
    if judge(url, "allow https://a.example/*") is ALLOW:
        assert authority == ""
        assert path[:1] in {"", "/", "?", "#"}
