-- Errors that a service (`service`) logged in the last `error_minutes`, but not before `since`: one row.

with windows as (

    select
        as_of,
        '{{ var("service") }}' as service,
        greatest(
            timestamp_sub(as_of, interval {{ var('error_minutes') }} minute),
            cast('{{ var("since") }}' as timestamp)
        ) as from_at
    from {{ ref('evaluations') }}

),

logged as (

    select service_name, error_timestamp, error_type
    from {{ source('nba_orchestration', 'service_errors') }}
    where
        error_timestamp >= timestamp(date_sub(cast('{{ var("first_date") }}' as date), interval 2 day))
        and error_timestamp < timestamp(date_add(cast('{{ var("last_date") }}' as date), interval 3 day))
        and service_name = '{{ var("service") }}'
        and severity in unnest({{ var('error_severities') }})

),

final as (

    select
        windows.as_of,
        count(logged.error_timestamp) as errors,
        max(logged.error_type) as an_error_type
    from windows
    left join logged
        on logged.service_name = windows.service
        and logged.error_timestamp > windows.from_at
        and logged.error_timestamp <= windows.as_of
    group by windows.as_of

)

select * from final
