"""Files that are missing, folders, or not for reading; rubbish of every kind; and large files."""

from email.utils import getaddresses
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import load
from bot.config.addresses import is_allowed, mailbox
from bot.errors import ConfigError
from tests.config.config_files import GOOD, loaded, problems, write


@pytest.mark.parametrize("name", ["absent.yaml", "", "x" * 5000, "nul\0byte"])
def test_unreadable_file_is_one_problem(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / name)
    (only,) = caught.value.problems
    assert (only.line, only.column, only.excerpt) == (1, 1, "")
    assert caught.value.exit_status == 2


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_KEYS = st.sampled_from(
    ["timezone", "digests", "one", "schedule", "window", "reports", "recipients", "slack", "email", "attach",
     "csv", "cron", "from", "to", "group", "targets", "holidays", "dates", "region", "brand", "on_failure"]
) | st.text(max_size=5)  # fmt: skip
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.long
@settings(max_examples=250, deadline=None)
@given(st.dictionaries(_KEYS, _TREES, max_size=5))
def test_any_tree_loads_or_explains(tmp_path_factory: pytest.TempPathFactory, tree: object) -> None:
    _loads_or_explains(tmp_path_factory, yaml.safe_dump(tree, allow_unicode=True))


@pytest.mark.long
@settings(max_examples=250, deadline=None)
@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 40),
    st.text(max_size=8) | st.sampled_from(["\t", "*a", "&a ", "<<: ", "!!x "]),
)
def test_damaged_file_loads_or_explains(
    tmp_path_factory: pytest.TempPathFactory, at: int, cut: int, inserted: str
) -> None:
    _loads_or_explains(tmp_path_factory, GOOD[:at] + inserted + GOOD[at + cut :])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_load_or_explain(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    _loads_or_explains(tmp_path_factory, content)


def _loads_or_explains(folders: pytest.TempPathFactory, content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    path = write(folders.getbasetemp(), data)
    error = _error_of(path)
    if error:
        assert error.problems
        assert all(
            problem.line >= 1 and problem.column >= 1 and problem.message for problem in error.problems
        )
        assert str(error).replace("\n", "").isprintable()


def _error_of(path: Path) -> ConfigError | None:
    try:
        load(path)
    except ConfigError as error:
        return error
    return None


def _large(digests: int) -> str:
    head = (
        "timezone: Australia/Sydney\nemail: {from: r@example.com, allowed_domains: [example.com]}\ndigests:\n"
    )
    return head + "".join(
        f"""  d{n:05}:
    title: Digest {n}
    schedule: every monday at {n % 24:02}:{n % 60:02}
    window: last week
    group: Group {n}
    reports: [summary, states_volume]
    recipients:
      - slack: "#c{n}"
        attach: [pdf]
      - email: a{n}@example.com
"""
        for n in range(digests)
    )


@pytest.mark.long
def test_file_of_three_thousand_digests(tmp_path: Path) -> None:
    assert len(load(write(tmp_path, _large(3_000))).digests) == 3_000


def test_thousand_problems_are_all_reported(tmp_path: Path) -> None:
    assert len(problems(tmp_path, _large(1000).replace("attach", "atach"))) == 1000


@pytest.mark.parametrize(
    "text", ['"[key]":', 'digests: {"[key]": {"[key]": 5}}', 'digests: {a: {"[key]": 5}}']
)
def test_key_named_like_pydantic_marker(tmp_path: Path, text: str) -> None:
    assert any('unknown key "[key]"' in problem.message for problem in problems(tmp_path, text + "\n"))


def test_allowed_domains_compare_whole_labels() -> None:
    allowed = frozenset({"example.com"})
    assert is_allowed("a@example.com", allowed)
    assert is_allowed("a@mail.EXAMPLE.com", allowed)
    assert "a@notexample.com".endswith("example.com")  # what a plain suffix would let through
    assert not is_allowed("a@notexample.com", allowed)
    assert not is_allowed("a@example.com.evil.org", allowed)


def test_two_mailboxes_in_one_item_are_refused() -> None:
    smuggled = "a@example.com, b@evil.com"
    assert len(getaddresses([smuggled])) == 2
    with pytest.raises(ValueError, match="one address per list item"):
        mailbox(smuggled)


def test_local_part_keeps_its_case(tmp_path: Path) -> None:
    content = GOOD.replace('slack: "#a"', "email: O'Neil+care@Example.COM")
    assert loaded(tmp_path, content).digests[0].recipients[0].address == "O'Neil+care@example.com"
