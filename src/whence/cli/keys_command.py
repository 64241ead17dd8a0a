"""whence keys: who may call the service."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from whence.cli.options import data_options, opened, print_json

if TYPE_CHECKING:
    from whence.store.keys import Key

_UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "y": 365.0}


@click.group("keys")
def command() -> None:
    """Make, list and revoke the keys of the service.

    \b
    whence keys add website --role reader --in handbook --expires 90d
    whence keys list
    whence keys revoke website
    """


@command.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["reader", "editor", "admin"]),
    default="reader",
    show_default=True,
    help="Readers ask; editors also put and delete documents; admins also see all logs.",
)
@click.option(
    "--in",
    "grants",
    metavar="INDEX[/SOURCE]",
    multiple=True,
    help="Only this index, or only this source of it (its id, as `whence status --json` says). Repeatable.",
)
@click.option("--expires", metavar="TIME", help="After 12h, 90d, 4w or 1y, or on a day like 2030-01-31.")
@click.option("--rate", type=click.IntRange(1), metavar="N", help="At most N requests a minute.")
@data_options
def add(
    name: str,
    role: Any,
    grants: tuple[str, ...],
    expires: str | None,
    rate: int | None,
    data: str | None,
    config: str | None,
    as_json: bool,
) -> None:
    """Make a key and print it, once."""
    from whence.store.audit import AuditEntry, AuditLog
    from whence.store.keys import Keys

    expires_at = _moment(expires) if expires else None
    with opened(data, config) as whence:
        for grant in grants:
            _check_grant(whence.ledger, grant)
        database = whence.ledger.database
        key, text = Keys(database).add(name, role, grants=grants, expires_at=expires_at, rate_per_minute=rate)
        AuditLog(database).add(AuditEntry(caller="", action="add key", outcome="done", target=f"{key.id} {key.name}"))
    if as_json:
        print_json({**_record(key), "key": text})
    else:
        click.echo(text)
        click.echo("This is the only time the key is shown. Send it as: Authorization: Bearer KEY", err=True)


@command.command("list")
@data_options
def list_keys(data: str | None, config: str | None, as_json: bool) -> None:
    """List all keys, without their secrets."""
    from whence.store.keys import Keys
    from whence.store.tables import now

    with opened(data, config, reads=True) as whence:
        keys = Keys(whence.ledger.database).all()
    if as_json:
        print_json([_record(key) for key in keys])
        return
    if not keys:
        click.echo("There are no keys: whence keys add NAME makes one.")
    for key in keys:
        state = "active" if key.is_active(now()) else "revoked" if key.revoked_at else "expired"
        until = f" until {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else ""
        rate = f"  {key.rate_per_minute}/min" if key.rate_per_minute else ""
        click.echo(
            f"{key.id}  {key.role:<6}  {state}{until}  {key.name}  {', '.join(key.grants) or 'everything'}{rate}"
        )


@command.command("revoke")
@click.argument("name")
@data_options
def revoke(name: str, data: str | None, config: str | None, as_json: bool) -> None:
    """Make a key, given by its name or id, useless within a second."""
    from whence.store.audit import AuditEntry, AuditLog
    from whence.store.keys import Keys

    with opened(data, config, reads=True) as whence:
        database = whence.ledger.database
        key = Keys(database).revoke(name)
        AuditLog(database).add(
            AuditEntry(caller="", action="revoke key", outcome="done", target=f"{key.id} {key.name}")
        )
    if as_json:
        print_json({"revoked": key.id, "name": key.name})
    else:
        click.echo(f"Revoked {key.name} ({key.id}).")


def _check_grant(ledger: Any, grant: str) -> None:
    from whence.errors import UsageError

    index, _, source = grant.partition("/")
    ledger.require(index)
    ids = [row.id for row in ledger.sources(index)]
    if source and source not in ids:
        raise UsageError(f"There is no source {source!r} in {index}; there are: {', '.join(ids)}.")


def _moment(text: str) -> datetime:
    """When a key ends: after a span, or at the end of a day (UTC). Raises ``UsageError``."""
    from datetime import UTC

    from whence.errors import UsageError

    try:
        if text[-1:] in _UNITS:
            return datetime.now(UTC) + timedelta(days=float(text[:-1]) * _UNITS[text[-1]])
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is no time: write 12h, 90d, 4w, 1y, or a day like 2030-01-31.") from error
    if len(text) == len("2030-01-31"):
        moment += timedelta(days=1)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _record(key: "Key") -> dict[str, Any]:
    from whence.wire import to_json

    record: dict[str, Any] = to_json(key)
    return record
