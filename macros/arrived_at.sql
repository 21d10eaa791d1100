{#- When a row arrived. A row without a time counts as always present. -#}
{% macro arrived_at(column) -%}
coalesce({{ column }}, timestamp '1970-01-01 00:00:00+00')
{%- endmacro %}
