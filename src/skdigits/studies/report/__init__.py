"""The report of a study: table, charts, plots and the HTML page."""
