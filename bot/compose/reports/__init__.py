"""Report types: an answer in, a section of the edition out.

Another report type is one `SectionComposer` in a module here and one line in `COMPOSERS`; see docs/adding.md.
"""

from collections.abc import Mapping

from bot.compose.figures.context import AnyComposer
from bot.compose.reports.case_details import CASE_DETAILS
from bot.compose.reports.classifications import CASE_TOPICS, MESSAGE_TOPICS
from bot.compose.reports.mention_sla_export import SERVICE_LEVELS
from bot.compose.reports.nps_submissions import NPS_ANSWERS
from bot.compose.reports.nps_volume import NPS_BY_DAY
from bot.compose.reports.over_time import CUSTOMER_WAIT, OPEN_CASES_BY_DAY
from bot.compose.reports.states_volume import MESSAGES_OVER_TIME
from bot.compose.reports.summaries import CASE_FIGURES_TABLE, KEY_FIGURES_SECTION, NPS_FIGURES_TABLE
from bot.compose.reports.user_summary import AGENTS
from bot.compose.reports.user_volume import AGENTS_BY_STATE
from bot.compose.reports.workflow_states import MESSAGES_BY_STATE

COMPOSERS: tuple[AnyComposer, ...] = (
    KEY_FIGURES_SECTION,
    MESSAGES_OVER_TIME,
    CUSTOMER_WAIT,
    MESSAGE_TOPICS,
    MESSAGES_BY_STATE,
    SERVICE_LEVELS,
    CASE_FIGURES_TABLE,
    OPEN_CASES_BY_DAY,
    CASE_TOPICS,
    CASE_DETAILS,
    AGENTS,
    AGENTS_BY_STATE,
    NPS_FIGURES_TABLE,
    NPS_BY_DAY,
    NPS_ANSWERS,
)

REPORTS: Mapping[str, AnyComposer] = {composer.report: composer for composer in COMPOSERS}
"""Every report type that reports.yaml may name, in the order in which an edition shows them: volumes over
time, then reasons (topics, service levels, cases), then agents, then the survey."""
