{#- The rows behind monitors of a feature: players of the days that `days` chooses, a condition on `game_date`, whose
    vector lacks the element, counted from 0. For drilldowns. -#}
{% macro players_without_feature(days, element) -%}
select
    game_date, game_id, player_lookup, feature_version, is_production_ready, created_at,
    features[safe_offset({{ element }})] as feature
from {{ source('nba_predictions', 'ml_feature_store_v2') }}
where
    {{ days }}
    and array_length(features) >= {{ var('minimum_features') }}
    and {{ arrived_at('created_at') }} <= {{ var('as_of') }}[offset(0)]
    and not coalesce(
        {{ feature_is_positive(element) }}, false
    )
order by game_date, game_id, player_lookup
{%- endmacro %}
