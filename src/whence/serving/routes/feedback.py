"""What people say of answers."""

from fastapi import APIRouter
from starlette.responses import Response

from whence.serving.application import Here, Who
from whence.serving.records import FeedbackReply, FeedbackRequest
from whence.serving.wire_replies import json_reply, to_bytes

router = APIRouter(tags=["feedback"])


@router.post("/feedback", summary="Say whether an answer was right", response_model=FeedbackReply)
async def feedback(said: FeedbackRequest, here: Here, who: Who) -> Response:
    """Stored with the answer when this returns. A second feedback of the same caller replaces the first.

    404 for answers that do not exist for the caller: those of others, and those that were never logged.
    """
    return json_reply(await here.work.glance(lambda: to_bytes(here.logs.take_feedback(who, said))))
