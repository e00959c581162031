// The registers of a HyperLogLog: a square of them, and how many have each value.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { latin1 } from "../../bytes.js";
import { Action, Form } from "../form.js";
import { type HyperLogLog, histogram, readHyperLogLog } from "../hyperloglog.js";
import type { Subject } from "../subject.js";
import { count, meant } from "../text.js";

const SIDE = 128;

export function HyperLogLogView({ subject }: { subject: Subject }) {
  const [isAdding, setAdding] = useState(false);
  const bytes = subject.ask("GET", subject.key) as Uint8Array;
  const content = latin1(bytes);
  const log = useMemo(() => readHyperLogLog(bytes), [content]);
  if (log === null) return <p class="empty">The registers are corrupt.</p>;
  const counts = histogram(log.registers);
  const used = log.registers.length - counts[0]!;
  return (
    <div class="registers" tabIndex={0} role="group" aria-label="HyperLogLog">
      <p><strong>about {count(log.estimate)}</strong> different elements, {log.encoding}, {count(used)} of {count(log.registers.length)} registers used</p>
      <div class="drawings">
        <Square log={log} used={used} />
        <Histogram counts={counts} />
      </div>
      {isAdding ? (
        <Form
          title="New element" submit="Add" locked={subject.locked} isKept onClose={() => setAdding(false)} fields={[{ name: "element", label: "New element" }]}
          onSubmit={({ element }) => subject.edit(["PFADD", subject.key, meant(element!)])}
        />
      ) : <div class="actions"><Action locked={subject.locked} onClick={() => setAdding(true)}>Add element</Action></div>}
    </div>
  );
}

function Square({ log, used }: { log: HyperLogLog; used: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    context.clearRect(0, 0, SIDE, SIDE);
    context.fillStyle = getComputedStyle(canvas.current!).color;
    const most = log.registers.reduce((most, value) => Math.max(most, value), 1);
    log.registers.forEach((value, register) => {
      if (value === 0) return;
      context.globalAlpha = 0.2 + (0.8 * value) / most;
      context.fillRect(register % SIDE, Math.floor(register / SIDE), 1, 1);
    });
  }, [log]);
  return <canvas ref={canvas} width={SIDE} height={SIDE} role="img" aria-label={`${used} of ${log.registers.length} registers used`} />;
}

function Histogram({ counts }: { counts: readonly number[] }) {
  const last = counts.reduce((last, count, value) => (count > 0 ? value : last), 0);
  const most = Math.max(...counts.slice(1), 1);
  const values = counts.slice(1, Math.max(2, last + 1));
  return (
    <div class="histogram" role="img" aria-label={`Registers by value: ${values.map((count, at) => `${at + 1}: ${count}`).join(", ")}`}>
      {values.map((count, at) => (
        <span key={at} title={`${count} registers hold ${at + 1}`}>
          <span class="column" style={{ height: `${(count / most) * 100}%` }} />
          <span class="tick">{at + 1}</span>
        </span>
      ))}
    </div>
  );
}
