{#- The rows behind the monitors of a service's errors. For drilldowns. -#}
{% macro logged_errors() -%}
select service_name, error_timestamp, severity, error_type, error_category, game_date
from {{ source('nba_orchestration', 'service_errors') }}
where
    service_name = '{{ var("service") }}'
    and severity in unnest({{ var('error_severities') }})
    and error_timestamp <= {{ var('as_of') }}[offset(0)]
    and error_timestamp > greatest(
        timestamp_sub({{ var('as_of') }}[offset(0)], interval {{ var('error_minutes') }} minute),
        cast('{{ var("since") }}' as timestamp)
    )
order by error_timestamp desc
{%- endmacro %}
