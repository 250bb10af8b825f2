"""The types of channels that reports.yaml knows."""

CHANNELS = ("slack", "email", "folder")
