"""What a template may do, and how much: Jinja's sandbox, made narrow and bounded.

Jinja's own sandbox keeps templates away from Python's insides, but lets them use up time and memory:
`'a' * 10**9`, `'%999999999d' % 1`, loops in loops, lists that hold each other. Here

- everything a template makes is weighed (characters and items): no single thing above `HEAVIEST`;
- every turn of a loop, every macro, include and call is a step: at most `MOST_STEPS`, and `MOST_SECONDS`;
- texts, numbers, lists and mappings have only the methods of `METHODS`, filters are only those of `FILTERS`.

A child process with limits would cost more than the page it makes, and must not be forked beside threads.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from bot.render.weighing import (
    guarded_filter,
    joined,
    made_up,
    printable,
    product_size,
    require_light,
    weight,
    whole,
)

MOST_STEPS = 200_000
MOST_SECONDS = 10.0

_OF_TEXTS = """
    capitalize casefold count endswith find isalpha isdigit islower isspace istitle isupper lower lstrip name
    partition removeprefix removesuffix rfind rpartition rsplit rstrip split splitlines startswith strip
    swapcase title upper value
"""
METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(_OF_TEXTS.split()),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
    int: frozenset(),
    float: frozenset({"is_integer"}),
}
"""What plain values have; others can make something huge (`format`, `join`, `ljust`, `to_bytes`)."""

_FILTERS = """
    abs batch capitalize count d default dictsort e escape filesizeformat first float groupby int items join
    last length list lower map max min reject rejectattr replace reverse round select selectattr slice sort
    string sum title tojson trim truncate unique upper urlencode wordcount wordwrap
"""
FILTERS = frozenset(_FILTERS.split())
"""Jinja's filters that remain."""


@dataclass(slots=True)
class Meter:
    """What one run of a template has used, until `until` (monotonic seconds)."""

    monotonic: Callable[[], float]
    until: float
    steps: int = 0

    def step(self) -> None:
        """One step more. Raises SecurityError beyond the limits."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise SecurityError(f"it takes more than {MOST_STEPS:,} steps")
        if self.monotonic() > self.until:
            raise SecurityError(f"it runs for more than {MOST_SECONDS:.0f} seconds")


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment that all templates run in; `metered()` around each run.

    `monotonic`: a clock of seconds that only goes forward; it measures, it never says what time it is.
    """

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic, **options: Any) -> None:
        super().__init__(**options)
        self._monotonic = monotonic
        self.finalize = printable
        self.concat = joined  # type: ignore[method-assign]
        self.filters = {name: guarded_filter(name, self.filters[name]) for name in FILTERS}
        self.filters.update(made_up=made_up, whole=whole)
        del self.globals["lipsum"]
        self._running = threading.local()

    @contextmanager
    def metered(self) -> Iterator[None]:
        """Bounds what runs inside, in this thread."""
        self._running.meter = Meter(self._monotonic, self._monotonic() + MOST_SECONDS)
        try:
            yield
        finally:
            self._running.meter = None

    def step(self) -> str:
        """What every loop, macro and include calls."""
        meter = getattr(self._running, "meter", None)
        if meter is not None:
            meter.step()
        return ""

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """A call is a step, and what it gives is weighed."""
        __self.step()
        return whole(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic, but no powers, no `%` on texts, and nothing huge."""
        if operator == "**":
            raise SecurityError("powers are not allowed")
        if operator == "%" and isinstance(left, str):
            raise SecurityError("% on a text is not allowed")
        if operator == "*":
            require_light(product_size(left, right))
        if operator == "+" and isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
            require_light(weight(left) + weight(right))
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Nothing private, nothing that changes data, and of plain values only `METHODS`."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        known = next((names for kind, names in METHODS.items() if isinstance(obj, kind)), None)
        return known is None or attr in known

    def wrap_str_format(self, value: Any) -> None:
        """`format` is no method here, so it needs no wrapping."""

    def _generate(self, source: nodes.Template, *where: Any, **more: Any) -> str:
        return super()._generate(_Guards().visit(source), *where, **more)


class _Guards(NodeTransformer):
    """Writes the guards into a parsed template: a step where something may repeat, a weighing where
    something is put together."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        pieces = nodes.Tuple(self.generic_visit(node).nodes, "load", lineno=node.lineno)  # type: ignore[attr-defined]
        return _filtered(pieces, "made_up", node)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        return _filtered(self.generic_visit(node), "whole", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        return _filtered(self.generic_visit(node), "whole", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return node if node.ctx == "store" else _filtered(node, "whole", node)

    def _stepping(self, node: Any) -> nodes.Node:
        self.generic_visit(node)
        call = nodes.Call(nodes.EnvironmentAttribute("step"), [], [], None, None, lineno=node.lineno or 1)
        node.body.insert(0, nodes.ExprStmt(call, lineno=node.lineno or 1))
        return node  # type: ignore[no-any-return]

    visit_Template = visit_For = visit_Macro = visit_CallBlock = visit_Block = _stepping


def _filtered(node: nodes.Node, name: str, at: nodes.Node) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=at.lineno)
