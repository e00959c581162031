//! Builds the npm package: cargo, wasm-bindgen, wasm-opt, tsc, one after the other.
//!
//! | `wasm/build` | |
//! | --- | --- |
//! | (nothing) | the package in `wasm/npm/dist`, the playground as an element in it, and what it weighs |
//! | `no-std` | checks that the core compiles where there is no standard library |
//! | `web` | the package, and the playground in `web/dist` |
//!
//! wasm-bindgen is the library behind its command, so that its version is the one in `Cargo.lock`:
//! a command installed apart would drift from the crate. Nothing is fetched but crates and what the
//! package locks of npm say; see [`toolchain`] for the compiler.

mod toolchain;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use toolchain::{TARGET, Toolchain};
use wasm_bindgen_cli_support::Bindgen;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What the module may ask of its host: all of it is in Node 20 and in the browsers of 2023.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-sign-ext",
];

fn main() -> ExitCode {
    let step = env::args().nth(1);
    let built = match step.as_deref() {
        None => package(),
        Some("no-std") => no_std(),
        Some("web") => package().and_then(|()| playground()),
        Some(other) => {
            Err(format!("there is no step `{other}`: nothing, `no-std` or `web`").into())
        }
    };
    match built {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm/build: {error}");
            ExitCode::FAILURE
        }
    }
}

fn package() -> Outcome {
    let npm = root().join("wasm/npm");
    let dist = npm.join("dist");
    install(&npm)?;
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let module = compile()?;
    let raw = bind(&module, &dist)?;
    optimise(&npm, &raw, &dist.join("engine.wasm"))?;
    fs::remove_file(raw)?;
    npm_script(&npm, "compile")?;
    // The playground is made of the package, and is in it as an element.
    let web = root().join("web");
    install(&web)?;
    npm_script(&web, "embed")?;
    npm_script(&npm, "size")
}

fn playground() -> Outcome {
    npm_script(&root().join("web"), "build")
}

/// The module as cargo leaves it.
fn compile() -> Outcome<PathBuf> {
    let toolchain = Toolchain::find(&root())?;
    run(toolchain.cargo().current_dir(root()).args([
        "build",
        "--locked",
        "--package=redstart-wasm",
        "--profile=wasm",
        "--target",
        TARGET,
    ]))?;
    Ok(target().join(TARGET).join("wasm/redstart_wasm.wasm"))
}

/// Writes the glue beside the module it belongs to, and returns where that is. The glue is told
/// where its module is: bundlers would otherwise find it twice.
fn bind(module: &Path, dist: &Path) -> Outcome<PathBuf> {
    Bindgen::new()
        .input_path(module)
        .out_name("engine")
        .no_modules(true)?
        .omit_default_module_path(true)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(dist)?;
    fs::remove_file(dist.join("engine_bg.wasm.d.ts"))?;
    make_factory(&dist.join("engine.js"), &dist.join("engine.d.ts"))?;
    Ok(dist.join("engine_bg.wasm"))
}

/// The glue is a script that makes one global object for one instance of the module. Here it
/// becomes a module with a function that makes as many as are wanted: each database has an instance
/// of its own, whose memory can be copied and freed as a whole.
fn make_factory(glue: &Path, types: &Path) -> Outcome {
    let script = fs::read_to_string(glue)?;
    let body = script
        .trim_start()
        .strip_prefix("let wasm_bindgen = ")
        .ok_or("the glue does not begin as expected")?;
    fs::write(glue, format!("export const glue = () => {body}"))?;
    let declared = fs::read_to_string(types)?;
    fs::write(types, format!("{declared}\nexport function glue(): typeof wasm_bindgen;\n"))?;
    Ok(())
}

fn optimise(npm: &Path, raw: &Path, optimised: &Path) -> Outcome {
    let program = npm.join("node_modules/binaryen/bin/wasm-opt");
    run(Command::new("node")
        .arg(program)
        .arg("-O3")
        .args(FEATURES)
        .arg(raw)
        .arg("-o")
        .arg(optimised))
}

/// `npm ci`, where what is installed is not what the lock says.
fn install(package: &Path) -> Outcome {
    let modified =
        |name: &str| fs::metadata(package.join(name)).and_then(|file| file.modified()).ok();
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_some() && installed >= modified("package-lock.json") {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--silent", "--ignore-scripts"]).current_dir(package))
}

fn npm_script(package: &Path, script: &str) -> Outcome {
    run(Command::new("npm").args(["run", "--silent", script]).current_dir(package))
}

/// Checks the core against `core` and `alloc` alone: in a sysroot that has nothing else, a crate
/// that asks for `std` does not find it.
fn no_std() -> Outcome {
    let toolchain = Toolchain::find(&root())?;
    let sysroot = toolchain.without_std(&target().join("no-std-sysroot"))?;
    run(Command::new("cargo")
        .current_dir(root())
        .env("RUSTC", &toolchain.compiler)
        .env("RUSTFLAGS", format!("--sysroot={}", sysroot.display()))
        .args(["check", "--locked", "--package=redstart-core", "--target", TARGET]))?;
    eprintln!("redstart-core compiles with `core` and `alloc` alone");
    Ok(())
}

fn run(command: &mut Command) -> Outcome {
    let status = command
        .status()
        .map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
