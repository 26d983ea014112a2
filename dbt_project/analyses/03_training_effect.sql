-- 3. Did training change engagement, as far as the data can tell?
-- One row per outcome, with the finding as a sentence; reason says why the data cannot tell.
-- columns: outcome_label, verdict, reason, missions_trained, change_share, change_share_lower,
--   change_share_upper, sentence
select
    outcome_label,
    verdict,
    reason,
    missions_trained,
    change_share,
    change_share_lower,
    change_share_upper,
    sentence
from training_effect
order by outcome_label
