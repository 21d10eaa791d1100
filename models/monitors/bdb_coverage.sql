-- Whether each final game of the anchor date has play-by-play rows of BigDataBall, one row per game.

with {{ expected_windows('play_by_play', dates=1) }},

{{ judged_on_final_games() }},

covered as (

    select distinct
        game_date,
        lpad(cast(bdb_game_id as string), 10, '0') as game_id,
        true as has_rows
    from {{ source('nba_raw', 'bigdataball_play_by_play') }}
    where game_date {{ dates_read('play_by_play', back=0) }}

),

final as (

    select distinct
        as_of, verdict, reason, anchor_date,
        if(verdict = 'judge', game_id, null) as game_id,
        if(verdict = 'judge', if(has_rows, 100.0, 0.0), null) as covered_pct,
        if(verdict = 'judge', not_final_games, null) as not_final_games,
        if(verdict = 'judge', games, null) as games,
        if(verdict = 'judge', if(has_rows, 1, 0), null) as numerator,
        if(verdict = 'judge', 1, null) as denominator
    from judged
    left join covered using (game_date, game_id)
    where is_final or verdict != 'judge'

)

select * from final
