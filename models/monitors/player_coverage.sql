-- Players with a prediction of the primary system, per game of the anchor date: one row.

with {{ expected_windows('predictions', dates=1) }},

days as (

    select as_of, verdict, reason, anchor_date, count(game_date) as games
    from expected
    group by as_of, verdict, reason, anchor_date

),

predicted as (

    select game_date, player_lookup, min({{ arrived_at('created_at') }}) as predicted_at
    from {{ source('nba_predictions', 'player_prop_predictions') }}
    where
        game_date {{ dates_read('predictions', back=0) }}
        and system_id = '{{ var("primary_system") }}'
        and player_lookup is not null
    group by game_date, player_lookup

),

counted as (

    select
        days.as_of, days.verdict, days.reason, days.anchor_date, days.games,
        sum(if(predicted.predicted_at <= days.as_of, 1, 0)) as players
    from days
    left join predicted on predicted.game_date = days.anchor_date
    group by as_of, verdict, reason, anchor_date, games

),

final as (

    select
        as_of, verdict, reason, anchor_date,
        if(verdict = 'judge', safe_divide(players, games), null) as players_per_game,
        if(verdict = 'judge', players, null) as numerator,
        if(verdict = 'judge', games, null) as denominator
    from counted

)

select * from final
