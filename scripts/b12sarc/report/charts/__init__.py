"""Charts that answer to the reader, drawn by Vega-Lite from numbers inside the page."""
