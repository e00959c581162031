//! Properties and resource usage of the process, as shown by `INFO`.

use std::env;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::sys::utsname::uname;
use nix::unistd::{SysconfVar, sysconf};
use redstart_core::instance::host::Usage;

use crate::allocator::{self, Held};

/// Constant properties, gathered once.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) os: String,
    pub(crate) executable: PathBuf,
    pub(crate) system_memory_bytes: u64,
    page_bytes: u64,
    /// The process's memory sizes in pages. It is read often, so the file stays open.
    statm: Option<File>,
}

impl Facts {
    pub(crate) fn gather() -> Self {
        let page_bytes = sysconf_bytes(SysconfVar::PAGE_SIZE);
        Self {
            os: uname().map_or_else(
                |_| env::consts::OS.to_owned(),
                |name| {
                    let words = [name.sysname(), name.release(), name.machine()];
                    words.map(|word| word.to_string_lossy().into_owned()).join(" ")
                },
            ),
            executable: env::current_exe().unwrap_or_default(),
            system_memory_bytes: page_bytes * sysconf_bytes(SysconfVar::_PHYS_PAGES),
            page_bytes,
            statm: File::open("/proc/self/statm").ok(),
        }
    }

    /// Returns the current resource usage. If the allocator does not report its memory, the
    /// resident set size is used.
    pub(crate) fn usage(&self) -> Usage {
        let (user_cpu_us, system_cpu_us, max_resident_bytes) = resources(UsageWho::RUSAGE_SELF);
        let (main_thread_user_cpu_us, main_thread_system_cpu_us, _) = resources(THIS_THREAD);
        let resident_bytes = self.resident_bytes().unwrap_or(max_resident_bytes);
        let Held { allocated, active, resident } = allocator::held().unwrap_or(Held {
            allocated: resident_bytes,
            active: resident_bytes,
            resident: resident_bytes,
        });
        Usage {
            allocated_bytes: allocated,
            active_bytes: active,
            mapped_bytes: resident,
            resident_bytes,
            user_cpu_us,
            system_cpu_us,
            main_thread_user_cpu_us,
            main_thread_system_cpu_us,
        }
    }

    fn resident_bytes(&self) -> Option<u64> {
        let mut text = [0; 128];
        let len = self.statm.as_ref()?.read_at(&mut text, 0).ok()?;
        let text = str::from_utf8(&text[..len]).ok()?;
        let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
        Some(pages * self.page_bytes)
    }
}

/// The calling thread, which is the engine's; the process on systems without usage per thread.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
const THIS_THREAD: UsageWho = UsageWho::RUSAGE_THREAD;
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
const THIS_THREAD: UsageWho = UsageWho::RUSAGE_SELF;

/// Returns the microseconds in user mode and in system mode, and the peak resident set size in
/// bytes.
fn resources(who: UsageWho) -> (u64, u64, u64) {
    getrusage(who).map_or((0, 0, 0), |usage| {
        let max_resident_kib = u64::try_from(usage.max_rss()).unwrap_or(0);
        (micros(usage.user_time()), micros(usage.system_time()), max_resident_kib * 1024)
    })
}

fn sysconf_bytes(var: SysconfVar) -> u64 {
    sysconf(var).ok().flatten().and_then(|value| u64::try_from(value).ok()).unwrap_or(0)
}

fn micros(time: TimeVal) -> u64 {
    u64::try_from(time.tv_sec()).unwrap_or(0) * 1_000_000
        + u64::try_from(time.tv_usec()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_uses_memory() {
        let facts = Facts::gather();
        let before = facts.usage();
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        let after = facts.usage();
        assert!(before.resident_bytes > 0 && facts.system_memory_bytes > after.resident_bytes);
        assert!(after.resident_bytes >= before.resident_bytes + (60 << 20), "{before:?} {after:?}");
        drop(block);
    }
}
