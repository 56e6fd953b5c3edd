// What both pages with a whole chat to read have: what they are told, how the first paint is noticed, what can be asked of them.

export interface ThreadPage {
  /** ms from navigation until the newest message is painted; null while it isn't. */
  paintedMs(): number | null;
  nodes(): number;
  /** Whether the page shows a message with this text. */
  shows(text: string): boolean;
  /** Scrolls up until older messages were put in, some times, and answers by how many px at most what was in sight has moved. */
  prepend(): Promise<number>;
}

declare global {
  interface Window {
    thread: ThreadPage;
  }
}

const query = new URLSearchParams(location.search);
const told = (name: string) => query.get(name) ?? '';

export const asked = {url: told('url'), key: told('key'), chat: told('chat')};

export const frame = () => new Promise(requestAnimationFrame);

export interface List {
  /** What scrolls; null while it isn't drawn. */
  log(): HTMLElement | null;
  /** The messages that are drawn, in their order; their texts differ. */
  rows(): Element[];
}

/** Offers the page to the bench, and looks at every frame whether it shows the newest message. */
export function offer(list: List): void {
  let painted: number | null = null;
  const shows = (text: string) => list.rows().findLast(row => row.textContent === text) !== undefined;
  window.thread = {
    ...{paintedMs: () => painted, nodes: () => countNodes(document), shows},
    prepend: () => shiftOfPrepends(list),
  };
  void (async () => {
    while (!shows(told('newest'))) await frame();
    await frame();
    painted = performance.now();
  })();
}

/** So often that what the page has at hand is used up, and older ones have to be asked for. */
const PREPENDS = 8;

async function shiftOfPrepends({log: find, rows}: List): Promise<number> {
  const log = find();
  if (!log) throw new Error('There is no list.');
  let worst = NaN;
  for (let n = 0; n < PREPENDS; n++) {
    const first = rows()[0]?.textContent ?? '';
    let before = NaN;
    // Before the page hears of it: it may put older ones in at once.
    const note = () => (before = topOf(rows()[0]));
    log.getRootNode().addEventListener('scroll', note, {capture: true, once: true});
    log.scrollTop = 0;
    for (let frames = 0; frames < 300 && rows()[0]?.textContent === first; frames++) await frame();
    if (rows()[0]?.textContent === first) break; // the beginning of the chat
    await frame();
    const moved = Math.abs(topOf(rows().find(row => row.textContent === first)) - before);
    if (!Number.isFinite(moved)) throw new Error('What was in sight is gone.');
    worst = Number.isNaN(worst) ? moved : Math.max(worst, moved);
  }
  return worst;
}

const topOf = (row: Element | undefined) => row?.getBoundingClientRect().top ?? NaN;

function countNodes(root: Node): number {
  let count = 0;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
  for (let node: Node | null = walker.currentNode; node; node = walker.nextNode()) {
    count++;
    if (node instanceof Element && node.shadowRoot) count += countNodes(node.shadowRoot);
  }
  return count;
}
