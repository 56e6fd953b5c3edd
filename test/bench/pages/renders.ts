// What the presence and idle benches ask of a page: how often it drew something, how many frames and timers it had.
export interface Drawn {
  /** Rows or avatars drawn anew. */
  renders: number;
  /** Frames in which any was. */
  paints: number;
  /** Frames that a script asked for. */
  frames: number;
  timers: number;
}

declare global {
  interface Window {
    drawn: Drawn;
    /** Hides the page, as the browser would say it, or shows it again. */
    setHidden(isHidden: boolean): void;
    /** How many people the page shows. */
    people(): number;
  }
}

let painted: CSSNumberish | null = null;

/** A row or avatar is drawn anew. */
export function countRender(drawn: Drawn): void {
  drawn.renders++;
  // One time for all that happens between two frames, whether a frame's own script did it or a task before it.
  const frame = document.timeline.currentTime;
  if (frame !== painted) drawn.paints++;
  painted = frame;
}

/** Counts from now on. A headless browser shows every tab, so a hidden page is played: timers as they are, no frames. */
export function countDrawn(): Drawn {
  const drawn = (window.drawn = {renders: 0, paints: 0, frames: 0, timers: 0});
  const {setTimeout: timeout, setInterval: interval, requestAnimationFrame: frame} = window;
  const counted =
    (task: TimerHandler) =>
    (...args: unknown[]) => {
      window.drawn.timers++;
      if (typeof task === 'function') task(...args);
    };
  let isHidden = false;
  let held: FrameRequestCallback[] = [];

  Object.assign(window, {
    setTimeout: (task: TimerHandler, ms?: number, ...args: unknown[]) => timeout(counted(task), ms, ...args),
    setInterval: (task: TimerHandler, ms?: number, ...args: unknown[]) => interval(counted(task), ms, ...args),
    requestAnimationFrame: (task: FrameRequestCallback) => {
      const run = (at: number) => {
        window.drawn.frames++;
        task(at);
      };
      return isHidden ? held.push(run) : frame(run);
    },
    setHidden: (value: boolean) => {
      isHidden = value;
      Object.defineProperty(document, 'hidden', {value, configurable: true});
      Object.defineProperty(document, 'visibilityState', {value: value ? 'hidden' : 'visible', configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
      if (!value) for (const run of held.splice(0)) frame(run);
    },
  });
  return drawn;
}
