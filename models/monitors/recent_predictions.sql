-- Prediction rows for the anchor date, one row per prediction system: the primary one, each that is
-- declared as active, and each that has rows for it or for a game day of the thirty dates before.

with {{ expected_windows('predictions', dates=1, before=30) }},

game_days as (

    select distinct as_of, verdict, reason, anchor_date, game_date, calendar_games as games
    from expected
    where verdict = 'judge' or game_date is null

),

arrived as (

    select
        system_id, game_date, 1 as predictions,
        {{ arrived_at('created_at') }} as arrived_at,
        row_number() over (
            partition by system_id, game_date order by {{ arrived_at('created_at') }}
        ) as place
    from {{ source('nba_predictions', 'player_prop_predictions') }}
    where
        game_date {{ dates_read('predictions', back=30) }}
        and system_id is not null
    union all
    -- systems that are always expected: one row each that adds 0
    select {{ entry_name() }}, game_date, 0, timestamp '1970-01-01 00:00:00+00', 1
    from unnest(generate_date_array(
        {{ first_date_read('predictions', back=30) }}, {{ last_date_read() }}
    )) as game_date
    cross join unnest(array_concat(['{{ var("primary_system") }}'], {{ var('active_systems') }})) as entry
    where {{ entry_holds_on('game_date') }}

),

counted as (

    select
        as_of, verdict, reason, anchor_date, games, system_id,
        sum(if(game_date = anchor_date, predictions, 0)) as predictions
    from game_days
    left join arrived using (game_date)
    where
        verdict != 'judge'
        or (
            arrived_at <= as_of
            -- on an earlier day, one row is enough: the system ran
            and (game_date = anchor_date or place = 1)
            and (
                system_id = '{{ var("primary_system") }}'
                or not exists(
                    select 1 from unnest({{ var('retired_systems') }}) as entry
                    where {{ entry_name() }} = system_id and {{ entry_holds_on('anchor_date') }}
                )
            )
        )
    group by as_of, verdict, reason, anchor_date, games, system_id

),

final as (

    select
        as_of, verdict, reason, anchor_date, system_id,
        if(verdict = 'judge', predictions, null) as predictions,
        max(if(system_id = '{{ var("primary_system") }}', predictions, null))
            over (partition by as_of) as primary_predictions,
        if(verdict = 'judge', games, null) as games,
        if(verdict = 'judge', predictions, null) as numerator,
        if(verdict = 'judge', 1, null) as denominator
    from counted

)

select * from final
