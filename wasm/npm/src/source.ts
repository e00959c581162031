// Locates the engine's module.

export interface Source {
  /**
   * The engine's module, a `WebAssembly.Module` or its bytes, if the package cannot find its own
   * `engine.wasm`.
   */
  wasm?: object;
}

/** @internal Compiles the module once, when it is first needed. */
export class Compiled {
  #compile: () => Promise<WebAssembly.Module>;
  #module: Promise<WebAssembly.Module> | undefined;

  constructor(compile: () => Promise<WebAssembly.Module>) {
    this.#compile = compile;
  }

  async module({ wasm }: Source): Promise<WebAssembly.Module> {
    if (wasm instanceof WebAssembly.Module) return wasm;
    if (wasm !== undefined) return WebAssembly.compile(wasm as BufferSource);
    this.#module ??= this.#compile();
    // A failure may be temporary: the next call tries again.
    this.#module.catch(() => (this.#module = undefined));
    return this.#module;
  }
}
