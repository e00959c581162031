// Long work in short slices, so that the page stays quick: a generator yields wherever it may be put aside.

/** Work that has begun; `stop` leaves it undone. */
export interface Work {
  stop(): void;
}

/** How long a slice takes: half of a frame. */
const SLICE_MS = 8;

/** Runs `steps` a slice at a time, the first at once, and tells when it is done. */
export function inSlices(steps: Iterator<unknown>, done: () => void): Work {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slice = () => {
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end) {
      if (steps.next().done) return done();
    }
    timer = setTimeout(slice);
  };
  slice();
  return { stop: () => clearTimeout(timer) };
}

/** How many items are sorted, or merged, between two places to rest. */
const RUN = 1000;

/** Sorts as `toSorted` does, with places to rest: runs that are sorted at once are merged in pairs. */
export function* sorted<T>(items: readonly T[], compare: (a: T, b: T) => number): Generator<void, T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += RUN) {
    runs.push(items.slice(at, at + RUN).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      const [first, second] = [runs[at]!, runs[at + 1]];
      merged.push(second === undefined ? first : yield* mergedRuns(first, second, compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergedRuns<T>(first: readonly T[], second: readonly T[], compare: (a: T, b: T) => number): Generator<void, T[]> {
  const merged: T[] = [];
  let [at, other] = [0, 0];
  while (at < first.length || other < second.length) {
    const takesFirst = other >= second.length || (at < first.length && compare(first[at]!, second[other]!) <= 0);
    merged.push(takesFirst ? first[at++]! : second[other++]!);
    if (merged.length % RUN === 0) yield;
  }
  return merged;
}
