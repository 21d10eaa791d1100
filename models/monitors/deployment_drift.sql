-- How far behind its own paths each declared service runs, one row per service.
-- `plumbline deploy drift` writes them; a check counts for `deployment_hours`, so that a failed
-- collector doesn't count as healthy.

with services as (

    select as_of, service
    from {{ ref('evaluations') }}
    cross join unnest(
        if(array_length({{ var('services') }}) > 0, {{ var('services') }}, [cast(null as string)])
    ) as service

),

looks as (

    select
        service, observed_at, recorded_at, deployed_commit, commits_behind, own_commits_behind, oldest_at,
        reason
    from {{ source('plumbline', 'service_deployments') }}
    where
        observed_at >= timestamp(date_sub(cast('{{ var("first_date") }}' as date), interval 5 day))
        and observed_at < timestamp(date_add(cast('{{ var("last_date") }}' as date), interval 3 day))
        and (
            project is null
            or (project = '{{ var("plumbline_project") }}' and target = '{{ var("plumbline_target") }}')
        )

),

ranked as (

    select
        services.as_of, services.service,
        looks.observed_at, looks.deployed_commit, looks.commits_behind, looks.own_commits_behind,
        looks.oldest_at, looks.reason,
        row_number() over (
            partition by services.as_of, services.service
            order by looks.observed_at desc, looks.recorded_at desc
        ) as place
    from services
    left join looks
        on looks.service = services.service
        and looks.observed_at <= services.as_of
        and looks.observed_at >= timestamp_sub(services.as_of, interval {{ var('deployment_hours') }} hour)

),

known as (

    select
        *,
        case
            when service is null then 'skip'
            when
                deployed_commit is null or own_commits_behind is null or commits_behind is null
                or (own_commits_behind > 0 and oldest_at is null)
                then 'unknown'
            else 'judge'
        end as verdict
    from ranked
    where place = 1

),

final as (

    select
        as_of,
        verdict,
        case verdict
            when 'skip' then 'no service is declared'
            when 'unknown' then concat(service, ': ', case
                when observed_at is null then concat(
                    'nobody has looked at what is deployed in the ',
                    cast({{ var('deployment_hours') }} as string), ' hours before'
                )
                else coalesce(reason, 'what is deployed is unknown')
            end)
        end as reason,
        if(verdict = 'judge', service, null) as service,
        if(verdict = 'judge', if(own_commits_behind > 0, 1, 0), null) as drifted,
        if(
            verdict = 'judge',
            if(
                own_commits_behind > 0,
                greatest(timestamp_diff(as_of, oldest_at, second) / 3600, 0),
                0
            ),
            null
        ) as hours_behind,
        if(verdict = 'judge', observed_at, null) as observed_at,
        if(verdict = 'judge', own_commits_behind, null) as numerator,
        if(verdict = 'judge', commits_behind, null) as denominator
    from known

)

select * from final
