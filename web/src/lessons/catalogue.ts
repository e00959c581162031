import { type Lesson, lesson } from "./lesson.js";

const files = import.meta.glob<string>("../../../tests/cases/lessons/*.txt", { query: "?raw", import: "default", eager: true });

/** All lessons, in the order of their numbers. */
export const LESSONS: readonly Lesson[] = Object.keys(files).sort().map((path) => lesson(path, files[path]!));
