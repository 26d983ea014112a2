-- What a hosted model wrote stands where every number of it is one of the brief's; otherwise the template's text does.
with briefs as (

    select * from {{ ref('int_weekly_brief') }}

)

select
    briefs.region,
    briefs.week_start_date,
    cast({{ dbt.dateadd('day', 6, 'briefs.week_start_date') }} as date) as week_end_date,
    briefs.region || ', ' || strftime(briefs.week_start_date, 'week %V of %G') as title,
    coalesce(hosted.text, briefs.template_text) as text,
    coalesce(hosted.model, 'template') as written_by,
    hosted.refused,
    briefs.best_post_id,
    briefs.best_mission,
    briefs.is_complete,
    briefs.is_synthetic
from briefs
left join {{ ref('int_hosted_brief') }} as hosted
    on {{ text_hash('briefs.template_text') }} = hosted.template_hash
