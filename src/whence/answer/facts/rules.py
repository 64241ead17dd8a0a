"""Which concepts make which fact question: the table behind ``parse.py``."""

from typing import Final

from whence.answer.facts.rule import Rule
from whence.answer.facts.rules_of_code import CODE_RULES
from whence.answer.facts.rules_of_people import PEOPLE_RULES

RULES: Final = (
    *PEOPLE_RULES,
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
        "release_of",
        needs="tag NAME which|what|when add|since|first|land",
        allows="in first land publish from to since add project do get commit",
        lacks="many list how",
    ),
    Rule(
        "mentions",
        needs="NUMBER commit|mention|change mention|fix|which|list|what",
        allows="in to by commit change which what list from how issue land add make many who when project",
    ),
    Rule("mentions", needs="NUMBER about commit", allows="which list in project"),
    Rule(
        "mentions",
        needs="NUMBER who|when fix|mention|land",
        allows="in to by commit change from how issue",
    ),
    Rule(
        "commit_details",
        needs="SHA who|when|message|authors|write",
        allows="what which commit write add make change in by from to publish land list say and",
        lacks="tag",
    ),
    Rule(
        "commit_changes",
        needs="SHA what|which|list|files|change",
        allows="change files commit in by from make do add to remove size",
        lacks="tag who when how",
    ),
    Rule("commit_changes", needs="SHA how many files|line change|add|remove", allows="commit in by"),
    Rule("file_renames", needs="FILE where until|previous rename", allows="by to from"),
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
        needs="FILE history",
        allows="list change commit in project what",
    ),
    Rule("commit_details", needs="SHA about", allows="commit list say what"),
    Rule(
        "file_changes",
        needs="FILE what|change|commit|list|which|history change|commit|history since|until|between|from|in DATE|TAG",
        allows="since until between and from to in by files make project",
        lacks="LINE who how when last first most",
    ),
    Rule("file_changes", needs="FILE how change since|between|from DATE|TAG", allows="and to in", lacks="many LINE"),
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
    Rule("file_first_change", needs="FILE since when", allows="in project"),
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
            "project history PERSON EMAIL land"
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
        allows="what in project FILE SUFFIX at to take land",
        lacks="change add remove by most since until who",
    ),
    Rule(
        "count_tags",
        needs="how many tag",
        allows="what in project history make publish since until between and from to DATE do",
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
        needs="PERSON|EMAIL first commit|make when|what|which|first",
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
        needs="last|current tag",
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
        needs="TAG what|change|list|which|commit change|commit|add since",
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
        "release_changes",
        needs="last tag what|which|list change in|to",
        allows="commit add make project",
        lacks="how many FILE SHA NUMBER TAG who when first NAME TEXT most until since DATE PERSON between and from",
    ),
    Rule(
        "tags",
        needs="tag list|what|which|project list|what|which|in",
        allows="in project called list make",
        lacks="how many last first SHA NUMBER FILE NAME TAG change since commit most value fix where when land",
    ),
    *CODE_RULES,
    Rule("introduced", needs="NAME|TEXT first commit mention", allows="in project which what to code"),
    Rule("introduced", needs="NAME|TEXT since when", allows="in project"),
    Rule(
        "introduced",
        needs="NAME|TEXT who|when|which add|write",
        allows="first in by to from commit function line what project change files make which",
        lacks="FILE last remove how where SHA NUMBER tag most signature default LINE implement TAG DATE",
    ),
    Rule(
        "introduced",
        needs="NAME|TEXT who|when|which first",
        allows="in by to from commit function line change project write add files which authors land",
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
