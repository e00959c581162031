// What a module of WebAssembly is to those who import one.
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
