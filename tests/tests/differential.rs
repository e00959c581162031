//! A short differential run. The binary `differential` does long ones.

use redstart_core::random::Seed;
use redstart_tests::{
    differential::Differential,
    driver::{EngineDriver, TcpDriver},
    reference::Reference,
};

#[test]
fn redstart_answers_as_redis_does() {
    let Some(reference) = Reference::start().unwrap() else {
        eprintln!("skipped: redis-server not found in PATH");
        return;
    };
    let mut redis = TcpDriver::new(&reference.address).unwrap();
    let mut redstart = EngineDriver::new(Seed(1));
    let mut servers = Differential { reference: &mut redis, subject: &mut redstart };
    let run = servers.run(5_000, Seed(1));
    assert!(run.broken_off.is_none(), "{:?}", run.broken_off);
    let findings: Vec<String> =
        run.findings.values().map(|(finding, _)| finding.to_string()).collect();
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}
