with alerts as (

    select
        alerts.*,
        alerts.kind || ':' || alerts.subject_id || ':' || alerts.alert_date as alert_id,
        -- A day that no night has told of yet, as of a post made just after midnight, has no row of the account.
        coalesce(days.mission_id, accounts.mission_id) as mission_id,
        accounts.platform,
        coalesce(days.is_synthetic, accounts.is_synthetic) as is_synthetic,
        '@' || accounts.handle || ' on ' || accounts.platform as account,
        case
            when alerts.from_date < alerts.alert_date
                then
                    'From ' || strftime(alerts.from_date, '%-d %B') || ' to '
                    || strftime(alerts.alert_date, '%-d %B %Y')
            else 'On ' || strftime(alerts.alert_date, '%-d %B %Y')
        end as in_time
    from {{ ref('int_alerts') }} as alerts
    left join {{ ref('fct_account_daily') }} as days
        on alerts.account_id = days.account_id and alerts.alert_date = days.activity_date
    left join {{ ref('dim_account') }} as accounts
        on alerts.account_id = accounts.account_id and accounts.is_current

),

in_words as (

    select
        *,
        case
            when metric = 'reply_share' then {{ percent('observed') }}
            else {{ whole('observed') }}
        end as came,
        case
            when metric = 'reply_share'
                then
                    {{ percent('expected') }}
                    || ' (' || {{ percent('expected_low') }} || ' to ' || {{ percent('expected_high') }} || ')'
            else
                {{ whole('expected') }}
                || coalesce(' (' || {{ whole('expected_low') }} || ' to ' || {{ whole('expected_high') }} || ')', '')
        end as due
    from alerts

)

select
    alert_id,
    alert_date,
    from_date,
    kind,
    severity,
    mission_id,
    account_id,
    platform,
    post_id,
    metric,
    observed,
    expected,
    expected_low,
    expected_high,
    strength,
    in_time || ' ' || case kind
        when 'post_spreading'
            then
                'a post of ' || account || ' had drawn ' || came || ' engagements where ' || due
                || ' were to be expected at its age.'
        when 'silence'
            then account || ' posted nothing where about ' || due || ' posts were to be expected.'
        when 'follower_loss'
            then account || ' came down to ' || came || ' followers where ' || due || ' were to be expected.'
        when 'reply_share_high'
            then
                came || ' of the engagements that ' || account || ' gained were replies, where ' || due
                || ' were to be expected.'
        when 'near_identical_wave'
            then
                came || ' posts said the same as one of ' || account || ', where ' || {{ whole('expected') }}
                || ' are usual and ' || {{ whole('expected_high') }} || ' were the most in eight weeks.'
        else
            account || ' gained ' || came || ' engagements where ' || due || ' were to be expected of its posts.'
    end as sentence,
    is_synthetic
from in_words
