-- One row per official account that the register's last snapshot holds, with all that its standard is judged by.
with register as (

    select *
    from {{ ref('stg_registry__accounts') }}
    where observed_date = (select max(observed_date) from {{ ref('stg_registry__accounts') }})

),

accounts as (

    select
        versions.account_id,
        versions.mission_id,
        register.observed_date as as_of_date,
        register.platform,
        register.handle as registered_handle,
        register.language,
        register.owners,
        register.is_synthetic
    from {{ ref('dim_account') }} as versions
    inner join register
        on versions.platform = register.platform and versions.handle = register.handle
    where
        versions.is_current
        and versions.is_registered
        and (versions.valid_to_date is null or versions.valid_to_date > register.observed_date)
        and register.registered_from_date <= register.observed_date
        and register.is_official is distinct from false

),

profiles as (

    select *
    from {{ ref('int_account_observations') }}
    qualify row_number() over (partition by account_id order by observed_at desc, batch_id desc) = 1

),

-- Languages that X gives to what has no words are none.
posts as (

    select
        posts.account_id,
        max(posts.posted_date) as last_posted_date,
        count(*) filter (where posts.posted_date > accounts.as_of_date - 90 and posts.spoken is not null)
            as posts_with_language,
        count(*) filter (where posts.posted_date > accounts.as_of_date - 90 and posts.spoken = accounts.language)
            as posts_in_language
    from (
        select
            account_id,
            posted_date,
            case
                when lower(language) not in ('und', 'zxx', 'qme', 'qam', 'qct', 'qht', 'qst', 'art')
                    then lower(split_part(language, '-', 1))
            end as spoken
        from {{ ref('fct_post') }}
        where kind is distinct from 'repost' and deleted_at is null
    ) as posts
    inner join accounts
        on posts.account_id = accounts.account_id
    where posts.posted_date <= accounts.as_of_date
    group by posts.account_id

),

readings as (

    select
        platform || ':' || account_native_id as account_id,
        cast(min(window_start_at) as date) as read_from_date
    from {{ ref('int_platform_timelines') }}
    group by platform, account_native_id

)

select
    accounts.account_id,
    accounts.as_of_date,
    accounts.platform,
    accounts.mission_id,
    missions.kind as mission_kind,
    missions.city as mission_city,
    missions.country as mission_country,
    coalesce(profiles.handle, accounts.registered_handle) as handle,
    profiles.display_name,
    profiles.profile_text,
    profiles.websites,
    profiles.is_verified,
    profiles.has_picture,
    accounts.language,
    posts.posts_with_language,
    posts.posts_in_language,
    accounts.owners,
    posts.last_posted_date,
    accounts.as_of_date - posts.last_posted_date as days_silent,
    -- Where no post is known, the account was silent at least since it was first read.
    accounts.as_of_date - coalesce(posts.last_posted_date, readings.read_from_date) as days_silent_at_least,
    case
        when accounts.mission_id != 'unassigned'
            then count(*) over (partition by accounts.mission_id, accounts.platform)
    end as accounts_of_mission,
    accounts.is_synthetic
from accounts
left join {{ ref('dim_mission') }} as missions
    on accounts.mission_id = missions.mission_id
left join profiles
    on accounts.account_id = profiles.account_id
left join posts
    on accounts.account_id = posts.account_id
left join readings
    on accounts.account_id = readings.account_id
