-- People are personal data: this view stays in the restricted schema and is never published.
{{ config(schema='restricted') }}

with source as (

    {{ landed('moodle', 'grades') }}

),

renamed as (

    select
        course_id,
        user_id,
        item_id,
        {{ unescape_html('itemname') }} as item_name,
        itemtype as item_type,
        itemmodule as item_module,
        itemtype = 'course' as is_course_total,
        graderaw as grade,
        grademin as grade_min,
        grademax as grade_max,
        case when grademax > grademin then 100 * (graderaw - grademin) / (grademax - grademin) end as grade_percent,
        gradeishidden as is_hidden,
        gradedatesubmitted as submitted_at,
        gradedategraded as graded_at,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
