"""Figures and their words: metrics, key figures, changes, timelines, agents' names."""
