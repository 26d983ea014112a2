{{ staged_timelines('x') }}
