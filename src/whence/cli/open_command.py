"""whence open: the passage behind a citation, as it was at the cited revision."""

import click

from whence.cli.options import as_of_option, data_options, index_option, opened, print_json


@click.command("open")
@click.argument("which", default="1", metavar="[N | PATH[:LINE[-LINE]]]")
@index_option("Index of PATH (default: that of the folder you are in, else the only one).")
@as_of_option
@click.option("--web", is_flag=True, help="Open the page of the citation in a browser instead.")
@data_options
def command(
    which: str, name: str | None, as_of: str, web: bool, data: str | None, config: str | None, as_json: bool
) -> None:
    """Show citation N of the last answer, or lines of an indexed file, with the lines around it.

    The text is read at the cited revision from whence's own copy, whatever the working tree holds now.

    \b
    whence open 2
    whence open src/requests/sessions.py:154-170
    whence open requests/sessions.py:154 --as-of v2.0
    """
    from whence.cli.passage import find_citation, open_page, passage_text, show_passage
    from whence.wire import to_json

    with opened(data, config, reads=True) as whence:
        if web:
            open_page(find_citation(whence, which, name, as_of)[1])
        elif as_json:
            _, citation = find_citation(whence, which, name, as_of)
            print_json({**to_json(citation), "text": passage_text(whence, citation)})
        else:
            show_passage(whence, which, name=name, as_of=as_of)
