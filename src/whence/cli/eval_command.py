"""whence eval: measure on suites of questions, list them, compare two runs."""

from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whence.cli.options import data_options, index_option, opened, print_json

if TYPE_CHECKING:
    from whence.evaluation.report import Report

FAILED = 1


class DefaultToRun(click.Group):
    """``whence eval SUITE`` means ``whence eval run SUITE``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Like click's, with "run" put in front of what is no command."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group("eval", cls=DefaultToRun, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Measure how well whence searches and answers, on suites of questions with known answers.

    \b
    whence eval list
    whence eval all --suite-data DATA --out reports
    whence eval questions.csv --in requests
    whence eval compare reports-before reports-after --gate

    `whence eval SUITE...` is short for `whence eval run SUITE...`; its options: whence eval run --help.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command("run")
@click.argument("suites", nargs=-1, metavar="SUITE...|all|FILE.csv|FILE.jsonl")
@click.option("-n", "n", metavar="N", type=click.IntRange(1), default=None, help="Questions a suite [default: 500].")
@click.option("--full", is_flag=True, help="All questions of each suite.")
@click.option("--seed", metavar="N", type=click.IntRange(0), default=0, show_default=True, help="Which ones are drawn.")
@click.option("--suite-data", metavar="DIR", type=click.Path(), help="Folder of the data sets [$WHENCE_TEST_DATA].")
@click.option("--repo", "repositories", metavar="NAME=PATH", multiple=True, help="A local repository. Repeatable.")
@click.option(
    "--baseline", "baselines", metavar="NAME", multiple=True, help="Ask a floor, too: bm25, fts5, git-grep. Repeatable."
)
@click.option(
    "--fail-under",
    "floors",
    metavar="METRIC=VALUE",
    multiple=True,
    help="Exit code 1 if a suite with this metric has a lower mean; SUITE:METRIC=VALUE for one suite. Repeatable.",
)
@click.option("--out", metavar="DIR", type=click.Path(), help="Where reports go [default: eval/reports in --data].")
@click.option("--scores-only", is_flag=True, help="Keep no text of questions and documents in the reports.")
@index_option("The index that your own questions, and suites about an index, are asked of.")
@data_options
@click.pass_context
def run(
    ctx: click.Context,
    suites: tuple[str, ...],
    n: int | None,
    full: bool,
    seed: int,
    suite_data: str | None,
    repositories: tuple[str, ...],
    baselines: tuple[str, ...],
    floors: tuple[str, ...],
    out: str | None,
    scores_only: bool,
    name: str | None,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Ask the questions of suites and say how good the answers are.

    A CSV or JSON Lines file of your own has the columns question and answer, and if you like evidence (PATH or
    PATH:FIRST-LAST), category, id. Corpora of suites are indexed once. A run that was ended goes on when it is called
    again. Exit code 1 when a question that must pass fails, a citation does not resolve, or a mean is below
    --fail-under.

    \b
    whence eval squad -n 100 --baseline bm25
    whence eval all --suite-data DATA --repo psf/requests=~/src/requests
    whence eval questions.csv --in requests --fail-under right=0.8
    """
    from whence.cli.evaluations import SYSTEM, missed, print_end, print_reports
    from whence.cli.progress import ProgressDisplay
    from whence.errors import UsageError
    from whence.evaluating.run import DEFAULT_N, FOLDER, Request, evaluate, plan, write_page
    from whence.evaluation.derived import summarized
    from whence.wire import to_json

    if full and n is not None:
        raise UsageError("Ask all questions with --full or some with -n, not both.")
    display = ProgressDisplay(quiet=as_json)
    with opened(data, config, display) as whence, display:
        folder = Path(out) if out else whence.folder.root / FOLDER / "reports"
        request = Request(
            suites=suites,
            out=folder,
            n=0 if full else n or DEFAULT_N,
            seed=seed,
            data=Path(suite_data).expanduser() if suite_data else None,
            repositories=dict(_named_path(pair) for pair in repositories),
            index=name,
            baselines=tuple(dict.fromkeys(baselines)),
            keeps_text=not scores_only,
        )
        limits = [_limit(text) for text in floors]
        planned, left_out = plan(whence, request)
        reports: list[Report] = []
        for report in evaluate(whence, planned, request, display):
            display.stop()
            if as_json:
                print_json({**to_json(report.header), "summary": to_json(summarized(report))})
            reports.append(report)
            if not as_json and len(reports) % (len(request.baselines) + 1) == 0:
                print_reports(reports[-len(request.baselines) - 1 :])
        page = write_page(reports, folder)
    if not as_json:
        print_end(reports, left_out, page, limits)
    own = [summarized(report) for report in reports if report.header.origin.system == SYSTEM]
    broken = any(summary.counts.failed_must_pass or summary.counts.unresolved for summary in own)
    if missed(reports, limits) or broken:
        ctx.exit(FAILED)


@command.command("list")
@click.option("--suite-data", metavar="DIR", type=click.Path(), help="Folder of the data sets [$WHENCE_TEST_DATA].")
@click.option("--repo", "repositories", metavar="NAME=PATH", multiple=True, help="A local repository. Repeatable.")
@index_option("The index that suites about an index are asked of.")
@data_options
def list_suites(
    suite_data: str | None,
    repositories: tuple[str, ...],
    name: str | None,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Say which suites there are, and what each still needs to run here."""
    from whence.cli.evaluations import print_suites
    from whence.evaluating.run import Request, inputs_of
    from whence.evaluation.discovery import suites

    with opened(data, config) as whence:
        request = Request(
            suites=(),
            out=Path(),
            data=Path(suite_data).expanduser() if suite_data else None,
            repositories=dict(_named_path(pair) for pair in repositories),
            index=name,
        )
        inputs = inputs_of(whence, request)
        missing = {suite.name: suite.missing(inputs) for suite in suites().values()}
    if as_json:
        for suite in suites().values():
            print_json({"suite": suite.name, "about": suite.about, "missing": missing[suite.name]})
        return
    print_suites(list(suites().values()), missing)


@command.command("calibrate")
@click.argument("suites", nargs=-1, metavar="[history|FILE.csv|FILE.jsonl]...")
@click.option("-n", "n", metavar="N", type=click.IntRange(1), default=400, show_default=True, help="Questions a suite.")
@click.option("--seed", metavar="N", type=click.IntRange(0), default=0, show_default=True, help="Which ones are drawn.")
@click.option("--reset", is_flag=True, help="Go back to the confidence that ships with whence.")
@index_option("The index whose confidence is fitted.")
@data_options
def calibrate(
    suites: tuple[str, ...],
    n: int,
    seed: int,
    reset: bool,
    name: str | None,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Fit the confidence of an index to questions about it, and when to abstain.

    The questions are made from its own history, or come from files of yours. What the fit brings is measured on
    questions it has not seen; a fit that brings nothing is not kept.

    \b
    whence eval calibrate --in requests
    whence eval calibrate questions.csv --in handbook
    """
    from whence.cli.evaluations import print_calibrated
    from whence.cli.progress import ProgressDisplay
    from whence.evaluating.calibrate import calibrate as fitted
    from whence.evaluating.run import Request
    from whence.wire import to_json

    display = ProgressDisplay(quiet=as_json)
    with opened(data, config, display) as whence, display:
        if reset:
            index = whence.choose(name)
            whence.recalibrate(index, None)
            display.stop()
            click.echo(f"{index} uses the confidence that ships with whence.", err=as_json)
            return
        request = Request(suites=suites or ("history",), out=Path(), n=n, seed=seed, index=name)
        found = fitted(whence, request, display)
        display.stop()
    if as_json:
        print_json(to_json(found))
    else:
        print_calibrated(found)


@command.command("compare")
@click.argument("before", type=click.Path())
@click.argument("after", type=click.Path())
@click.option("--gate", is_flag=True, help="Exit code 1 on a loss that is more than chance, and on new failures.")
@click.option("--slices", is_flag=True, help="Show every slice, not only those that changed by more than chance.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.pass_context
def compare(ctx: click.Context, before: str, after: str, gate: bool, slices: bool, as_json: bool) -> None:
    """Compare two reports, or two folders of reports, question by question.

    Differences are tested by Fisher's randomisation, and corrected for their number after Holm; intervals are 95 %
    bootstrap intervals of the paired difference. Only questions that both reports have are compared.

    \b
    whence eval compare reports/squad.json reports/squad.bm25.json
    whence eval compare reports-before reports-after --gate
    """
    from whence.cli.evaluations import print_comparison
    from whence.evaluation.compare import compared
    from whence.wire import to_json

    first, second = reports_at(Path(before)), reports_at(Path(after))
    comparison = compared(first, second)
    if as_json:
        print_json(to_json(comparison))
    else:
        print_comparison(comparison, all_slices=slices)
    if gate and not comparison.passes:
        ctx.exit(FAILED)


def reports_at(path: Path) -> "dict[str, Report]":
    """The report of a file, or those of a folder, by suite; those of floors by "suite, floor". Raises ``UsageError``.

    Two single files are compared whatever systems they are of, so a file's key is the suite alone.
    """
    from whence.errors import UsageError
    from whence.evaluation.report import read_report

    if not path.exists():
        raise UsageError(f"There is no report {path}: `whence eval SUITE --out DIR` writes one.")
    if path.is_file():
        report = read_report(path)
        return {report.header.suite: report}
    found = [read_report(file) for file in sorted(path.glob("*.json"))]
    if not found:
        raise UsageError(f"There is no report in {path}: `whence eval SUITE --out DIR` writes one.")
    return {_key(report): report for report in found}


def _key(report: "Report") -> str:
    from whence.cli.evaluations import SYSTEM

    system = report.header.origin.system
    return report.header.suite if system == SYSTEM else f"{report.header.suite}, {system}"


def _named_path(text: str) -> tuple[str, Path]:
    from whence.errors import UsageError

    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise UsageError(
            f"--repo {text} names no repository: write NAME=PATH, for example psf/requests=~/src/requests."
        )
    return name, Path(path).expanduser()


def _limit(text: str) -> tuple[str, str, float]:
    """(suite or "", metric, value)"""
    from whence.errors import UsageError

    name, equals, value = text.rpartition("=")
    suite, colon, metric = name.partition(":")
    try:
        number = float(value)
    except ValueError:
        number = nan
    if not equals or not name or isnan(number):
        raise UsageError(f"--fail-under {text} sets no limit: write METRIC=VALUE, for example right=0.8.")
    return (suite, metric, number) if colon else ("", name, number)
