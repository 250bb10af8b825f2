"""An edition as a Slack message."""
