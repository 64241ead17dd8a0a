"""Starts the service: one process, or a parent with several workers behind one socket."""

import json
import os
import shutil
import signal
import tempfile
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from whence.errors import UsageError
from whence.interface import Whence
from whence.monitoring.meters import SHARED_FOLDER
from whence.serving.application import ENVIRONMENT, asks_for_keys
from whence.serving.front import logging_settings
from whence.serving.options import ServingOptions
from whence.store.keys import Keys
from whence.store.tables import now

FACTORY = "whence.serving.application:from_environment"


def check_access(whence: Whence, options: ServingOptions) -> None:
    """Raises ``UsageError`` where nobody could come in, as there is no key."""
    if asks_for_keys(options) and not any(key.is_active(now()) for key in Keys(whence.ledger.database).all()):
        raise UsageError(
            f"Whoever calls {options.host} needs a key, and there is none: make one with `whence keys add NAME`."
        )


def serve(data: Path, config: str | None, options: ServingOptions) -> None:
    """Serves until it is asked to end; requests that have begun are ended first. Raises ``UsageError``.

    SIGHUP opens settings, models and indexes anew without dropping a request.
    """
    os.environ[ENVIRONMENT] = json.dumps({"data": str(data), "config": config, "options": asdict(options)})
    settings = uvicorn.Config(
        FACTORY,
        factory=True,
        host=options.host,
        port=options.port,
        workers=options.workers,
        log_config=logging_settings(),
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(options.end_within_s)),
        lifespan="on",
    )
    if options.workers > 1:
        _serve_with_workers(settings, options)
        return
    server = _Server(settings)
    try:
        server.run()
    except SystemExit as error:  # so uvicorn ends where it cannot listen, or the application cannot begin
        raise _cannot(options) from error
    if not server.started:
        raise _cannot(options)


def _serve_with_workers(settings: uvicorn.Config, options: ServingOptions) -> None:
    folder = tempfile.mkdtemp(prefix="whence-meters-")
    os.environ[SHARED_FOLDER] = folder
    try:
        socket = settings.bind_socket()
    except SystemExit as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _cannot(options) from error
    try:
        Multiprocess(settings, sockets=[socket]).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cannot(options: ServingOptions) -> UsageError:
    return UsageError(
        f"Cannot listen on {options.host}:{options.port}: choose another --host or --port; the log above says why."
    )


class _Server(uvicorn.Server):
    """Reloads on SIGHUP, where there is such a signal."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._reload)

    def _reload(self, _number: int, _frame: FrameType | None) -> None:
        from threading import Thread

        app = self.config.loaded_app
        service = _service(app)
        Thread(target=service.reload, name="whence-reload", daemon=True).start()


def _service(app: Any) -> Any:
    """The service behind uvicorn's own layers."""
    while not hasattr(app, "state"):
        app = app.app
    return app.state.application.service
