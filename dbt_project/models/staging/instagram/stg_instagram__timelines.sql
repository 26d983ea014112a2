{{ staged_timelines('instagram') }}
