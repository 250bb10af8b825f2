"""One module per report type: an answer in, a section of the edition out."""
