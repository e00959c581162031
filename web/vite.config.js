import { defineConfig } from "vite";
import { offline } from "./build/offline.js";

export default defineConfig({
  // The page works in whatever folder it is put.
  base: "./",
  build: { target: "es2022", assetsInlineLimit: 0 },
  // Lessons are cases of the corpus.
  server: { fs: { allow: [".."] } },
  plugins: [offline()],
});
