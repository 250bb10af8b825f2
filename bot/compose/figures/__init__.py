"""Values and their text: metrics, answers, changes, timelines, tables, names of agents."""
