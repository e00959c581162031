// Work that comes from elsewhere, such as the session of a link, may take any time. It is done in slices, so that the page can be used; when it has
// taken long, somebody is asked whether to go on; and it can be stopped.

/** The thread is left to the page after so long. */
const SLICE_MS = 15;

/** Work up to this long needs no question. */
const UNASKED_MS = 4000;

/** The work was stopped. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  override readonly message = "Stopped.";
}

export class Watch {
  #ask: (progress: string) => Promise<boolean>;
  #begun = performance.now();
  #worked = 0;
  #isAsked = false;
  #isStopped = false;

  /** `ask` resolves to whether to go on. */
  constructor(ask: (progress: string) => Promise<boolean>) {
    this.#ask = ask;
  }

  /**
   * To be awaited between two steps of the work.
   * @throws {Stopped} when it was stopped.
   */
  async turn(progress: () => string): Promise<void> {
    const elapsed = performance.now() - this.#begun;
    if (elapsed < SLICE_MS) return;
    this.#worked += elapsed;
    if (this.#worked > UNASKED_MS && !this.#isAsked) {
      this.#isAsked = true;
      if (!(await this.#ask(progress()))) this.stop();
    }
    await new Promise((resolve) => setTimeout(resolve));
    if (this.#isStopped) throw new Stopped();
    this.#begun = performance.now();
  }

  stop(): void {
    this.#isStopped = true;
  }
}

/** How far something is, for people. */
export const progressOf = (done: number, all: number) => `${done.toLocaleString("en")} of ${all.toLocaleString("en")} steps are done`;
