-- Share of gradable predictions that are graded, one row per prediction system.
-- Window: `days` dates up to the anchor of the grades; final games only.

with {{ expected_windows('grades', dates=var('days')) }},

{{ judged_on_final_games() }},

gradable as (

    select
        system_id, game_date, game_id, player_lookup,
        min({{ arrived_at('created_at') }}) as predicted_at
    from {{ source('nba_predictions', 'player_prop_predictions') }}
    where
        game_date {{ dates_read('grades', back=var('days')) }}
        and line_source in unnest({{ var('gradable_line_sources') }})
    group by system_id, game_date, game_id, player_lookup

),

-- duplicates count once; voided ones count
graded as (

    select
        system_id, game_date, game_id, player_lookup,
        min({{ arrived_at('graded_at') }}) as graded_at
    from {{ source('nba_predictions', 'prediction_accuracy') }}
    where game_date {{ dates_read('grades', back=var('days')) }}
    group by system_id, game_date, game_id, player_lookup

),

predictions as (

    select *
    from gradable
    left join graded using (system_id, game_date, game_id, player_lookup)

),

counted as (

    select
        judged.as_of, judged.verdict, judged.reason, judged.anchor_date, judged.first_date,
        judged.games, judged.not_final_games, judged.left_out_games,
        predictions.system_id,
        sum(if(predictions.graded_at <= judged.as_of, 1, 0)) as graded,
        count(predictions.system_id) as gradable
    from judged
    left join predictions
        on predictions.game_date = judged.game_date
        and predictions.game_id = judged.game_id
        and predictions.predicted_at <= judged.as_of
        and judged.is_final
        and judged.verdict = 'judge'
    group by
        as_of, verdict, reason, anchor_date, first_date,
        games, not_final_games, left_out_games,
        system_id

),

systems as (

    select *, count(system_id) over (partition by as_of) as system_count
    from counted

),

final as (

    select
        as_of,
        if(verdict = 'judge' and system_count = 0, 'skip', verdict) as verdict,
        if(
            verdict = 'judge' and system_count = 0,
            concat(
                'nothing gradable on the final games ', {{ dates_text('first_date', 'anchor_date') }},
                ' (', cast(not_final_games as string), ' of ', cast(games as string), ' not final)'
            ),
            reason
        ) as reason,
        anchor_date,
        system_id,
        if(system_id is null, null, 100 * graded / gradable) as graded_pct,
        if(system_id is null, null, not_final_games) as not_final_games,
        if(system_id is null, null, games) as games,
        if(system_id is null, null, left_out_games) as left_out_games,
        if(system_id is null, null, graded) as numerator,
        if(system_id is null, null, gradable) as denominator
    from systems
    where system_id is not null or system_count = 0

)

select * from final
