// Puts a thread on the page and looks at its rows after every change on the screen.
import {tokenOf} from './evidence.js';
import {ListWatch, type Finding} from './watch.js';

export function watchThread(slug: string, tell: (finding: Finding) => void): void {
  const thread = document.createElement('trunk-chat-thread');
  thread.chat = slug;
  thread.make = true;
  document.body.append(thread);
  const root = thread.shadowRoot as ShadowRoot;
  const watch = new ListWatch({isWindow: true});
  new MutationObserver(() => {
    const rows = [...root.querySelectorAll('[part~=message]')].map(row => {
      const body = row.querySelector('[part~=body]');
      const isDeleted = body?.getAttribute('part')?.includes('deleted') === true;
      return {
        id: (body?.id ?? '').replace(/^body-/, ''),
        seq: null,
        confirmed: row.classList.contains('sent'),
        token: isDeleted ? null : tokenOf(body?.textContent ?? ''),
      };
    });
    for (const finding of watch.see(rows)) tell(finding);
  }).observe(root, {subtree: true, childList: true, attributes: true, characterData: true});
}
