"""Lambda functions of AWS, in the original's shape: scores and forecasts, without windows."""
