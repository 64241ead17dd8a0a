"""Plots as SVG: bars with intervals, reliability, risk against coverage, times. Text is text, colours are classes.

Each returns one ``<svg>`` element whose colours come from the style sheet around it; ``standalone`` makes a file of it.
Coordinates are in pixels of a drawing 760 (bars) or 300 wide, which the page scales down where it is narrower.
"""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from math import ceil, floor, log10

from whence.evaluation.derived import Value
from whence.metrics.reliability import ReliabilityBin

N_COLOURS = 4
_WIDE, _SQUARE = 760, 300
_BAR, _GAP = 13, 12
_LEFT, _RIGHT, _LETTER = 210, 56, 6.3
_BINS = 8
"""Bins of times to a power of ten."""


def bars(rows: Sequence[tuple[str, Sequence[Value | None]]], systems: Sequence[str], title: str) -> str:
    """A group of bars for each (label, value of each system), from 0 to 1, whiskers for the 95 % intervals."""
    step = _BAR * len(systems) + _GAP
    height = 34 + step * len(rows)
    left = max([_LEFT, *(round(_LETTER * len(label)) + 12 for label, _ in rows)])
    span = _WIDE - left - _RIGHT
    parts = [_grid_x(share, left + share * span, 22, height - 6) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    for row, (label, values) in enumerate(rows):
        top = 26 + row * step
        parts.append(_text(left - 8, top + step / 2 - 2, label, anchor="end"))
        for place, value in enumerate(values):
            if value is None:
                continue
            y = top + place * _BAR
            width = max(value.mean * span, 1)
            told = f"{label}, {systems[place]}: {value.mean:.3f} [{value.low:.3f}, {value.high:.3f}], n = {value.n}"
            parts.append(
                f"<g><title>{escape(told)}</title>"
                f'<rect class="c{place % N_COLOURS}" x="{left}" y="{y}" '
                f'width="{width:.1f}" height="{_BAR - 3}" rx="2"/>'
                + _whisker(left + value.low * span, left + value.high * span, y + (_BAR - 3) / 2)
                + _text(left + value.high * span + 6, y + _BAR - 4, f"{value.mean:.3f}", kind="value")
                + "</g>"
            )
    return f'<div class="scroll wide">{_svg(_WIDE, height, title, parts)}</div>'


def reliability_curve(bins: Sequence[ReliabilityBin], title: str) -> str:
    """Share of right answers against stated confidence; the area of a point grows with how many answers it stands for.

    A point below the diagonal was too sure.
    """
    most = max((one.n for one in bins), default=1)
    points = [(one.mean_confidence, one.share_right) for one in bins]
    dots = [
        f'<circle class="c0" cx="{_x(one.mean_confidence):.1f}" cy="{_y(one.share_right):.1f}" '
        f'r="{3 + 7 * (one.n / most) ** 0.5:.1f}"><title>confidence {one.mean_confidence:.2f}, right '
        f"{one.share_right:.2f}, n = {one.n}</title></circle>"
        for one in bins
    ]
    ideal = f'<path class="ideal" d="M{_x(0):.0f} {_y(0):.0f}L{_x(1):.0f} {_y(1):.0f}"/>'
    return _svg(_SQUARE, _SQUARE, title, [*_axes("confidence", "share right"), ideal, _line(points, 0), *dots])


def risk_coverage_curve(curves: Sequence[tuple[str, Sequence[tuple[float, float]]]], title: str) -> str:
    """Share of wrong answers against the share of questions answered, most confident first; lower is better."""
    lines = [_line(points, place) for place, (_, points) in enumerate(curves) if points]
    return _svg(_SQUARE, _SQUARE, title, [*_axes("questions answered", "share wrong"), *lines])


def histogram(times_ms: Sequence[float], title: str) -> str:
    """How often which time, over equal bins of a logarithmic scale: both the middle and the tail can be seen."""
    positive = [max(value, 0.1) for value in times_ms]
    low, high = floor(log10(min(positive)) * _BINS), ceil(log10(max(positive)) * _BINS + 1e-9)
    high = max(high, low + 1)
    counts = [0] * (high - low)
    for value in positive:
        counts[min(max(floor(log10(value) * _BINS) - low, 0), len(counts) - 1)] += 1
    most, span = max(counts), (_x(1) - _x(0)) / len(counts)
    parts = [
        f'<rect class="c0" x="{_x(0) + place * span + 0.5:.1f}" y="{_y(n / most):.1f}" width="{max(span - 1, 1):.1f}" '
        f'height="{_y(0) - _y(n / most):.1f}"><title>{_ms(10 ** ((low + place) / _BINS))} to '
        f"{_ms(10 ** ((low + place + 1) / _BINS))}: {n}</title></rect>"
        for place, n in enumerate(counts)
        if n
    ]
    step = ceil(len(counts) / 4)
    for place in range(0, len(counts) + 1, step):
        parts.append(
            _text(_x(0) + place * span, _y(0) + 16, _ms(10 ** ((low + place) / _BINS)), anchor="middle", kind="tick")
        )
    parts.append(_text(_x(0.5), _SQUARE - 8, "time of a question", anchor="middle", kind="tick"))
    parts.append(_text(_x(0) - 6, _y(1) + 4, str(most), anchor="end", kind="tick"))
    frame = f'<path class="axis" d="M{_x(0):.0f} {_y(1):.0f}V{_y(0):.0f}H{_x(1):.0f}"/>'
    return _svg(_SQUARE, _SQUARE, title, [*parts, frame])


def standalone(svg: str) -> str:
    """The drawing as a file of its own, with the style sheet's colours in it."""
    sheet = files(__package__).joinpath("plots.css").read_text(encoding="utf-8")
    svg = svg.removeprefix('<div class="scroll wide">').removesuffix("</div>")
    head, rest = svg.split(">", 1)
    return f'{head} xmlns="http://www.w3.org/2000/svg"><style>{sheet}</style>{rest}\n'


def legend(systems: Sequence[str]) -> str:
    """Names beside their colours, as HTML."""
    marks = (f'<span><i class="c{n % N_COLOURS}"></i>{escape(name)}</span>' for n, name in enumerate(systems))
    return f'<p class="legend">{"".join(marks)}</p>'


def _x(share: float) -> float:
    return 46 + share * (_SQUARE - 46 - 14)


def _y(share: float) -> float:
    return _SQUARE - 44 - share * (_SQUARE - 44 - 14)


def _axes(across: str, up: str) -> Iterable[str]:
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        both = f"M{_x(share):.0f} {_y(0):.0f}V{_y(1):.0f}M{_x(0):.0f} {_y(share):.0f}H{_x(1):.0f}"
        yield f'<path class="grid" d="{both}"/>'
        label = f"{share:g}"
        yield _text(_x(share), _y(0) + 16, label, anchor="middle", kind="tick")
        yield _text(_x(0) - 6, _y(share) + 4, label, anchor="end", kind="tick")
    yield _text(_x(0.5), _SQUARE - 8, across, anchor="middle", kind="tick")
    middle = _y(0.5)
    yield f'<g transform="rotate(-90 12 {middle:.0f})">{_text(12, middle, up, anchor="middle", kind="tick")}</g>'


def _grid_x(share: float, x: float, top: float, bottom: float) -> str:
    return f'<path class="grid" d="M{x:.1f} {top}V{bottom}"/>' + _text(
        x, 14, f"{share:g}", anchor="middle", kind="tick"
    )


def _whisker(low: float, high: float, y: float) -> str:
    ends = f"M{low:.1f} {y - 3:.1f}v6M{high:.1f} {y - 3:.1f}v6"
    return f'<path class="whisker" d="M{low:.1f} {y:.1f}H{high:.1f}{ends}"/>'


def _line(points: Sequence[tuple[float, float]], place: int) -> str:
    if not points:
        return ""
    path = "L".join(f"{_x(across):.1f} {_y(up):.1f}" for across, up in points)
    return f'<path class="line s{place % N_COLOURS}" d="M{path}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", kind: str = "label") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def _ms(value: float) -> str:
    if value >= 1000:
        return f"{value / 1000:.2g} s"
    return f"{value:.2g} ms" if value < 10 else f"{value:.0f} ms"
