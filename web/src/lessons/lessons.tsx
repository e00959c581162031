// The lessons in the page: a list to choose from, and the guide that stands above the terminals while one is taken.

import { type Signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { restored } from "../session/restored.js";
import type { Session } from "../session/session.js";
import { LESSONS } from "./catalogue.js";
import { Course, type Remark } from "./course.js";
import type { Lesson } from "./lesson.js";
import "./lessons.css";

export interface Lessons {
  /** The lesson that is being taken. */
  readonly course: Signal<Course | undefined>;
  /** Whether the list of them is open. */
  readonly isChoosing: Signal<boolean>;
  begin(lesson: Lesson, at?: number): Promise<void>;
  /** Back to the session that was there before, if it had anything; else the lesson's goes on. */
  end(): void;
}

const LINK = /^#lesson=([\w-]+)(?:\/(\d+))?$/;

/** The lessons of a playground. Where it is the page, the page's link says how far one has come. */
export function useLessons(session: Session, replace: (next: Session) => void, isPage: boolean, first?: string): Lessons {
  const course = useSignal<Course | undefined>(undefined);
  const isChoosing = useSignal(false);
  const latest = useRef(replace);
  latest.current = replace;
  const link = (fragment: string) => isPage && history.replaceState(null, "", `${location.pathname}${fragment}`);
  const current = useRef(session);
  current.current = session;
  const before = useRef<Uint8Array | undefined>(undefined);
  const begin = async (lesson: Lesson, at = 0) => {
    const next = await Course.begin(lesson, at);
    const { db, transcript } = current.current;
    if (course.peek() === undefined) before.current = db.isOpen && transcript.exchanges.some(({ kind }) => kind === "request") ? db.record() : undefined;
    course.peek()?.close();
    course.value = next;
    latest.current(next.session);
  };
  const leave = () => {
    course.peek()?.close();
    course.value = undefined;
    link("");
  };
  const end = () => {
    leave();
    const recording = before.current;
    before.current = undefined;
    if (recording !== undefined) void restored(recording).then((session) => latest.current(session));
  };
  // Whoever opens another session has left the lesson.
  const opened = useRef(session);
  if (opened.current !== session) {
    opened.current = session;
    if (course.peek() !== undefined && course.peek()!.session !== session) leave();
  }
  useEffect(() => {
    const lesson = LESSONS.find(({ name }) => name === first);
    if (lesson !== undefined) void begin(lesson);
  }, [first]);
  useEffect(() => {
    if (!isPage) return;
    const follow = () => {
      const [, name, at] = LINK.exec(location.hash) ?? [];
      const lesson = LESSONS.find((lesson) => lesson.name === name);
      if (lesson !== undefined) void begin(lesson, Number(at ?? 0));
    };
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [isPage]);
  const place = useComputed(() => course.value && `#lesson=${course.value.lesson.name}/${course.value.done.value}`);
  useEffect(() => place.subscribe((place) => place !== undefined && link(place)), []);
  return { course, isChoosing, begin, end };
}

/** A button, and the list behind it. */
export function LessonList({ lessons }: { lessons: Lessons }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { isChoosing } = lessons;
  useEffect(() => (isChoosing.value ? dialog.current!.showModal() : dialog.current!.close()), [isChoosing.value]);
  return (
    <>
      <button type="button" onClick={() => (isChoosing.value = true)}>Lessons</button>
      <dialog
        ref={dialog} class="lesson-list" aria-labelledby="redstart-lessons" onClose={() => (isChoosing.value = false)}
        onClick={({ target, currentTarget }) => target === currentTarget && (isChoosing.value = false)}
      >
        <h2 id="redstart-lessons">Ten short lessons</h2>
        <p>You type, and the engine in this page replies. Each lesson takes a few minutes and has its own session.</p>
        <ol>
          {LESSONS.map((lesson) => (
            <li key={lesson.name}>
              <button type="button" onClick={() => ((isChoosing.value = false), void lessons.begin(lesson))}>
                <b>{lesson.title}</b> <span>{lesson.about}</span>
              </button>
            </li>
          ))}
        </ol>
        <form method="dialog"><button>Close</button></form>
      </dialog>
    </>
  );
}

/** What the lesson says, above the terminals. */
export function Guide({ lessons }: { lessons: Lessons }) {
  const course = lessons.course.value;
  return course === undefined ? null : <Guided key={course} course={course} lessons={lessons} />;
}

function Guided({ course, lessons }: { course: Course; lessons: Lessons }) {
  const guide = useRef<HTMLElement>(null);
  const { lesson, session, step } = course;
  const done = course.done.value;
  const next = LESSONS[LESSONS.indexOf(lesson) + 1];
  // It is one button from the first step to the last, so that one key is enough.
  const act = () => {
    if (step !== undefined) course.perform();
    else if (next !== undefined) void lessons.begin(next);
    else lessons.end();
  };
  const atEnd = next ? `Next: ${next.title}` : "Play on your own";
  const label = step === undefined ? atEnd : step.command === undefined ? `Let ${time(step.ms)} pass` : "Run it";
  // Whoever types goes on typing where the next command belongs.
  useLayoutEffect(() => {
    guide.current!.scrollTop = 0;
    if (step?.command === undefined) return;
    session.front.value = course.client(step.command.client);
    const frame = requestAnimationFrame(() => {
      const { activeElement } = guide.current!.getRootNode() as Document | ShadowRoot;
      const prompt = guide.current!.closest(".redstart")!.querySelector<HTMLElement>(".terminal.active .cm-content");
      if (activeElement?.closest(".terminal")) prompt?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [done]);
  return (
    <section class="guide" aria-label={`Lesson: ${lesson.title}`} ref={guide}>
      <header>
        <h2>{lesson.title}</h2>
        <progress max={lesson.steps.length} value={done} aria-label="Steps done" />
        <span class="count">{done < lesson.steps.length ? `step ${done + 1} of ${lesson.steps.length}` : "done"}</span>
        <button type="button" class="icon" aria-label="End the lesson" title="End the lesson" onClick={lessons.end}>×</button>
      </header>
      <div aria-live="polite">
        {step === undefined
          ? <Words text={lesson.closing} />
          : step.text !== "" && <Words text={step.text} />}
        {course.remark.value && <Remarked course={course} remark={course.remark.value} lessons={lessons} />}
      </div>
      <div class="do">
        {step?.command && <p class="ask"><span>client {course.client(step.command.client).id}&gt;</span> <code>{course.line}</code></p>}
        <button key="do" type="button" class="primary" onClick={act}>{label}</button>
      </div>
    </section>
  );
}

function Remarked({ course, remark, lessons }: { course: Course; remark: Remark; lessons: Lessons }) {
  if (remark.kind === "detour") return <p class="remark">Try whatever you like. The lesson continues where you left it.</p>;
  if (remark.kind === "elsewhere") return <p class="remark">Right, but enter it in client {course.client(course.step!.command!.client).id}.</p>;
  return (
    <p class="remark">
      Here the reply would be {remark.expected.length === 0 ? "none yet" : <code>{remark.expected.join(" ")}</code>}: your own commands have changed something.{" "}
      <button type="button" onClick={() => void lessons.begin(course.lesson, course.done.peek())}>Return to this step</button>
    </p>
  );
}

/** Text in which code stands between backquotes. */
function Words({ text }: { text: string }) {
  return <p>{text.split("`").map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</p>;
}

/** To a tenth of a second: cases wait a millisecond longer, since a deadline has passed once its moment is over. */
function time(ms: number): string {
  const seconds = Math.round(ms / 100) / 10;
  return seconds === 1 ? "a second" : `${seconds} seconds`;
}
