"""What the loader is given in tests of robustness, and what it may do with it: nothing but load or explain."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bot.config import json_schema, load, sample_text
from bot.config.yaml_tree import Tree
from bot.errors import ConfigError
from tests.config.config_files import GOOD

WHOLE = """\
timezone: Australia/Sydney
locale: en-AU
paper: Letter
brand: {name: Acme, color: "#0F6F6B"}
activity_api:
  rate_limit: {requests: 50, per: 1h 30m, usable: 40, reserve: 0}
  settle: 3d
  response_volume_unit: minutes
  nps_day_label: end
  group_filter: group_ids
email:
  from: "Care reports <reports@example.com>"
  reply_to: ops@example.com
  allowed_domains: [Example.com]
  unsubscribe: ["https://example.com/leave?who={recipient}", mailto:leave@example.com]
  on_unknown: hold
retention: {artifacts: 30d, figures: 400d, ledger: 400d}
on_failure: [{slack: "#ops"}]
digests:
  nps-monthly: &nps
    title: What customers say
    schedule: every 2 weeks on monday at 09:00
    anchor: 2026-01-05
    timezone: Europe/London
    window: {from: 2026-01-01, to: 2026-12-31}
    compare: none
    group: [Care, 12, 007]
    users: jane@example.com
    reports: [summary, case_details, nps_volume: {form: 123}, nps_summary: {nps_category: detractors, form: NPS Survey}]
    targets: {broke_sla_share: 2.5%, avg_response_time: 1h 30m}
    holidays: {region: AU-NSW, dates: [2026-12-24]}
    on_holiday: next business day
    grace: 48h
    catch_up: all
    paused: true
    until: 2026-12-31
    subject: "{brand}: {headline}"
    recipients:
      - slack: [dana@example.com, C0123456789]
        agents: initials
      - email: [Dana@Care.EXAMPLE.com]
        attach: [pdf, csv: [case_details]]
        personal_data: true
      - folder: outbox/nps
        attach: [csv]
        raw_csv: true
  other: {<<: *nps, window: since last run, schedule: every 2 weeks on friday at 09:00}
"""
GOOD_FILES = (WHOLE, GOOD, sample_text())

Plain = Any
_VALIDATOR = Draft202012Validator(json_schema())


def loads_or_explains(path: Path, content: str | bytes) -> None:
    """Only ConfigError, with places in the file and printable sentences; what loads the schema accepts too."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    path.write_bytes(data)
    try:
        load(path)
    except ConfigError as error:
        _explained(error, data)
        return
    plain = Tree(data.decode("utf-8-sig")).value
    assert [problem.message for problem in _VALIDATOR.iter_errors(plain)] == []


def _explained(error: ConfigError, data: bytes) -> None:
    lines = data.count(b"\n") + data.count(b"\r") + 1
    assert error.problems
    for problem in error.problems:
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert problem.message
    assert str(error).replace("\n", "").isprintable()


def trees() -> tuple[Plain, ...]:
    """Return the good files as plain values."""
    return tuple(Tree(text).value for text in GOOD_FILES)


ODD_VALUES: st.SearchStrategy[Plain] = st.sampled_from(
    [None, True, False, 0, -1, 10**30, -(10**30), 2**63, 1e308, -0.0, float("inf"), float("nan"), 0.1, "",
     " ", "\n", "NO", "012", "09:00", "1e400", "2026-02-30", "9999-12-31", "0000-01-01", "\u202e", "\u2028",
     "\U0001f600", "e\u0301", "\u0130", "\ufeff", "ß", "٣", "x" * 5000, "a@" + "b." * 200 + "c", "#" + "a" * 81, "{" * 50,
     "{title.__class__}", "../../etc", "/", "\\", "~", "<<", "*a", "&a", "!x", "[key]", [], {}, [[]], [{}], {"": ""},
     {"csv": []}, {"cron": "* * * * *"}, {"from": "2026-01-01", "to": "9999-12-31"}, {"region": "AU", "dates": []},
     "last 99 weeks", "every 99 weeks on monday at 00:00", "monthly on the 0th at 09:00", "0 0 29 2 *", "99999999999d", "101%"]
)  # fmt: skip
TEXTS = st.text(max_size=30) | st.text(
    alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x2FFF), max_size=300
)
NESTED = st.builds(
    lambda opening, depth, inner: opening * depth + inner,
    st.sampled_from(["[", "{a: ", "- ", "? ", "a:\n ", "&a [", "{<<: ", "'", '"', "a: &a {<<: *a, ", "!!x "]),
    st.sampled_from([1, 5, 19, 20, 21, 40, 1_000, 30_000]),
    st.sampled_from(["", "x", "]" * 19, "}" * 20, "*a", ": "]),
)


@st.composite
def damaged_trees(draw: st.DrawFn) -> str:
    """Return a valid file with up to four nodes removed, duplicated, renamed, swapped or replaced."""
    tree = {"file": draw(st.sampled_from(TREES))}
    for _ in range(draw(st.integers(1, 4))):
        tree = _damaged(tree, draw)
    return yaml.safe_dump(tree["file"], allow_unicode=True, sort_keys=False, width=100)


def _damaged(tree: Plain, draw: st.DrawFn) -> Plain:
    path = draw(st.sampled_from(sorted(_paths(tree), key=str)))
    damage = draw(st.sampled_from(_DAMAGES))
    return _changed(tree, path, lambda parent, part: damage(parent, part, tree, draw))


def _paths(node: Plain, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for part, value in parts:
        yield (*path, part)
        yield from _paths(value, (*path, part))


def _changed(node: Plain, path: tuple[str | int, ...], change: Callable[[Plain, Any], None]) -> Plain:
    copy: Plain = dict(node) if isinstance(node, dict) else list(node)
    if len(path) == 1:
        if path[0] != "file":
            change(copy, path[0])
    else:
        copy[path[0]] = _changed(node[path[0]], path[1:], change)
    return copy


def _taken_out(parent: Plain, part: Any, _tree: Plain, _draw: st.DrawFn) -> None:
    del parent[part]


def _doubled(parent: Plain, part: Any, _tree: Plain, _draw: st.DrawFn) -> None:
    if isinstance(parent, dict):
        parent[f"{part}-2"] = parent[part]
    else:
        parent.append(parent[part])


def _renamed(parent: Plain, part: Any, _tree: Plain, draw: st.DrawFn) -> None:
    name = draw(st.text(max_size=4)) + str(part)[draw(st.integers(0, 3)) :]
    if isinstance(parent, dict):
        parent[name] = parent.pop(part)


def _exchanged(parent: Plain, part: Any, tree: Plain, draw: st.DrawFn) -> None:
    other: Plain = tree
    for step in draw(st.sampled_from(sorted(_paths(tree), key=str))):
        other = other[step]
    parent[part] = other


def _replaced(parent: Plain, part: Any, _tree: Plain, draw: st.DrawFn) -> None:
    parent[part] = draw(ODD_VALUES | TEXTS | st.integers() | st.floats())


_DAMAGES = (_taken_out, _doubled, _renamed, _exchanged, _replaced, _replaced)
TREES = trees()


@st.composite
def damaged_texts(draw: st.DrawFn) -> str:
    """Return a good file with a piece cut out and something odd put in."""
    text = draw(st.sampled_from(GOOD_FILES))
    at, cut = draw(st.integers(0, len(text))), draw(st.sampled_from([0, 0, 1, 2, 7, 40, 400]))
    put_in = draw(
        st.sampled_from(["\t", "*a", "&a ", "<<: ", "!!x ", "- ", ": ", "|\n", ">-\n", "%", "---\n"]) | TEXTS
    )
    return text[:at] + put_in + text[at + cut :]


ANYTHING: dict[str, st.SearchStrategy[str | bytes]] = {
    "damaged trees": damaged_trees(),
    "damaged texts": damaged_texts(),
    "texts": TEXTS,
    "bytes": st.binary(max_size=200) | st.builds(lambda cut, more: GOOD.encode()[:cut] + more, st.integers(0, len(GOOD)), st.binary(max_size=9)),
    "nested": NESTED,
}  # fmt: skip
