-- The instants that the run checks, each with its date in the domain's time zone.

with instants as (

    select
        cast(instant as timestamp) as as_of,
        -- a column, because the embedded BigQuery takes no query parameter as a zone
        '{{ var("timezone") }}' as timezone
    from unnest({{ var('as_of') }}) as instant

),

final as (

    select as_of, date(as_of, timezone) as local_date
    from instants

)

select * from final
