"""The graph that people move about in: one model and one script, for the panel and for pages."""
