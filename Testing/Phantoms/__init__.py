"""CT series with known defects, made by pydicom, for the tests of every package that reads or judges a scan."""
