"""Gives the citations of facts their pages for people: of commits, issues and lines, where the remote is known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from whence.sources.addresses import commit_page, issue_page, permalink
from whence.types import Citation, cited_kind


def with_pages(citations: Sequence[Citation], web_urls: Mapping[str, str]) -> tuple[Citation, ...]:
    """The citations with their addresses; ``web_urls`` maps ids of sources to the pages of their projects, or ""."""
    return tuple(replace(citation, url=citation.url or _page(citation, web_urls)) for citation in citations)


def _page(citation: Citation, web_urls: Mapping[str, str]) -> str:
    web_url = next((url for source, url in web_urls.items() if citation.document_id.startswith(f"{source}:")), "")
    if not web_url:
        return ""
    match cited_kind(citation):
        case "lines" | "hunk":
            return permalink(web_url, citation.revision, citation.path, citation.start_line, citation.end_line)
        case "issue":
            return issue_page(web_url, int(citation.issue_id or 0))
        case "commit":
            return commit_page(web_url, citation.revision)
        case "command":
            return ""
