"""Two settings for what the API's document leaves open or gets wrong: a unit and a label."""

from collections.abc import Iterator

from bot.model import Finding, Query, Scalars, Series, State
from bot.source.probe.figures import response_ratio, unit_of
from bot.source.probe.labels import day_label
from bot.source.probe.names import Named
from bot.source.probe.session import Asking, days_text


def of_response_unit(asking: Asking, _: Named) -> Iterator[Finding]:
    """The days of `response_volume` against the summary's average, which is in seconds."""
    about, week, setting = "response times", asking.week, asking.api.response_volume_unit
    responses = asking.answer(Query("response_volume", week))
    volumes = asking.answer(Query("states_volume", week))
    summary = asking.answer(Query("summary", week))
    ratio = None
    if isinstance(responses, Series) and isinstance(volumes, Series) and isinstance(summary, Scalars):
        ratio = response_ratio(responses, volumes, summary)
    # The client has made seconds of what the setting calls minutes.
    sent = ratio / 60 if ratio is not None and setting == "minutes" else ratio
    unit = unit_of(sent)
    if not unit:
        seen = f"the days of {days_text(week)} do not show the unit of response_volume ({_ratio(sent)})"
        yield Finding(State.UNCLEAR, about, seen, "look again after a week with more responses")
    elif unit == setting:
        yield Finding(State.FINE, about, f"response_volume is in {unit}, as set ({_ratio(sent)})")
    else:
        seen = f"response_volume is in {unit} ({_ratio(sent)}), and reports.yaml says {setting}"
        yield Finding(State.WRONG, about, seen, f"write activity_api: {{response_volume_unit: {unit}}}")


def of_day_label(asking: Asking, named: Named) -> Iterator[Finding]:
    """The first and the last day of `nps_volume` against the ends of the window."""
    about, week, setting = "days of NPS", asking.week, asking.api.nps_day_label
    form = next((one for found in named.forms.values() for one in found), None)
    if form is None:
        return
    label = day_label(asking.raw(Query("nps_volume", week, form=form.id, nps_category="all")), week)
    if not label:
        seen = (
            f"the points of {days_text(week)} do not show whether a day is labelled by its start or its end"
        )
        yield Finding(
            State.UNCLEAR, about, seen, "look again after a week with answers on its first and last day"
        )
    elif label == setting:
        yield Finding(State.FINE, about, f"a day of nps_volume is labelled by its {label}, as set")
    else:
        seen = f"a day of nps_volume is labelled by its {label}, and reports.yaml says {setting}"
        yield Finding(State.WRONG, about, seen, f"write activity_api: {{nps_day_label: {label}}}")


def _ratio(ratio: float | None) -> str:
    return "no responses" if ratio is None else f"its days average {ratio:.3g} times the summary's seconds"
