-- 11. Which handles look like ours and stand in no register?
-- One row per platform, handle and registered account that it resembles, the nearest first.
-- columns: platform, handle, resembled_handle, mission_id, edits, evidence, posts, last_posted_date
select
    platform,
    handle,
    resembled_handle,
    mission_id,
    edits,
    evidence,
    posts,
    last_posted_date
from unregistered_lookalikes
order by edits, platform, handle
