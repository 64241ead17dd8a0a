import pytest

from whence.types import Citation, CitedKind, cited_kind, commit_id

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("document_id", "path", "issue_id", "kind"),
    [
        ("git:boat-1:src/hull.py", "src/hull.py", None, "lines"),
        ("documents:handbook-1:leave.pdf", "leave.pdf", None, "lines"),
        (commit_id("git:boat-1", SHA), "src/hull.py", None, "hunk"),
        (commit_id("git:boat-1", SHA), "", None, "commit"),
        (commit_id("git:boat-1", SHA), "", "17", "issue"),
        ("git:boat-1:command", "", None, "command"),
    ],
)
def test_the_kind_of_a_citation_is_told_by_document_path_and_issue(
    document_id: str, path: str, issue_id: str | None, kind: CitedKind
) -> None:
    place = {"revision": SHA, "start": 0, "end": 1, "start_line": 1, "end_line": 1, "quote": "x"}
    assert cited_kind(Citation(document_id=document_id, path=path, issue_id=issue_id, **place)) == kind  # type: ignore[arg-type]
