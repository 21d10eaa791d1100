{#- Whether one of the periods `first/last/name` contains a date. -#}
{% macro is_covered(date, periods) -%}
exists(
                select 1 from unnest({{ periods }}) as period
                where {{ date }} between cast(substr(period, 1, 10) as date) and cast(substr(period, 12, 10) as date)
            )
{%- endmacro %}
