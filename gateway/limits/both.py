"""Windows in memory and in a server at once: what the server forgets is known here.

A call is let through when both have room for it. So what this process lets through is exact,
whatever becomes of the server: it may be away, come back empty or drop keys, and no process of its
own notices all of that. What is counted here is a part of what is counted there, so a refusal here
is right, and saves the question.
"""

import asyncio
from collections.abc import Sequence

from gateway.limits.policy import Bucket, Ruling
from gateway.limits.shared import PATIENCE, SharedWindows
from gateway.limits.windows import Windows


async def take_in_both(
    windows: Windows, shared: SharedWindows, buckets: Sequence[Bucket], cost: int
) -> Ruling:
    """As `Windows.take`, for all processes; for this one alone while the server is away.

    A call that the server has counted waits for room here, milliseconds, 250 at the most.

    The headers are those of whichever has the least room.
    """
    if not windows.has_room(buckets, cost):
        refusal = windows.take(buckets, cost, count=False)
        if refusal.wait:  # time has gone on, so there may be room by now
            return refusal
    there = await shared.take(buckets, cost)
    if there is None:
        return windows.take(buckets, cost)
    # Asked again, since others were let through meanwhile. A call is a little younger here than
    # there: by the time that it has left the window here, it has left it there too.
    here = windows.take(buckets, cost, count=not there.wait)
    patience = PATIENCE
    while not there.wait and 0 < here.wait <= patience:
        # What leaves the window there leaves this one milliseconds later. To refuse meanwhile
        # would waste a unit, which is counted there already.
        patience -= here.wait
        await asyncio.sleep(here.wait)
        here = windows.take(buckets, cost)
    tighter = there if there.room <= here.room else here
    if here.wait or there.wait:
        wait, lacking = max(here.wait, there.wait), (*here.lacking, *there.lacking)
        return tighter._replace(wait=wait, lacking=lacking)
    return tighter
