//! The compiler for wasm32, on two kinds of machine.
//!
//! Where `rustup target add` has been run, the ordinary compiler has the target. Where rustup
//! cannot download, Debian's packages hold a compiler and the source of its standard library; from
//! these the library is built once, into a folder under `target` that a compiler can be pointed at,
//! so that everything after is a plain `cargo build`. (`-Zbuild-std` in each build would do as
//! well, but for it every crate would be told that this compiler is a nightly one, and some would
//! then be other than they are elsewhere.) Without either, a line says what to run: nothing is
//! installed here.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Outcome, run, target};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// Passwords are hashed seldom: the loop that hashes them need not be unrolled.
const COMPACT_SHA2: &str = "--cfg=sha2_backend_soft=\"compact\"";
/// Where size counts most, LLVM inlines only what is smaller than the call. Functions that are
/// little larger make the module 6 KB larger, and a `GET` an eighth faster.
const INLINE_SMALL: &str = "-Cllvm-args=-inline-threshold=40";

const MISSING: &str = "no standard library for wasm32-unknown-unknown: run `rustup target add wasm32-unknown-unknown`, \
                       or, on Debian, `apt-get install rustc-web cargo-web rust-web-src`";

/// A compiler and a standard library for the target.
pub(crate) struct Toolchain {
    /// The compiler, which finds the host's standard library without being told.
    pub(crate) compiler: PathBuf,
    /// The compiler that finds the target's as well.
    compiler_of_target: PathBuf,
    /// Where the target's is.
    libraries: PathBuf,
}

impl Toolchain {
    /// The one there is on this machine; `root` is the workspace's.
    pub(crate) fn find(root: &Path) -> Outcome<Self> {
        let sysroot = PathBuf::from(ask(Command::new("rustc")
            .args(["--print", "sysroot"])
            .current_dir(root))?);
        let libraries = libraries(&sysroot, TARGET);
        if libraries.is_dir() {
            let compiler = sysroot.join("bin/rustc");
            return Ok(Self { compiler_of_target: compiler.clone(), compiler, libraries });
        }
        let debian =
            ask(Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"])).map_err(|_| MISSING)?;
        let source = Path::new(&debian).join("lib/rustlib/src/rust/library");
        if !source.join("std").is_dir() || !Path::new(DEBIAN_CARGO).exists() {
            return Err(MISSING.into());
        }
        Self::build(&source, Path::new(&debian), &sysroot)
    }

    /// The private toolchain: the host's library is Debian's, the linker is that of the toolchain
    /// this runs in.
    fn build(source: &Path, debian: &Path, with_linker: &Path) -> Outcome<Self> {
        let version = ask(Command::new(DEBIAN_RUSTC).arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or(MISSING)?;
        let folder = std::path::absolute(target().join("wasm-toolchain"))?;
        let (wrapper, stamp) = (folder.join("bin/rustc"), folder.join("built-with"));
        let toolchain = Self {
            compiler: DEBIAN_RUSTC.into(),
            compiler_of_target: wrapper.clone(),
            libraries: libraries(&folder, TARGET),
        };
        if fs::read_to_string(&stamp).is_ok_and(|built_with| built_with == version) {
            return Ok(toolchain);
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        eprintln!("building the standard library for {TARGET}, once");
        let built = build_std(source, &folder.join("std"))?;
        fs::create_dir_all(&toolchain.libraries)?;
        copy_crates(&built, &toolchain.libraries, |_| true)?;
        let rustlib = |sysroot: &Path| sysroot.join("lib/rustlib").join(host);
        fs::create_dir_all(rustlib(&folder))?;
        symlink(rustlib(debian).join("lib"), rustlib(&folder).join("lib"))?;
        symlink(rustlib(with_linker).join("bin"), rustlib(&folder).join("bin"))?;
        fs::create_dir_all(folder.join("bin"))?;
        fs::write(
            &wrapper,
            format!("#!/bin/sh\nexec {DEBIAN_RUSTC} --sysroot '{}' \"$@\"\n", folder.display()),
        )?;
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
        fs::remove_dir_all(folder.join("std"))?;
        fs::write(stamp, version)?;
        Ok(toolchain)
    }

    /// `cargo`, with this compiler.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.env("RUSTC", &self.compiler_of_target);
        cargo.env("RUSTFLAGS", format!("{COMPACT_SHA2} {INLINE_SMALL}"));
        cargo
    }

    /// A sysroot in `folder` that has the target's `core` and `alloc`, and nothing above them.
    pub(crate) fn without_std(&self, folder: &Path) -> Outcome<PathBuf> {
        const KEPT: [&str; 4] =
            ["libcore-", "liballoc-", "libcompiler_builtins-", "librustc_std_workspace_"];
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        let kept = libraries(folder, TARGET);
        fs::create_dir_all(&kept)?;
        copy_crates(&self.libraries, &kept, |name| {
            KEPT.iter().any(|crate_name| name.starts_with(crate_name))
                && !name.contains("workspace_std")
        })?;
        Ok(std::path::absolute(folder)?)
    }
}

/// Builds `std` and everything below it; returns the folder with the crates. Bitcode is kept in
/// them for link-time optimisation.
fn build_std(source: &Path, folder: &Path) -> Outcome<PathBuf> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "#![no_std]\n")?;
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    let vendored = format!("source.vendored.directory=\"{}\"", source.join("vendor").display());
    run(Command::new(DEBIAN_CARGO)
        .current_dir(folder)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("CARGO_TARGET_DIR", "target")
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .args([
            "build",
            "--quiet",
            "--release",
            "--offline",
            "-Zbuild-std=std,panic_abort",
            "--target",
            TARGET,
        ])
        .args(["--config", "source.crates-io.replace-with=\"vendored\"", "--config", &vendored]))?;
    Ok(folder.join("target").join(TARGET).join("release/deps"))
}

/// Copies the crates whose file names are `wanted`.
fn copy_crates(from: &Path, to: &Path, wanted: impl Fn(&str) -> bool) -> Outcome {
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        // A crate may keep its metadata in a file of its own.
        let is_crate = text.ends_with(".rlib") || text.ends_with(".rmeta");
        if is_crate && !text.starts_with("libempty-") && wanted(&text) {
            fs::copy(from.join(&name), to.join(&name))?;
        }
    }
    Ok(())
}

fn libraries(sysroot: &Path, target: &str) -> PathBuf {
    sysroot.join("lib/rustlib").join(target).join("lib")
}

fn ask(command: &mut Command) -> Outcome<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
