-- People are personal data: this view stays in the restricted schema and is never published.
{{ config(schema='restricted') }}

with source as (

    {{ landed('moodle', 'enrolments') }}

),

renamed as (

    select
        source.course_id,
        source.user_id,
        source.service_number,
        source.username,
        source.fullname as full_name,
        source.firstname as first_name,
        source.lastname as last_name,
        lower(source.email) as email,
        source.department,
        source.institution,
        source.city,
        source.country as country_code,
        source.role_names,
        {{ person_key(
            'moodle', service_number='source.service_number', email='source.email', name='source.fullname'
        ) }} as person_as_written,
        source.lastcourseaccess as last_seen_at,
        source.date as observed_date,
        source.observed_at,
        source.batch_id,
        source.source_file,
        source.source_line,
        source.is_synthetic
    from source

)

select * from renamed
