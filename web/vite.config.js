import { defineConfig } from "vite";

export default defineConfig({
  // The page works in whatever folder it is put.
  base: "./",
  build: { target: "es2022", assetsInlineLimit: 0 },
});
