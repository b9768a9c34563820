"""For the tests of a host: a pytest fixture with both services, and recordings without secrets."""
