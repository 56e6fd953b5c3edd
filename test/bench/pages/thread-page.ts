// What both pages with a whole chat to read have: what they are told, how the first paint is noticed, what can be asked of them.

export interface ThreadPage {
  /** ms from navigation until the newest message is painted; null while it isn't. */
  paintedMs(): number | null;
  nodes(): number;
  /** Whether the page shows a message with this text. */
  shows(text: string): boolean;
  /** Scrolls up until older messages were put in, and answers by how many px what was in sight has moved; null when there is nothing. */
  prepend(): Promise<number | null>;
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

/** Offers the page to the bench, and looks at every frame whether it shows the newest message. */
export function offer(shows: (text: string) => boolean, prepend: () => Promise<number | null>): void {
  let painted: number | null = null;
  window.thread = {paintedMs: () => painted, nodes: () => countNodes(document), shows, prepend};
  void (async () => {
    while (!shows(told('newest'))) await frame();
    await frame();
    painted = performance.now();
  })();
}

function countNodes(root: Node): number {
  let count = 0;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
  for (let node: Node | null = walker.currentNode; node; node = walker.nextNode()) {
    count++;
    if (node instanceof Element && node.shadowRoot) count += countNodes(node.shadowRoot);
  }
  return count;
}
