-- What the newest day brought, against what earlier days let expect: rows by the median and the median absolute
-- deviation of the last eight same weekdays (of the last 28 days, where there are fewer than four), arrival by the
-- usual gap between days that brought something and by the usual hour. Before enough history nothing is judged.
-- A table that is read from files has no rows of a day to expect, only days of arrival.
{% set from_files = "('sheets', 'platform_exports', 'zoom', 'teams')" %}

with arrivals as (

    select
        source,
        table_name,
        observed_date,
        sum(landed) as landed,
        max(observed_at) as observed_at
    from {{ ref('stg_landing__batches') }}
    where source not in ('enrichment', 'identity')
    group by source, table_name, observed_date

),

newest as (

    select max(observed_date) as observed_date
    from arrivals
    where source not in {{ from_files }}

),

-- What bears a later day than the newest night (a file saved in the future) is no history of it.
told as (

    select
        arrivals.source,
        arrivals.table_name,
        arrivals.observed_date,
        arrivals.landed,
        newest.observed_date as newest_date,
        arrivals.source in {{ from_files }} as is_from_files,
        (
            {{ dbt.datediff('arrivals.observed_date', 'newest.observed_date', 'day') }}
        ) as days_ago,
        {{ dbt.datediff(
            'cast(arrivals.observed_date as timestamp)', 'arrivals.observed_at', 'minute'
        ) }} / 60.0 - 24 as arrival_hours
    from arrivals
    inner join newest on arrivals.observed_date <= newest.observed_date

),

gaps as (

    select
        source,
        table_name,
        {{ dbt.datediff(
            'lag(observed_date) over (partition by source, table_name order by observed_date)',
            'observed_date',
            'day'
        ) }} as gap_days
    from told
    where days_ago between 1 and 90

),

usual_gap as (

    select
        source,
        table_name,
        median(gap_days) as usual_gap_days
    from gaps
    where gap_days is not null
    group by source, table_name
    having count(*) >= 6

),

gap_spread as (

    select
        gaps.source,
        gaps.table_name,
        usual_gap.usual_gap_days,
        median(abs(gaps.gap_days - usual_gap.usual_gap_days)) as gap_mad_days
    from gaps
    inner join usual_gap on gaps.source = usual_gap.source and gaps.table_name = usual_gap.table_name
    where gaps.gap_days is not null
    group by gaps.source, gaps.table_name, usual_gap.usual_gap_days

),

history as (

    select
        source,
        table_name,
        landed,
        arrival_hours,
        days_ago between 1 and 28 as is_recent,
        days_ago between 1 and 56 and days_ago % 7 = 0 as is_same_weekday,
        count(*) filter (where days_ago between 1 and 56 and days_ago % 7 = 0)
            over (partition by source, table_name) as same_weekdays,
        count(*) filter (where days_ago between 1 and 28) over (partition by source, table_name) as recent_days
    from told
    where not is_from_files

),

chosen as (

    select
        source,
        table_name,
        landed,
        arrival_hours,
        case when same_weekdays >= 4 then 'same weekday' else 'any day' end as basis
    from history
    where case when same_weekdays >= 4 then is_same_weekday else recent_days >= 7 and is_recent end

),

usual as (

    select
        source,
        table_name,
        basis,
        count(*) as days_before,
        median(landed) as expected_rows,
        median(arrival_hours) as usual_arrival_hours
    from chosen
    group by source, table_name, basis

),

spread as (

    select
        chosen.source,
        chosen.table_name,
        median(abs(chosen.landed - usual.expected_rows)) as rows_mad,
        median(abs(chosen.arrival_hours - usual.usual_arrival_hours)) as arrival_mad_hours
    from chosen
    inner join usual on chosen.source = usual.source and chosen.table_name = usual.table_name
    group by chosen.source, chosen.table_name

),

latest as (

    select
        source,
        table_name,
        newest_date,
        min(days_ago) as days_since_arrival,
        sum(case when days_ago = 0 then landed else 0 end) as landed,
        max(case when days_ago = 0 then arrival_hours end) as arrival_hours
    from told
    group by source, table_name, newest_date

),

expected as (

    select
        latest.source,
        latest.table_name,
        latest.newest_date,
        latest.landed,
        latest.days_since_arrival,
        latest.arrival_hours,
        usual.basis,
        usual.days_before,
        usual.expected_rows,
        -- 1.4826 times the median absolute deviation is what a standard deviation would be.
        greatest(5 * 1.4826 * spread.rows_mad, 0.25 * usual.expected_rows, 5) as tolerance_rows,
        usual.usual_arrival_hours,
        usual.usual_arrival_hours + greatest(5 * 1.4826 * spread.arrival_mad_hours, 6) as latest_arrival_hours,
        gap_spread.usual_gap_days,
        gap_spread.usual_gap_days
        + greatest(5 * 1.4826 * gap_spread.gap_mad_days, case when gap_spread.usual_gap_days > 1 then 1 else 0 end)
            as overdue_after_days
    from latest
    left join usual on latest.source = usual.source and latest.table_name = usual.table_name
    left join spread on latest.source = spread.source and latest.table_name = spread.table_name
    left join gap_spread on latest.source = gap_spread.source and latest.table_name = gap_spread.table_name

),

judged as (

    select
        *,
        -- NULL stays NULL: DuckDB's greatest() passes it over.
        case when expected_rows < tolerance_rows then 0 else expected_rows - tolerance_rows end as expected_rows_low,
        expected_rows + tolerance_rows as expected_rows_high,
        case
            when expected_rows is null and overdue_after_days is null then 'not enough history'
            when days_since_arrival >= overdue_after_days then 'overdue'
            when days_since_arrival > 0 then 'nothing due'
            when landed < expected_rows - tolerance_rows then 'too few rows'
            -- Where little is usual, a day of much is no fault.
            when expected_rows >= 20 and landed > expected_rows + tolerance_rows then 'too many rows'
            when arrival_hours > latest_arrival_hours then 'late'
            else 'as expected'
        end as verdict
    from expected

)

select
    source,
    table_name,
    newest_date as observed_date,
    cast(landed as bigint) as landed,
    cast(days_since_arrival as integer) as days_since_arrival,
    cast(arrival_hours as double) as arrival_hours,
    verdict,
    basis,
    cast(coalesce(days_before, 0) as integer) as days_before,
    cast(expected_rows as double) as expected_rows,
    cast(expected_rows_low as double) as expected_rows_low,
    cast(expected_rows_high as double) as expected_rows_high,
    cast(usual_arrival_hours as double) as usual_arrival_hours,
    cast(latest_arrival_hours as double) as latest_arrival_hours,
    cast(usual_gap_days as double) as usual_gap_days,
    cast(overdue_after_days as double) as overdue_after_days
from judged
