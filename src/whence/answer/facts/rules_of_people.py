"""The rules for questions about people, sizes, ages, and releases by date."""

from typing import Final

from whence.answer.facts.rule import Rule

_BOUNDS = "in since until between and from to DATE TAG"

PEOPLE_RULES: Final = (
    Rule(
        "reviewers",
        needs="SHA|NUMBER review|merges who|which|when|what|list|review",
        allows="who which when what list commit in by to from authors do and add land",
        lacks="how many tag",
    ),
    Rule("reviewers", needs="SHA issue which|what", allows="commit in by from add land make do", lacks="tag"),
    Rule(
        "new_authors",
        needs="newcomer authors|newcomer TAG",
        allows="who which what list how many in do tag make project between and from to since commit authors",
        lacks="FILE SHA NUMBER DATE",
    ),
    Rule(
        "new_authors",
        needs="who first make|commit TAG",
        allows="in tag authors to project",
        lacks="FILE SHA NUMBER DATE",
    ),
    Rule(
        "file_experts",
        needs="FILE who|list know",
        allows="best most about authors in project responsible",
        lacks="LINE when how",
    ),
    Rule("file_experts", needs="FILE who write most", allows="in to project line", lacks="LINE commit change"),
    Rule("file_experts", needs="FILE know", allows="best most list", lacks="LINE when how"),
    Rule("file_size", needs="how many line FILE|project", allows="in do take land files get", lacks="LINE SHA TAG"),
    Rule("file_size", needs="how size FILE", allows="in project line", lacks="LINE many"),
    Rule("file_size", needs="what size FILE", allows="in project line", lacks="LINE"),
    Rule(
        "coupled_files",
        needs="FILE together change|commit|files what|which|list|files|most",
        allows="what which list files change commit most usually in to times COUNT",
        lacks="LINE who when how",
    ),
    Rule(
        "coupled_files", needs="FILE else what|which change", allows="files when commit usually", lacks="LINE who how"
    ),
    Rule(
        "commits_by_period",
        needs="commit|change year|month per|by",
        allows=f"how many list what in project PERSON EMAIL make by FILE {_BOUNDS} times",
        lacks="who when first last most SHA NUMBER",
    ),
    Rule(
        "person_activity",
        needs="PERSON|EMAIL change|commit|write|make|files what|which|list|commit|change",
        allows=f"what which list files FILE project by make in write add {_BOUNDS}",
        lacks="who when how first last most SHA NUMBER NAME TEXT many message year month",
    ),
    Rule("person_activity", needs="PERSON|EMAIL what DATE", allows="in since until between and from to"),
    Rule(
        "oldest_files",
        needs="files first",
        allows="what which list in project FILE COUNT most add",
        lacks="who when commit change LINE",
    ),
    Rule(
        "untouched_files",
        needs="untouched files",
        allows="what which list in project FILE COUNT most",
        lacks="who when commit how",
    ),
    Rule(
        "unreleased",
        needs="unreleased",
        allows="what which list how many change commit project in add",
        lacks="who when FILE",
    ),
    Rule(
        "unreleased",
        needs="since last tag how|what|which|list|change|commit",
        allows="how many what which list change commit project in make add merges land",
        lacks="who when FILE PERSON TAG DATE authors files",
    ),
    Rule(
        "release_at",
        needs="tag last|current DATE",
        allows="what which in until project at list",
        lacks="who when how since TAG FILE SHA NUMBER commit",
    ),
)
"""In order of precedence."""
