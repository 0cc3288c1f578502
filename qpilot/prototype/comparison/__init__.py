"""What the comparison table says of each model beside its score: cost, size, steadiness, calibration, rows needed."""
