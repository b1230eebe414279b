"""Pictures as data: raster images with marks, drawings as SVG, and what a report shows of them."""
