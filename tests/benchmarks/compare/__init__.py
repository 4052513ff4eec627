"""The LSTM beside what others would use: LightGBM and statsforecast. Run by `make compare`.

Their packages lie in build/compare, away from the product's own.
"""
