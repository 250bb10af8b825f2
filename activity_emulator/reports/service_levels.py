"""The two service levels, in seconds. A response breaks one when it took strictly longer."""

CUSTOMER_SLA = 2 * 3600.0
AGENT_SLA = 30 * 60.0
