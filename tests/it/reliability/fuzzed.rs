//! R7: what the fuzz targets check, over their corpora.
