"""The questions a maintainer should look at first, each with what was wanted, what came, and how it was found."""

from collections.abc import Sequence
from html import escape

from whence.evaluation.records import EvalQuestion, Outcome, ShownHit
from whence.evaluation.report import Report

_N = 12
_SHOWN_HITS = 5
_ANSWER_CHARS = 600
_HIT_CHARS = 240


def worst_questions(report: Report) -> str:
    """Those that must pass first, then what broke, then confident wrong replies, then the lowest scores."""
    ranked = ranked_worst(report)
    if not ranked:
        return ""
    shown = "".join(_question(outcome, report) for outcome in ranked[:_N])
    total = f", {_N} of {len(ranked)}" if len(ranked) > _N else ""
    return f"<h3>Not right{total}</h3>{shown}"


def ranked_worst(report: Report) -> list[Outcome]:
    """Every question that was not right, or in suites without such a verdict below the middle, the worst first."""
    first = next((measure for measure in report.header.measures), None)
    sign = -1.0 if first is not None and first.is_lower_better else 1.0

    def score(outcome: Outcome) -> float:
        return sign * outcome.scores.get(first.name, 0.0) if first else 0.0

    wrong = [outcome for outcome in report.outcomes if outcome.error or outcome.is_right is False]
    return sorted(
        wrong,
        key=lambda outcome: (
            not (outcome.must_pass),
            not outcome.error,
            outcome.abstained is True,
            -(outcome.confidence or 0.0),
            score(outcome),
            outcome.id,
        ),
    )


def _question(outcome: Outcome, report: Report) -> str:
    question = outcome.question
    text = question.question if question else outcome.id
    right = outcome.scores.get(report.header.right)
    facts = [
        "must pass" if outcome.must_pass else "",
        "" if outcome.is_answerable else "has no answer",
        "not answered" if outcome.abstained else "",
        f"confidence {outcome.confidence:.2f}" if outcome.confidence is not None else "",
        f"{report.header.right} {right:.2f}" if right is not None else "",
    ]
    told = " · ".join(fact for fact in facts if fact)
    rows = [("id", escape(outcome.id)), ("slices", escape(" · ".join(dict.fromkeys(outcome.slices.values()))))]
    if question is not None:
        rows += _wanted(question)
    if outcome.error:
        rows.append(("error", f'<span class="bad">{escape(outcome.error)}</span>'))
    if outcome.answer:
        rows.append(("reply", f"<blockquote>{escape(_cut(outcome.answer, _ANSWER_CHARS))}</blockquote>"))
    cited = [
        f"{_mark(citation.grade)} <code>{escape(_place(citation.path, citation.start_line, citation.end_line))}</code>"
        for citation in outcome.citations
    ]
    if cited:
        rows.append(("cited", "<br>".join(cited)))
    if outcome.hits:
        rows.append(("found", "".join(_hit(rank, hit) for rank, hit in enumerate(outcome.hits[:_SHOWN_HITS], 1))))
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    return (
        f'<details><summary>{escape(_cut(text, 300))}<span class="faint">{escape(told)}</span></summary>'
        f"<dl>{listed}</dl></details>"
    )


def _wanted(question: EvalQuestion) -> list[tuple[str, str]]:
    rows = []
    if question.answers:
        rows.append(("wanted", "<br>".join(escape(_cut(text, _ANSWER_CHARS)) for text in question.answers[:3])))
    places = [
        f"<code>{escape(_place(gold.path or gold.document_id, gold.start_line, gold.end_line))}</code>"
        for gold in question.golds[:8]
        if gold.path or gold.document_id
    ]
    if places:
        more = f" and {len(question.golds) - 8} more" if len(question.golds) > 8 else ""
        rows.append(("evidence", "<br>".join(places) + more))
    narrowed: Sequence[str] = [*question.paths, *([f"as of {question.as_of}"] if question.as_of else [])]
    if narrowed:
        rows.append(("asked of", escape(", ".join(narrowed))))
    return rows


def _hit(rank: int, hit: ShownHit) -> str:
    legs = ", ".join(f"{name} {place} ({score + 0.0:.3g})" for name, (place, score) in hit.legs.items())
    place = escape(_place(hit.path, hit.start_line, hit.end_line))
    symbol = f" {escape(hit.symbol)}" if hit.symbol else ""
    text = f"<blockquote>{escape(_cut(hit.text, _HIT_CHARS))}</blockquote>" if hit.text else ""
    where = f"{rank}. {_mark(hit.grade)} <code>{place}</code>{symbol}"
    return f'<div>{where} <span class="faint">{escape(legs)}</span>{text}</div>'


def _mark(grade: float) -> str:
    return '<span class="good">gold</span>' if grade > 0 else ""


def _place(path: str, start_line: int, end_line: int) -> str:
    if not start_line:
        return path
    return f"{path}:{start_line}" if end_line in (0, start_line) else f"{path}:{start_line}-{end_line}"


def _cut(text: str, n: int) -> str:
    return text if len(text) <= n else text[:n].rstrip() + " …"
