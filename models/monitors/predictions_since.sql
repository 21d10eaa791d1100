-- Predictions of the primary system for the day, made since `since`: one row.
-- After a deployment: whether the deployed code makes predictions.

with days as (

    select
        as_of,
        cast('{{ var("since") }}' as timestamp) as since_at,
        -- midnight belongs to the day that ends then
        if(
            {{ at_local_time('local_date', "'00:00:00'") }} = as_of,
            date_sub(local_date, interval 1 day),
            local_date
        ) as judged_date
    from {{ ref('evaluations') }}

),

expected as (

    select
        days.as_of, days.since_at, days.judged_date,
        {{ at_local_time('date_add(days.judged_date, interval ' ~ var('predictions_due_days') ~ ' day)', "'" ~ var('predictions_due_time') ~ "'") }} as due_at,
        count(calendar.game_date) as games
    from days
    left join {{ ref('calendar') }} as calendar
        on calendar.game_date = days.judged_date
    group by days.as_of, days.since_at, days.judged_date, due_at

),

made as (

    select game_date, {{ arrived_at('created_at') }} as made_at
    from {{ source('nba_predictions', 'player_prop_predictions') }}
    where
        game_date between date_sub(cast('{{ var("first_date") }}' as date), interval 1 day)
            and cast('{{ var("last_date") }}' as date)
        and system_id = '{{ var("primary_system") }}'

),

counted as (

    select
        expected.as_of, expected.judged_date, expected.due_at, expected.games,
        sum(if(made.made_at > since_at and made.made_at <= as_of, 1, 0)) as made_since,
        sum(if(made.made_at <= since_at, 1, 0)) as made_before
    from expected
    left join made on made.game_date = expected.judged_date
    group by expected.as_of, expected.judged_date, expected.due_at, expected.games

),

final as (

    select
        as_of,
        case
            when made_since > 0 and games = 0 then 'unknown'
            when made_since > 0 then 'judge'
            when games = 0 or made_before > 0 or due_at > as_of then 'skip'
            else 'judge'
        end as verdict,
        case
            when made_since > 0 and games = 0 then concat(
                'predictions were made for ', cast(judged_date as string),
                ', for which the calendar has no game'
            )
            when made_since > 0 then null
            when games = 0 then concat('no games ', cast(judged_date as string))
            when made_before > 0 then concat(
                'the predictions for ', cast(judged_date as string), ' were made before'
            )
            when due_at > as_of then concat(
                'the predictions for ', cast(judged_date as string), ' are not due yet'
            )
        end as reason,
        judged_date,
        made_since as predictions,
        games
    from counted

)

select * from final
