"""whence why: the commits behind a line, a name, a file or a commit, and the reasons that they give."""

import click

from whence.cli.options import as_of_option, data_options, index_option, opened


def complete_target(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Paths of indexed files for the shell, folder by folder; none where the data folder cannot be read."""
    from whence.errors import WhenceError

    try:
        with opened(ctx.params.get("data"), None, reads=True) as whence:
            return whence.files(incomplete, name=ctx.params.get("name"))
    except WhenceError:
        return []


@click.command("why")
@click.argument("target", metavar="FILE[:LINE[-LINE]] | NAME | COMMIT | #NUMBER", shell_complete=complete_target)
@index_option("Which index to ask (default: that of the folder you are in, else the only one).")
@as_of_option
@data_options
@click.pass_context
def command(
    ctx: click.Context,
    target: str,
    name: str | None,
    as_of: str,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Say why something is as it is: the commits behind it, and the reasons that they give, quoted.

    Lines are followed through moves, copies and new layouts. A reason is looked for in the commit's message, in the
    merge that brought it, in the project's list of changes and in comments; where there is none, that is said. Exit
    code 3 when nothing is called so, or several things are.

    \b
    whence why src/app.py:120
    whence why src/app.py:100-140
    whence why Session.request
    whence why src/app.py::main
    whence why 1a2b3c4
    whence why '#123'
    """
    from whence.cli.answers import give_answer

    with opened(data, config, reads=True) as whence:
        answer = whence.why(target, name=name, as_of=as_of)
        ctx.exit(give_answer(whence, answer, as_json=as_json))
