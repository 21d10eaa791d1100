{#- The rows behind missing predictions: players with features on the judged day for whom a system has no prediction.
    `systems` is a condition on `system_id`. For drilldowns. -#}
{% macro players_without_prediction(systems) -%}
with {{ expected_windows('predictions', dates=1) }},

days as (

    select distinct as_of, anchor_date
    from expected
    where verdict = 'judge'

),

systems as (

    select system_id
    from {{ source('nba_predictions', 'player_prop_predictions') }}
    where game_date {{ dates_read('predictions', back=30) }}
    union distinct
    select {{ entry_name() }}
    from unnest(array_concat(['{{ var("primary_system") }}'], {{ var('active_systems') }})) as entry

),

predicted as (

    select distinct predictions.system_id, predictions.player_lookup, true as is_predicted
    from {{ source('nba_predictions', 'player_prop_predictions') }} as predictions
    join days on days.anchor_date = predictions.game_date
    where
        predictions.game_date {{ dates_read('predictions', back=0) }}
        and {{ arrived_at('predictions.created_at') }} <= days.as_of

)

select
    systems.system_id, features.game_date, features.game_id, features.player_lookup,
    features.is_production_ready, features.feature_quality_score, features.created_at
from days
join {{ source('nba_predictions', 'ml_feature_store_v2') }} as features
    on features.game_date = days.anchor_date
    and {{ arrived_at('features.created_at') }} <= days.as_of
cross join systems
left join predicted
    on predicted.system_id = systems.system_id
    and predicted.player_lookup = features.player_lookup
where
    features.game_date {{ dates_read('features', back=0) }}
    and predicted.is_predicted is null
    and {{ systems }}
order by system_id, game_id, player_lookup
{%- endmacro %}
