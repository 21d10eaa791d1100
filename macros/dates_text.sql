{#- "2026-02-01", or "2026-02-01 to 2026-02-02". -#}
{% macro dates_text(first, last) -%}
if({{ first }} = {{ last }}, '', concat(cast({{ first }} as string), ' to ')), cast({{ last }} as string)
{%- endmacro %}
