"""What models there are, as an engine says it; nothing of its keys comes along."""

import gzip
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from configs.content import ModelContent, PriceTier
from configs.formats.limits import FormatError
from configs.formats.provider_list import (
    KnownModel,
    ModelList,
    load_list,
    read_provider_list,
    read_snapshot,
    write_snapshot,
)

pytestmark = pytest.mark.pure

TEXT = (Path(__file__).resolve().parents[2] / "data" / "configs" / "providers.json").read_text()
LARGE = ModelContent(
    provider="gateway",
    identifier="large-1",
    name="Large 1",
    family="large",
    context_limit_tokens=200000,
    output_limit_tokens=8192,
    price_input_usd_per_million="3",
    price_output_usd_per_million="15",
    price_cache_read_usd_per_million="0.3",
    price_cache_write_usd_per_million="3.75",
    price_tiers=(
        PriceTier(
            above_tokens=200000,
            price_input_usd_per_million="6",
            price_output_usd_per_million="22.5",
            price_cache_read_usd_per_million="0.6",
            price_cache_write_usd_per_million="7.5",
        ),
    ),
    capabilities={
        "attachment": True,
        "input": ["text", "image"],
        "output": ["text"],
        "reasoning": False,
        "temperature": True,
        "tool_call": True,
    },
    variants=("high", "low"),
    release_date="2026-05-31",
    env_names=("GATEWAY_KEY",),
)
SMALL = ModelContent(
    provider="gateway",
    identifier="small-1",
    name="Small 1",
    family="small",
    price_input_usd_per_million="0",
    price_output_usd_per_million="0",
    price_cache_read_usd_per_million="0",
    price_cache_write_usd_per_million="0",
    status="beta",
    env_names=("GATEWAY_KEY",),
)
PACKAGE = "@ai-sdk/openai-compatible"


def read(raw: Any) -> ModelList:
    return read_provider_list(raw, source="an engine", as_of="2026-11-22")


def test_an_engines_answer_is_read_field_by_field() -> None:
    assert read(load_list(TEXT)) == ModelList(
        "an engine",
        "2026-11-22",
        (
            KnownModel.describe(LARGE, "Model gateway", PACKAGE),
            KnownModel.describe(SMALL, "Model gateway", PACKAGE),
        ),
        ("fake: made by the engine's configuration",),
    )


def test_no_key_of_the_engine_is_kept() -> None:
    assert "never-taken" not in repr(read(load_list(TEXT)))


def test_a_model_that_can_not_be_read_is_skipped_by_name() -> None:
    raw = load_list(TEXT)
    raw["all"][0]["models"]["small-1"]["status"] = "imaginary"
    found = read(raw)
    assert [item.key for item in found.models] == ["gateway/large-1"]
    assert found.skipped == (
        "gateway/small-1: status: this is one of alpha, beta, active, deprecated, not 'imaginary'.",
        "fake: made by the engine's configuration",
    )


@pytest.mark.parametrize("raw", [None, [], {}, {"all": {}}, {"all": [1]}, {"all": [{"models": []}]}])
def test_another_shape_is_refused(raw: Any) -> None:
    with pytest.raises(FormatError):
        read(raw)


def test_a_snapshot_says_what_the_list_said_in_the_same_bytes() -> None:
    models = read(load_list(TEXT))
    data = write_snapshot(models)
    assert data == write_snapshot(deepcopy(models))
    assert read_snapshot(data) == ModelList(models.source, models.as_of, models.models)


def test_a_snapshot_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("configs.formats.provider_list.MAX_LIST_BYTES", 1000)
    with pytest.raises(FormatError, match="cut short, or too large"):
        read_snapshot(gzip.compress(b" " * 100_000))


@pytest.mark.parametrize(
    "data",
    [b"", b"text", gzip.compress(b"{}"), gzip.compress(b'{"version": 1}'), gzip.compress(b"[")],
    # A compressed text holds the time: as a name it would differ between the workers of one run.
    ids=["empty", "no archive", "no version", "version 1 without models", "no JSON"],
)
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_snapshot(data)


def test_a_cut_snapshot_is_refused() -> None:
    data = write_snapshot(read(load_list(TEXT)))
    with pytest.raises(FormatError, match="cut short"):
        read_snapshot(data[:-20])


def test_the_list_is_plain_json_again() -> None:
    assert json.loads(gzip.decompress(write_snapshot(read(load_list(TEXT)))))["version"] == 1
