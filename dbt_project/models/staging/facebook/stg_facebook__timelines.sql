{{ staged_timelines('facebook') }}
