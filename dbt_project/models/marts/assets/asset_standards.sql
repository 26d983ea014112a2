-- Each official account against each rule of the ministry's standard.
with asked as (

    select
        assets.*,
        standards.rule,
        standards.weight,
        standards.fix,
        case standards.rule
            when 'name'
                then replace(
                    replace(
                        replace(
                            standards.parameter, '{kind}', regexp_escape(replace(assets.mission_kind, '_', ' '))
                        ),
                        '{city}', regexp_escape(assets.mission_city)
                    ),
                    '{country}', regexp_escape(assets.mission_country)
                )
            when 'handle'
                then replace(
                    replace(
                        replace(standards.parameter, '{kind}', {{ squeezed('assets.mission_kind') }}),
                        '{city}', {{ squeezed('assets.mission_city') }}
                    ),
                    '{country}', {{ squeezed('assets.mission_country') }}
                )
            else standards.parameter
        end as expected
    from {{ ref('int_assets') }} as assets
    cross join {{ ref('asset_rules') }} as standards

),

judged as (

    select
        *,
        case rule
            when 'name' then regexp_matches(display_name, expected, 'i')
            when 'handle' then regexp_matches({{ squeezed(own_part('platform', 'handle')) }}, expected, 'i')
            when 'verified' then is_verified
            -- The domain itself or one below it: not an address that merely holds its letters.
            when 'website'
                then regexp_matches(
                    websites,
                    '(^|\s)([a-z]+://)?([^/\s?#@:]+\.)?('
                    || array_to_string(
                        list_transform(string_split(expected, ' '), lambda part: regexp_escape(part)), '|'
                    )
                    || ')(:[0-9]+)?([/?#\s]|$)',
                    'i'
                )
            when 'profile_text' then length(trim(profile_text)) >= try_cast(expected as integer)
            when 'picture' then has_picture
            when 'language'
                then case
                    when language is not null and posts_with_language > 0
                        then posts_in_language / posts_with_language >= try_cast(expected as double)
                end
            when 'two_owners' then owners >= try_cast(expected as integer)
            when 'recent_post'
                then case
                    when days_silent is not null then days_silent <= try_cast(expected as integer)
                    when days_silent_at_least > try_cast(expected as integer) then false
                end
            when 'unique' then accounts_of_mission <= try_cast(expected as integer)
        end as is_met,
        case rule
            when 'name' then display_name
            when 'handle' then handle
            when 'verified' then case when is_verified then 'verified' when not is_verified then 'not verified' end
            when 'website' then websites
            when 'profile_text' then length(trim(profile_text)) || ' characters'
            when 'picture' then case when has_picture then 'a picture' when not has_picture then 'no picture' end
            when 'language' then posts_in_language || ' of ' || posts_with_language || ' posts in ' || language
            when 'two_owners' then cast(owners as varchar)
            when 'recent_post'
                then coalesce(
                    'last post ' || last_posted_date || ', ' || days_silent || ' days ago',
                    'no post in ' || days_silent_at_least || ' days'
                )
            when 'unique' then cast(accounts_of_mission as varchar)
        end as found
    from asked

)

select
    account_id,
    rule,
    as_of_date,
    platform,
    handle,
    mission_id,
    cast(weight as double) as weight,
    expected,
    is_met,
    found,
    case when not is_met then replace(fix, '{expected}', coalesce(expected, '')) end as fix,
    is_synthetic
from judged
