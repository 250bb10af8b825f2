"""The report types that the API answers at once: their questions, wire models and readers."""
