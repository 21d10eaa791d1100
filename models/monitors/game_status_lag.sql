-- Games whose final score is due but that are not final, one row per game of the three dates up to the
-- anchor. Older ones within ten days are assumed to be postponed: listed, not counted.

with {{ expected_windows('final_scores', dates=3, before=8) }},

final as (

    select
        as_of,
        if(game_date < first_date, 'skip', verdict) as verdict,
        if(
            game_date < first_date,
            concat(
                'postponed: ', coalesce(concat('game ', game_id), 'a game without id'),
                ' of ', cast(game_date as string), ' is not final'
            ),
            reason
        ) as reason,
        anchor_date, game_id, game_date,
        if(game_date >= first_date, if(is_final, 0, 1), null) as not_final,
        if(game_date >= first_date, if(is_final, 1, 0), null) as numerator,
        if(game_date >= first_date, 1, null) as denominator
    from expected
    where game_date is null or game_date >= first_date or not is_final

)

select * from final
