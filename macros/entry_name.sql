{#- Names that a list declares for a date. Entries are a name, which always holds, or `name/date`:
    from that date on. For `entry` of the unnested list. -#}
{% macro entry_name() -%}
if(strpos(entry, '/') = 0, entry, substr(entry, 1, strpos(entry, '/') - 1))
{%- endmacro %}

{% macro entry_holds_on(date) -%}
coalesce(if(strpos(entry, '/') = 0, null, cast(substr(entry, strpos(entry, '/') + 1) as date)) <= {{ date }}, true)
{%- endmacro %}
