"""Which concepts make which fact question: the table behind ``parse.py``."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from whence.answer.facts.query import FactKind


@dataclass(frozen=True, kw_only=False)
class Rule:
    """``needs`` are groups of alternatives ("a|b c": a or b, and c); ``allows`` may be there, ``lacks`` must not."""

    kind: FactKind
    needs: str
    allows: str = ""
    lacks: str = ""
    merges: bool | None = None

    @cached_property
    def _groups(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(group.split("|")) for group in self.needs.split())

    @cached_property
    def _allowed(self) -> frozenset[str]:
        return frozenset(self.allows.split()).union(*self._groups)

    @cached_property
    def _lacking(self) -> frozenset[str]:
        return frozenset(self.lacks.split())

    def fits(self, concepts: frozenset[str]) -> bool:
        """Whether a question with exactly these concepts asks for this."""
        return (
            concepts <= self._allowed
            and not self._lacking & concepts
            and all(group & concepts for group in self._groups)
        )


RULES: Final = (
    Rule(
        "line_author",
        needs="who|when|which|blame|commit|last FILE LINE",
        allows="write add change last first line commit in by to what from make responsible blame authors find",
    ),
    Rule(
        "release_of",
        needs="tag SHA|NUMBER",
        allows=("which what when in first land publish commit fix issue by from how to add since earliest find change"),
        lacks="many list",
    ),
    Rule(
        "mentions",
        needs="NUMBER commit|mention|change mention|fix|which|list|what",
        allows="in to by commit change which what list from how issue land add make many who when project",
    ),
    Rule(
        "mentions",
        needs="NUMBER who|when fix|mention|land",
        allows="in to by commit change from how issue",
    ),
    Rule(
        "commit_details",
        needs="SHA who|when|message",
        allows="what which commit write add make change in by from to publish land",
        lacks="tag",
    ),
    Rule(
        "commit_changes",
        needs="SHA what|which|list|files|change",
        allows="change files commit in by from make do add to remove",
        lacks="tag who when how",
    ),
    Rule(
        "file_renames",
        needs="FILE rename|called rename|previous|history|until",
        allows=(
            "who when which what in to from by commit how history rename called previous many times first last list"
        ),
        lacks="many since DATE LINE where",
    ),
    Rule(
        "file_removal",
        needs="FILE who|when|which|commit remove",
        allows="in by from to commit what project last change make files",
        lacks="LINE how",
    ),
    Rule(
        "file_changes",
        needs="FILE what|change|commit|list|which change|commit|history since|until|between|from|in DATE|TAG",
        allows="since until between and from to in by files make project",
        lacks="LINE who how when last first most",
    ),
    Rule(
        "file_last_change",
        needs="FILE last who|when|which|what|commit|change|write|authors",
        allows="change add write commit by in from to make what authors last list responsible",
        lacks="LINE first remove rename how where most many",
    ),
    Rule(
        "file_last_change",
        needs="FILE when change",
        allows="in by from to",
        lacks="LINE first remove rename how where most many who",
    ),
    Rule(
        "file_first_change",
        needs="FILE first|add who|when|which|commit",
        allows="first add change write commit by in from to make project what authors list responsible files",
        lacks="LINE last remove rename how where most many since until DATE TAG",
    ),
    Rule(
        "file_authors",
        needs="FILE who|authors|list write|authors|change|commit|responsible",
        allows="who what which list by in to from make write authors change commit responsible",
        lacks="LINE last first most how when where remove rename many since until",
    ),
    Rule(
        "count_commits",
        needs="how many times FILE change|commit",
        allows="what in by project since until between and from to DATE TAG",
        lacks="most LINE first last authors who",
    ),
    Rule(
        "count_commits",
        needs="how many commit|change",
        allows="what FILE in by to from make change commit files project history PERSON EMAIL write",
        lacks="most LINE first last tag authors who",
    ),
    Rule(
        "count_commits",
        needs="how many commit|change",
        allows=(
            "what since until between and from to in DATE TAG FILE make change by write commit "
            "project history PERSON EMAIL"
        ),
        lacks="most LINE first last authors files who",
    ),
    Rule(
        "count_commits",
        needs="how many merges",
        allows="what commit in project history from to since until DATE between and make TAG",
        lacks="most who",
        merges=True,
    ),
    Rule(
        "count_authors",
        needs="how many authors",
        allows=(
            "what in to FILE project make commit since until between and from DATE TAG change write by add history who"
        ),
        lacks="most LINE",
    ),
    Rule(
        "count_files",
        needs="how many files",
        allows="what in project FILE at to take",
        lacks="change add remove by most since until who",
    ),
    Rule(
        "count_tags",
        needs="how many tag",
        allows="what in project history make publish",
        lacks="SHA NUMBER",
    ),
    Rule(
        "top_authors",
        needs="most who|authors|active|make change|commit|active|make|authors|write",
        allows=(
            "who what which list authors active change commit make write in by to project FILE COUNT "
            "since until from between and DATE history responsible"
        ),
        lacks="how SHA NUMBER last first tag files",
    ),
    Rule(
        "top_files",
        needs="most files change|commit|active|make",
        allows="what which list active commit in project FILE COUNT by history make change",
        lacks="how SHA NUMBER last first who authors tag since until DATE",
    ),
    Rule(
        "first_commit",
        needs="first commit who|when|what|which|by|commit",
        allows="in to project make history change add from by who when what which PERSON EMAIL write message",
        lacks="last FILE how many SHA NUMBER tag most remove",
    ),
    Rule(
        "last_commit",
        needs="last commit who|when|what|which|by|commit",
        allows="in to project make history from by who when what which PERSON EMAIL write message change",
        lacks="first FILE how many SHA NUMBER tag most remove",
    ),
    Rule(
        "first_commit",
        needs="first who|when commit|add project",
        allows="in to make history by what which",
        lacks="last FILE how many SHA NUMBER tag most",
    ),
    Rule(
        "first_commit",
        needs="PERSON|EMAIL first commit when|what|which|first",
        allows="in to project make change",
        lacks="last FILE how many SHA NUMBER tag most",
    ),
    Rule(
        "last_commit",
        needs="PERSON|EMAIL last commit when|what|which|last",
        allows="in to project make change",
        lacks="first FILE how many SHA NUMBER tag most",
    ),
    Rule(
        "first_commit",
        needs="who|when project add",
    ),
    Rule(
        "last_commit",
        needs="when|who project last change",
    ),
    Rule(
        "last_tag",
        needs="last tag",
        allows="what which when is in project make publish who called value list",
        lacks="how many SHA NUMBER FILE commit first since",
    ),
    Rule(
        "tag_date",
        needs="TAG when|who tag|publish|make|add|land|land",
        allows="when tag publish make add in land who by",
        lacks="how SHA NUMBER FILE NAME DATE commit",
    ),
    Rule(
        "tag_date",
        needs="TAG which|what|commit commit tag|in|to|commit",
        allows="to in tag make which what",
        lacks=(
            "how SHA NUMBER FILE NAME change from since between who when land first last mention fix list and until"
        ),
    ),
    Rule(
        "changes_since",
        needs="TAG what|change|list|which|commit change|commit since",
        allows="in what which list add remove make files project by",
        lacks="how FILE SHA NUMBER who when first last NAME most until DATE to and between from",
    ),
    Rule(
        "release_changes",
        needs="TAG what|change|list|which|commit change|commit",
        allows="between and from to in tag what which list add remove make files project by",
        lacks="how FILE SHA NUMBER who when first last NAME most until DATE",
    ),
    Rule(
        "tags",
        needs="tag list|what|which|project list|what|which|in",
        allows="in project called list make",
        lacks="how many last first SHA NUMBER FILE NAME TAG change since commit most value fix where when land",
    ),
    Rule(
        "default_value",
        needs="default NAME",
        allows="what which value of in signature function take by to for list",
        lacks="who when how FILE SHA",
    ),
    Rule(
        "signature",
        needs="NAME signature|take signature|what|which",
        allows="what which list in take function value of by to",
        lacks="who when how where SHA default change write add",
    ),
    Rule(
        "definition",
        needs="NAME where|which|what|line|define define|implement",
        allows="in files line function at project which what where find",
        lacks="who when how FILE SHA NUMBER default signature first last change commit TAG DATE",
    ),
    Rule(
        "parameter_added",
        needs="NAME add who|when|which|commit to|signature",
        allows="first in by to from commit function signature what change make",
        lacks="TEXT",
    ),
    Rule(
        "introduced",
        needs="NAME|TEXT who|when|which add|write",
        allows="first in by to from commit function line what project change files make which",
        lacks="FILE last remove how where SHA NUMBER tag most signature default LINE implement TAG DATE",
    ),
    Rule(
        "introduced",
        needs="NAME|TEXT who|when|which first",
        allows="in by to from commit function line change project write add files which",
        lacks="FILE last remove how where SHA NUMBER tag most signature default LINE TAG DATE",
    ),
    Rule(
        "removed",
        needs="NAME|TEXT who|when|which remove",
        allows="in by to from commit function line what project last change files which",
        lacks="FILE first add how where SHA NUMBER tag most signature default LINE TAG DATE",
    ),
)
"""In order of precedence."""
