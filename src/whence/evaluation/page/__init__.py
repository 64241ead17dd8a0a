"""Reports as one page for people: no script, nothing loaded from elsewhere, readable in the dark and on a phone."""
