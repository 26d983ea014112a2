with source as (

    {{ landed('moodle', 'courses') }}

),

renamed as (

    select
        id as course_id,
        {{ unescape_html('shortname') }} as short_name,
        {{ unescape_html('fullname') }} as course_name,
        idnumber as id_number,
        categoryid as category_id,
        startdate as starts_at,
        enddate as ends_at,
        visible as is_visible,
        enablecompletion as has_completion,
        timemodified as modified_at,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
