//! Drivers, model and workloads shared by the suites.
