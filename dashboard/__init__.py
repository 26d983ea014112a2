"""The digital media dashboard: Streamlit over the published marts, opened read-only."""
