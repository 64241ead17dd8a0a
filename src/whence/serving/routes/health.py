"""Whether the service lives, whether it can answer, and its meters."""

from fastapi import APIRouter
from starlette.responses import Response

from whence.monitoring.meters import CONTENT_TYPE
from whence.serving.application import Here
from whence.serving.problems import Kind, Problem
from whence.serving.records import Health

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether the process lives")
async def healthz() -> Health:
    """Asks nothing else, so it answers while everything is busy."""
    return Health(status="ok")


@router.get("/readyz", summary="Whether questions can be answered at once")
async def readyz(here: Here) -> Health:
    """503 while models are being loaded, or the database cannot be reached."""
    if not here.service.is_warm:
        kind = Kind(503, "starting", "The service is starting")
        raise Problem(kind, "Models and indexes are being opened.", {"Retry-After": "1"})
    await here.work.glance(here.service.whence.ledger.index_names)
    return Health(status="ready")


@router.get("/metrics", summary="Meters for Prometheus", response_class=Response)
async def metrics(here: Here) -> Response:
    """Text in the format of Prometheus 0.0.4."""

    def told() -> bytes:
        ledger = here.service.whence.ledger
        for name in ledger.index_names():
            moments = [row.fetched_at for row in ledger.sources(name) if row.fetched_at]
            here.meters.observe_freshness({name: min(moments, default=None)})
            snapshot = ledger.snapshot(name)
            here.meters.snapshot.labels(name).set(snapshot.id if snapshot else 0)
        here.meters.observe_process()
        return here.meters.exposition()

    return Response(await here.work.glance(told), media_type=CONTENT_TYPE)
