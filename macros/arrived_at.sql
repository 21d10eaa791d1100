{#- When a row arrived. One without a time has always been there. -#}
{% macro arrived_at(column) -%}
coalesce({{ column }}, timestamp '1970-01-01 00:00:00+00')
{%- endmacro %}
