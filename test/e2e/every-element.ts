// Every element of dist/trunkline.js on one plain page, for any engine: functions that run in the page, and what is to be seen of them.

/** Puts one of each into a page that has a client. */
export const addEveryElement = (chat: string): void => {
  const errors: string[] = [];
  addEventListener('error', event => errors.push(event.message));
  addEventListener('unhandledrejection', event => errors.push(String(event.reason)));
  const all = Object.assign(document.createElement('div'), {id: 'all', errors});
  all.innerHTML = `<trunk-connection-status detail></trunk-connection-status>
    <trunk-presence-avatar name="Grace Hopper"></trunk-presence-avatar>
    <trunk-presence-stack></trunk-presence-stack>
    <trunk-typing-indicator chat="${chat}"></trunk-typing-indicator>
    <trunk-chat-list></trunk-chat-list>
    <trunk-chat-thread chat="${chat}" make></trunk-chat-thread>
    <trunk-monitor open></trunk-monitor>`;
  document.body.prepend(all);
};

/** One line an element: its kind of box, whether all it consists of is drawn, and its colours where it has a ground. */
export const lookAtEveryElement = (): string[] => {
  const all = document.querySelector<HTMLElement & {errors: string[]}>('#all');
  const lines = Array.from(all?.children ?? [], element => {
    const base = element.shadowRoot?.querySelector('[part~="base"]');
    const {width = 0, height = 0} = base?.getBoundingClientRect() ?? {};
    const rules = element.shadowRoot?.adoptedStyleSheets.reduce((sum, {cssRules}) => sum + cssRules.length, 0) ?? 0;
    const panel = element.shadowRoot?.querySelector('trunk-monitor-panel, trunk-composer');
    const inner = panel ? `, ${panel.localName} ${panel.shadowRoot?.querySelector('[part]') ? 'drawn' : 'empty'}` : '';
    const ground = base && getComputedStyle(base).backgroundColor;
    const isDrawn = width > 0 && height > 0 && rules > 5;
    return `${element.localName} ${getComputedStyle(element).display} ${isDrawn ? 'drawn' : 'empty'} ${ground}${inner}`;
  });
  return [...lines, ...(all?.errors ?? [])];
};

const NONE = 'rgba(0, 0, 0, 0)';

/** What is to be seen, in every engine. */
export const EVERY_ELEMENT = [
  `trunk-connection-status inline-block drawn ${NONE}`,
  `trunk-presence-avatar inline-block drawn ${NONE}`,
  `trunk-presence-stack inline-block drawn ${NONE}`,
  `trunk-typing-indicator block drawn ${NONE}`,
  `trunk-chat-list block drawn rgb(253, 252, 249)`,
  `trunk-chat-thread block drawn rgb(253, 252, 249), trunk-composer drawn`,
  `trunk-monitor block drawn rgb(253, 252, 249), trunk-monitor-panel drawn`,
];
