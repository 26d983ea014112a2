{{ staged_timelines('linkedin') }}
