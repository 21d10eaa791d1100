"""Reports as pages, and their writers: text, Markdown, scripts, JSON."""
