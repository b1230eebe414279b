"""CT series with known defects, made by pydicom, for the tests of every room that reads or judges a scan."""
