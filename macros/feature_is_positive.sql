{#-
    Whether an element of a feature vector, counted from 0, is a number above 0. NULL if the vector is
    too short to have it. For `features` of ml_feature_store_v2.
-#}
{% macro feature_is_positive(element) -%}
-- not features[offset(n)]: with countif in the query, the embedded BigQuery reads n - 1
(
    -- NaN is not above 0; the embedded BigQuery sorts it above all numbers
    select logical_or(feature > 0 and not is_nan(feature))
    from unnest(features) as feature with offset as position
    where position = {{ element }}
)
{%- endmacro %}
