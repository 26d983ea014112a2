{{ staged_timelines('bluesky') }}
