"""What a template must not do: get out, use up time, use up memory. Each guard is once off to show the attack."""

from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import TemplateFailed
from bot.render.sandbox import FILTERS, METHODS, MOST_SECONDS, Sandbox
from bot.render.templates import environment, render_template
from bot.render.weighing import HEAVIEST, weight
from tests.render.sample_edition import EDITION

ESCAPES = {
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals": "{{ cycler.__init__.__globals__.os.open(path, 65) }}",
    "globals by key": "{{ cycler['__init__']['__globals__'].os.open(path, 65) }}",
    "self": "{{ self.__init__.__globals__ }}",
    "context of self": "{{ self._TemplateReference__context }}",
    "joiner": "{{ joiner.__init__.__globals__ }}",
    "namespace": "{{ namespace.__init__.__globals__ }}",
    "range": "{{ range.__globals__.__builtins__ }}",
    "loop": "{% for x in listed %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "caller": "{% macro m() %}{{ caller._func.__globals__ }}{% endmacro %}{% call m() %}{% endcall %}",
    "macro": "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "generator frame": "{{ (listed | map('upper')).gi_frame.f_back }}",
    "a dataclass": "{{ edition.__class__.__init__.__globals__ }}",
    "attribute in map": "{{ [edition] | map(attribute='__class__') | first }}",
    "attribute in groupby": "{{ [edition] | groupby('__class__') | first }}",
    "attribute in sort": "{{ [edition, edition] | sort(attribute='__init__.__globals__') | first }}",
    "attribute in selectattr": "{{ [edition] | selectattr('__class__') | first }}",
    "CVE-2016-10745 format": "{{ '{0.__class__.__init__.__globals__}'.format(cycler) }}",
    "CVE-2019-10906 format_map": "{{ '{x.__class__.__init__.__globals__}'.format_map({'x': cycler}) }}",
    "CVE-2024-56326 kept format": "{% set f = '{0.__class__}'.format %}{{ f(cycler) }}",
    "CVE-2024-56326 mapped format": "{{ ['{0.__class__}'] | map('format', cycler) | first }}",
    "CVE-2025-27516 attr": "{{ ('{0.__class__.__init__}' | attr('format'))(cycler) }}",
    "attr": "{{ ((cycler | attr('__init__')) | attr('__globals__')) }}",
    "CVE-2024-22195 xmlattr": "{{ {'a onclick=alert(1)': 'x'} | xmlattr }}",
    "CVE-2024-34064 xmlattr": "{{ {'a/onclick': 'x'} | xmlattr }}",
    "changes a mapping": "{% set x = row.update({'a': 1}) %}",
    "changes a list": "{% set x = listed.append(1) %}",
    "the environment": "{{ environment }}",
    "debug": "{% debug %}",
}
REFUSALS = ("not allowed in a template", "undefined", "No filter named", "unknown tag")


def made(folder: Path, source: str, file: str = "page.txt.j2", **context: object) -> str:
    (folder / file).write_text(source)
    return render_template(environment(str(folder)), file, **context)


def refused(folder: Path, source: str, **context: object) -> str:
    with pytest.raises(TemplateFailed) as caught:
        made(folder, source, **context)
    return str(caught.value)


@pytest.mark.parametrize("way", ESCAPES)
def test_published_ways_out_are_refused(tmp_path: Path, way: str) -> None:
    canary = tmp_path / "canary"
    message = refused(tmp_path, ESCAPES[way], path=str(canary), row={"b": 1}, listed=["a"], edition=EDITION)
    assert "page.txt.j2:1: " in message
    assert any(words in message for words in REFUSALS), message
    assert not canary.exists()


def test_without_the_sandbox_the_way_out_works(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    jinja2.Environment(autoescape=True).from_string(ESCAPES["globals"]).render(path=str(canary))
    assert canary.exists()


def test_cve_2024_56201_a_file_name_is_no_code(tmp_path: Path) -> None:
    """The name of a template stands in its compiled form; nothing in it may run."""
    name = "{__import__('os').mkdir('canary')}'\"\"\".txt"
    assert made(tmp_path, "{% block a %}x{% endblock %}", name) == "x"
    assert "not a template" not in refused(tmp_path, f"{{% include {name!r} %}}{{{{ gone }}}}")
    assert not Path("canary").exists()


HUGE = {
    "repeated": "{{ 'a' * 2000000 }}",
    "repeated list": "{{ ([1] * 2000000) | length }}",
    "percent width": "{{ '%2000000d' % 1 }}",
    "percent filter": "{{ '%2000000d' | format(1) }}",
    "format width": "{{ '{:>2000000}'.format(1) }}",
    "ljust": "{{ 'a'.ljust(2000000) }}",
    "zfill": "{{ 'a'.zfill(2000000) }}",
    "center": "{{ 'a' | center(2000000) }}",
    "indent": "{{ 'a\n\na' | indent(1000000) }}",
    "expandtabs": "{{ '\t'.expandtabs(2000000) }}",
    "bytes": "{{ (1).to_bytes(2000000, 'big') | length }}",
    "join": "{{ range(2000) | join('a' * 2000) }}",
    "join method": "{{ ('a' * 2000).join(['b'] * 2000) }}",
    "replace": "{{ ('a' * 2000) | replace('a', 'b' * 2000) }}",
    "replace method": "{{ ('a' * 2000).replace('a', 'b' * 2000) }}",
    "many at once": "{{ range(2000) | map('string') | map('replace', '1', 'a' * 9999) | list | length }}",
    "batch": "{{ ([1] | batch(2000000, 'x') | list | first) | length }}",
    "slice": "{{ [1] | slice(1100000) | list | length }}",
    "json": "{{ ([1] * 2000) | tojson(2000) }}",
    "wordwrap": "{{ ('a ' * 3000) | wordwrap(1, wrapstring='b' * 2000) }}",
    "lorem ipsum": "{{ lipsum(n=3000) }}",
    "tilde": "{% set x = 'a' * 99 %}{% set n = namespace(x=x) %}{% for i in range(15) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "plus": "{% set n = namespace(x='a' * 99) %}{% for i in range(15) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x }}",
    "set block": "{% set n = namespace(x='a' * 99) %}{% for i in range(15) %}{% set y %}{{ n.x }}{{ n.x }}{% endset %}{% set n.x = y %}{% endfor %}{{ n.x }}",
    "macro": "{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}{% set n = namespace(x='a' * 99) %}{% for i in range(15) %}{% set n.x = m(n.x) %}{% endfor %}{{ n.x }}",
    "lists in lists": "{% set n = namespace(x=[1]) %}{% for i in range(20) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "tuples in json": "{% set n = namespace(x=[1]) %}{% for i in range(20) %}{% set n.x = (n.x, n.x) %}{% endfor %}{{ n.x | tojson }}",
    "mappings": "{% set n = namespace(x=[1]) %}{% for i in range(20) %}{% set n.x = {'a': n.x, 'b': n.x} %}{% endfor %}{{ n.x }}",
    "calls": "{% set n = namespace(x=[1]) %}{% for i in range(20) %}{% set n.x = dict(a=n.x, b=n.x) %}{% endfor %}{{ n.x }}",
    "powers": "{{ 3 ** 20000000 }}",
    "rounding": "{{ 1 | round(20000000, 'floor') }}",
    "products": "{% set n = namespace(x=9) %}{% for i in range(40) %}{% set n.x = n.x * n.x %}{% endfor %}{{ 1 }}",
}  # fmt: skip
REALLY_HUGE = {"powers", "rounding", "products"}
"""These would take minutes without the guard."""


@pytest.mark.parametrize("way", HUGE)
def test_nothing_huge_is_made(tmp_path: Path, way: str) -> None:
    message = refused(tmp_path, HUGE[way])
    assert any(words in message for words in (*REFUSALS, "no attribute")), message


@pytest.mark.parametrize("way", sorted(set(HUGE) - REALLY_HUGE))
def test_jinjas_sandbox_alone_makes_it(way: str) -> None:
    text = ImmutableSandboxedEnvironment().from_string(HUGE[way]).render()
    assert len(text) > HEAVIEST or (text.isdigit() and int(text) >= 2000)


ENDLESS = {
    "loops in loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "recursive loop": "{% for a in [[1]] * 99 recursive %}{{ loop([[1]] * 99) if loop.depth < 9 }}{% endfor %}",
    "macros": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "call blocks": "{% macro a(n) %}{{ caller() }}{{ caller() }}{% endmacro %}{% macro m(n) %}{% if n %}{% call a(n) %}{{ m(n - 1) }}{% endcall %}{% endif %}{% endmacro %}{{ m(60) }}",
    "includes": "{% set n = (n | default(60)) - 1 %}{% if n %}{% include 'page.txt.j2' %}{% include 'page.txt.j2' %}{% endif %}",
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("way", ENDLESS)
def test_what_never_ends_is_stopped(tmp_path: Path, way: str) -> None:
    message = refused(tmp_path, ENDLESS[way])
    stopped = ("it takes more than 200,000 steps", "it runs for more than 10 seconds", "RecursionError")
    assert any(reason in message for reason in stopped)
    assert "page.txt.j2:1: " in message


def test_what_takes_too_long_is_stopped_by_the_clock(tmp_path: Path) -> None:
    """Three hundred steps, but each of them slow: the clock moves a tenth of a second at each look."""
    ticks: Iterator[int] = iter(range(10_000))
    env = Sandbox(
        loader=jinja2.DictLoader({"a.txt": "{% for a in range(300) %}\n{% endfor %}"}),
        monotonic=lambda: next(ticks) / 10,
    )
    with pytest.raises(TemplateFailed, match=r":1: .* runs for more than 10 seconds"):
        render_template(env, "a.txt")
    assert MOST_SECONDS - 1 < next(ticks) / 10 < MOST_SECONDS + 1


def test_the_count_begins_anew_with_every_run(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("{% for a in range(90000) %}{% endfor %}")
    env = environment(str(tmp_path))
    for _ in range(3):
        assert render_template(env, "a.txt") == ""


def test_a_template_of_more_than_a_megabyte_is_refused(tmp_path: Path) -> None:
    assert "larger than 1 MB" in refused(tmp_path, "a" * 1_000_001)


def test_a_list_is_not_printed(tmp_path: Path) -> None:
    assert "page.txt.j2:2: " in refused(tmp_path, "\n{{ rows }}", rows=[1, 2])
    assert "page.txt.j2:2: " in refused(tmp_path, "\n{{ 'a' ~ rows }}", rows=[1, 2])


def test_what_templates_are_for_still_works(tmp_path: Path) -> None:
    source = (
        "{% macro row(cells) %}{% for cell in cells %}{{ cell }};{% endfor %}{% endmacro %}"
        "{% for pair in rows | batch(2) %}{{ row(pair) }}{{ ',' if not loop.last }}{% endfor %}"
        "{% set head = ('a' ~ 1 ~ none) | upper %} {{ head }} {{ rows | map('upper') | join('-') }}"
        " {{ rows[1:] | length }} {{ 7 % 4 }} {{ 2 * 3 + 1 }} {{ 'x' * 3 }} {{ 'b'.upper() }}"
        " {{ rows | select('equalto', 'c') | first }} {{ {'k': [1, 2]}.k | tojson }} {{ 1.25 | round(1) }}"
        "{% for key, value in {'q': 1}.items() %} {{ key }}={{ value }}{% endfor %}"
    )
    text = made(tmp_path, source, rows=("a", "b", "c"))
    assert text == "a;b;,c; A1NONE A-B-C 2 3 7 xxx B c [1, 2] 1.2 q=1"


def test_joined_with_a_tilde_names_are_escaped_as_ever(tmp_path: Path) -> None:
    text = made(tmp_path, "{{ '<b>' ~ who }}{{ 'a' ~ who }}", "page.html.j2", who="<i>")
    assert text == "&lt;b&gt;&lt;i&gt;a&lt;i&gt;"


def test_weight_counts_all_levels_and_stops() -> None:
    assert weight("abc") == 4
    assert weight(["ab", ("c",)]) == 1 + 2 + len("ab") + 1 + len("c")
    assert weight({"d": 1}) == 1 + 2 + len("d")
    doubled: list[object] = [1]
    for _ in range(200):
        doubled = [doubled, doubled]
    assert HEAVIEST < weight(doubled) < 2 * HEAVIEST


def test_only_known_filters_and_methods_remain() -> None:
    assert set(environment().filters) == FILTERS | {"plain", "cut", "mrkdwn", "unmarked", "whole", "made_up"}
    assert not METHODS[str] & {
        "format",
        "format_map",
        "join",
        "ljust",
        "center",
        "zfill",
        "replace",
        "encode",
    }
