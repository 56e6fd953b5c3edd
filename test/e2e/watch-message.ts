// Sees every state a message goes through on the screen, however short: a MutationObserver inside the tab.
import type {Tab} from './stage.js';

export interface Sight {
  /** Bubbles with this text. */
  count: number;
  /** The state of the first of them, in words. */
  state: string;
}

/** Starts to watch for the message with this text. */
export async function watchMessage(tab: Tab, text: string): Promise<void> {
  await tab.thread.evaluate((thread, wanted) => {
    const root = thread.shadowRoot as ShadowRoot;
    const sights: Sight[] = [];
    Object.assign(window, {sights});
    new MutationObserver(() => {
      const bodies = [...root.querySelectorAll('[part~=body]')].filter(body => body.textContent === wanted);
      if (bodies.length === 0) return;
      const state = bodies[0]?.closest('[part~=message]')?.querySelector('[part~=state]')?.getAttribute('title') ?? '';
      const last = sights.at(-1);
      if (last?.count !== bodies.length || last.state !== state) sights.push({count: bodies.length, state});
    }).observe(root, {subtree: true, childList: true, attributes: true, characterData: true});
  }, text);
}

/** What was seen, in order, without repeats. */
export function statesOf(tab: Tab): Promise<Sight[]> {
  return tab.page.evaluate(() => (window as unknown as {sights: Sight[]}).sights);
}
