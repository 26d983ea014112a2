{{ staged_timelines('mastodon') }}
