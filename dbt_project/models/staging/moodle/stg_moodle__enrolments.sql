-- People are personal data: this view stays in the restricted schema and is never published.
{{ config(schema='restricted') }}

with source as (

    {{ landed('moodle', 'enrolments') }}

),

renamed as (

    select
        course_id,
        user_id,
        service_number,
        username,
        fullname as full_name,
        firstname as first_name,
        lastname as last_name,
        lower(email) as email,
        department,
        institution,
        city,
        country as country_code,
        role_names,
        {{ person_key(
            'moodle', service_number='source.service_number', email='source.email', name='source.fullname'
        ) }} as person_as_written,
        lastcourseaccess as last_seen_at,
        date as observed_date,
        observed_at,
        batch_id,
        source_file,
        source_line,
        is_synthetic
    from source

)

select * from renamed
