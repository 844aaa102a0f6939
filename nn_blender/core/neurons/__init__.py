"""What is known about single neurons: formulas, weights, histograms, selectivity."""
