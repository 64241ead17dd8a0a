"""Cuts documents into the spans that are searched: code by syntax, prose by headings, the rest by lines."""
