"""The report types that the API answers with a CSV file: job, download, checks and counts."""
