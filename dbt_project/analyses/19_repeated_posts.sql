-- 19. Which posts were repeated by other accounts?
-- One row per wave of the same text or link, the widest first.
-- columns: first_post_id, matched_by, matched_value, first_posted_at, last_posted_at, posts_in_wave,
--   accounts_in_wave, platforms_in_wave
select
    first_post_id,
    matched_by,
    matched_value,
    min(posted_at) as first_posted_at,
    max(posted_at) as last_posted_at,
    max(posts_in_wave) as posts_in_wave,
    max(accounts_in_wave) as accounts_in_wave,
    max(platforms_in_wave) as platforms_in_wave
from cross_posts
group by first_post_id, matched_by, matched_value
order by accounts_in_wave desc, posts_in_wave desc, first_post_id asc
