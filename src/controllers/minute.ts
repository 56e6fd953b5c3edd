// The time, for whatever says how long ago something was: one timer for all of them, none while nobody looks.
import {Signal, type Source} from '../client/source.js';

/** How often what is shown in minutes is looked at again, in ms. */
const EVERY_MS = 30_000;

const now = new Signal(0);
let followers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function run(): void {
  clearInterval(timer);
  if (followers === 0 || document.hidden) return;
  timer = setInterval(() => now.set(Date.now()), EVERY_MS);
  now.set(Date.now());
}

/** Ms since 1970, told again every 30 s while the page is visible, and at once when it comes into view. */
export const minute: Source<number> = {
  get current() {
    return now.current;
  },
  subscribe(listener) {
    if (followers++ === 0) {
      document.addEventListener('visibilitychange', run);
      run();
    }
    const undo = now.subscribe(listener);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      undo();
      if (--followers > 0) return;
      document.removeEventListener('visibilitychange', run);
      run();
    };
  },
};
