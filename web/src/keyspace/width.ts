// How wide an element is, for what cannot be laid out by style alone.

import { type RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Whether the element is at least so wide, in pixels. */
export function useIsWide(element: RefObject<HTMLElement | null>, width: number): boolean {
  const [isWide, setWide] = useState(false);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWide(entry!.contentRect.width >= width));
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [width]);
  return isWide;
}
