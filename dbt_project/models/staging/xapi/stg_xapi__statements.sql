-- Actors are personal data: this view stays in the restricted schema and is never published.
{{ config(schema='restricted') }}

with source as (

    {{ landed('xapi', 'statements') }}

),

renamed as (

    select
        id as statement_id,
        stored as stored_at,
        "timestamp" as happened_at,
        verb,
        verb_id,
        verb in (
            'registered', 'attended', 'initialized', 'launched', 'terminated', 'completed', 'passed', 'failed',
            'scored', 'voided'
        ) as is_about_training,
        -- xAPI identifies a person by exactly one of these.
        case
            when actor_mbox is not null then lower(actor_mbox)
            when actor_mbox_sha1sum is not null then 'sha1:' || lower(actor_mbox_sha1sum)
            when actor_openid is not null then actor_openid
            when actor_account_name is not null
                then coalesce(actor_account_home_page, '') || '|' || actor_account_name
        end as actor,
        actor_account_name,
        actor_name,
        object_id,
        object_name,
        coalesce(object_type, 'Activity') as object_type,
        context_parent_id as parent_object_id,
        context_registration as registration_id,
        context_platform as learning_platform,
        100 * coalesce(
            result_score_scaled,
            case
                when result_score_max > coalesce(result_score_min, 0)
                    then
                        (result_score_raw - coalesce(result_score_min, 0))
                        / (result_score_max - coalesce(result_score_min, 0))
            end
        ) as score_percent,
        result_score_raw as score_raw,
        result_score_min as score_min,
        result_score_max as score_max,
        result_success as is_success,
        result_completion as is_completion,
        -- Hundredths, which xAPI allows, are cut off; of months and years nobody can tell the seconds.
        case
            when
                regexp_full_match(
                    result_duration,
                    'P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+([.,][0-9]+)?S)?)?'
                )
                then {{ seconds_of_duration("regexp_replace(result_duration, '[.,][0-9]+S', 'S')") }}
        end as duration_seconds,
        statement_ref_id as voided_statement_id,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select
    *,
    {{ person_key('xapi', 'actor', name='actor_name') }} as person_as_written
from renamed
