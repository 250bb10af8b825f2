"""Templates cannot reach Python: published sandbox escapes are refused. One test runs an escape unguarded."""

from pathlib import Path
from typing import Any

import jinja2
import pytest

from bot.errors import TemplateFailed
from bot.render.templates import environment, render_template
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
    "attribute in groupby": "{{ ([edition] | groupby('__class__') | first).grouper }}",
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
REFUSALS = (
    "not allowed in a template",
    "undefined",
    "has no attribute '__globals__'",
    "Invalid character in attribute name",
    "not all arguments converted",
    "unknown tag",
)


def rendered(folder: Path, source: str, file: str = "page.txt.j2", **context: Any) -> str:
    (folder / file).write_text(source)
    return render_template(environment(str(folder)), file, **context)


def refused(folder: Path, source: str, **context: Any) -> str:
    with pytest.raises(TemplateFailed) as caught:
        rendered(folder, source, **context)
    return str(caught.value)


@pytest.mark.parametrize("escape", ESCAPES)
def test_published_escape_is_refused(tmp_path: Path, escape: str) -> None:
    canary = tmp_path / "canary"
    message = refused(
        tmp_path, ESCAPES[escape], path=str(canary), row={"b": 1}, listed=["a"], edition=EDITION
    )
    assert "page.txt.j2:1: " in message
    assert any(refusal in message for refusal in REFUSALS), message
    assert not canary.exists()


def test_escape_works_without_the_sandbox(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    jinja2.Environment(autoescape=True).from_string(ESCAPES["globals"]).render(path=str(canary))
    assert canary.exists()


def test_file_name_is_not_code_cve_2024_56201(tmp_path: Path) -> None:
    """The compiled template contains its file name; none of it may run."""
    name = "{__import__('os').mkdir('canary')}'\"\"\".txt"
    assert rendered(tmp_path, "{% block a %}x{% endblock %}", name) == "x"
    assert "not a template" not in refused(tmp_path, f"{{% include {name!r} %}}{{{{ gone }}}}")
    assert not Path("canary").exists()


def test_ordinary_expressions_work(tmp_path: Path) -> None:
    source = (
        "{% macro row(cells) %}{% for cell in cells %}{{ cell }};{% endfor %}{% endmacro %}"
        "{% for pair in rows | batch(2) %}{{ row(pair) }}{{ ',' if not loop.last }}{% endfor %}"
        "{% set head = ('a' ~ 1 ~ none) | upper %} {{ head }} {{ rows | map('upper') | join('-') }}"
        " {{ rows[1:] | length }} {{ 7 % 4 }} {{ 2 * 3 + 1 }} {{ 'x' * 3 }} {{ 'b'.upper() }}"
        " {{ rows | select('equalto', 'c') | first }} {{ {'k': [1, 2]}.k | tojson }} {{ 1.25 | round(1) }}"
        "{% for key, value in {'q': 1}.items() %} {{ key }}={{ value }}{% endfor %}"
    )
    text = rendered(tmp_path, source, rows=("a", "b", "c"))
    assert text == "a;b;,c; A1NONE A-B-C 2 3 7 xxx B c [1, 2] 1.2 q=1"


def test_tilde_concatenation_is_escaped(tmp_path: Path) -> None:
    text = rendered(tmp_path, "{{ '<b>' ~ who }}{{ 'a' ~ who }}", "page.html.j2", who="<i>")
    assert text == "&lt;b&gt;&lt;i&gt;a&lt;i&gt;"
