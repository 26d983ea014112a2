{{ staged_timelines('youtube') }}
