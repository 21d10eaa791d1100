{#- The rows behind the grading monitors: gradable predictions of failing systems without a grade. For drilldowns. -#}
{% macro ungraded_predictions() -%}
with {{ expected_windows('grades', dates=var('days')) }},

{{ judged_on_final_games() }},

graded as (

    select distinct system_id, game_date, game_id, player_lookup, true as is_graded
    from {{ source('nba_predictions', 'prediction_accuracy') }}
    where
        game_date {{ dates_read('grades', back=var('days')) }}
        and {{ arrived_at('graded_at') }} <= {{ var('as_of') }}[offset(0)]

)

select
    predictions.system_id, predictions.game_date, predictions.game_id, predictions.player_lookup,
    predictions.line_source, predictions.invalidation_reason, predictions.created_at
from judged
join {{ source('nba_predictions', 'player_prop_predictions') }} as predictions
    on predictions.game_date = judged.game_date
    and predictions.game_id = judged.game_id
    and {{ arrived_at('predictions.created_at') }} <= judged.as_of
left join graded
    on graded.system_id = predictions.system_id
    and graded.game_date = predictions.game_date
    and graded.game_id = predictions.game_id
    and graded.player_lookup = predictions.player_lookup
where
    judged.is_final
    and predictions.game_date {{ dates_read('grades', back=var('days')) }}
    and predictions.line_source in unnest({{ var('gradable_line_sources') }})
    and graded.is_graded is null
    and {{ failing(system_id='predictions.system_id') }}
order by system_id, game_date, game_id, player_lookup
{%- endmacro %}
