with gradable as (

    select distinct
        predictions.system_id, predictions.game_date, predictions.game_id, predictions.player_lookup
    from `nba_predictions.player_prop_predictions` as predictions
    inner join `nba_reference.nba_schedule` as games
        on predictions.game_id = games.game_id and predictions.game_date = games.game_date
    where
        predictions.game_date between '2026-01-30' and '2026-02-01'
        and games.game_date between '2026-01-30' and '2026-02-01'
        and games.game_status = 3
        and predictions.line_source in ('ACTUAL_PROP', 'ESTIMATED_AVG')
        and predictions.created_at <= '2026-02-03 05:00:00+00'

),

graded as (

    select distinct system_id, game_date, game_id, player_lookup, 1 as is_graded
    from `nba_predictions.prediction_accuracy`
    where
        game_date between '2026-01-30' and '2026-02-01'
        and graded_at <= '2026-02-03 05:00:00+00'

),

systems as (

    select system_id, 100 * count(is_graded) / count(*) as graded_pct
    from gradable
    left join graded using (system_id, game_date, game_id, player_lookup)
    group by system_id

)

select sum(if(graded_pct < 50, 1, 0)) as observed
from systems
