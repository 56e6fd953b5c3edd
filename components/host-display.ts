// Keeps an element's kind of box on pages whose reset takes it: `* {all: unset; display: revert}` wins over what a shadow root says of
// its host, and makes every element `inline`. Whatever else a page says (`none`, `flex`, …) holds, since it is meant.
import type {ReactiveElement} from 'lit';

/** Class decorator. @param display what the element's own styles say of its host */
export function keepsDisplay(display: 'block' | 'inline-block' | 'contents') {
  return (element: typeof ReactiveElement): void =>
    element.addInitializer(host => host.addController({hostConnected: () => keep(host as ReactiveElement, display)}));
}

function keep(host: ReactiveElement, display: string): void {
  // Another shadow root, such as a thread's, is out of the reset's reach; asking would only cost.
  if (host.getRootNode() !== document || getComputedStyle(host).display !== 'inline') return;
  // Through CSSOM, never a style attribute, which a strict Content-Security-Policy refuses.
  host.style.display = display;
}
