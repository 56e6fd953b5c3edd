// Puts elements in front of a fake hub, and finds what is inside them.
import {fixture} from '@open-wc/testing';
import type {LitElement, TemplateResult} from 'lit';
import '../../components/define.js';
import {defaultClient} from '../../src/client/default-client.js';
import type {FakeHub} from './fake-hub.js';

/** Renders `template` with `hub` as the page's default client, and waits until the first element has all it asked for. */
export async function mount<T extends LitElement>(hub: FakeHub, template: TemplateResult): Promise<T> {
  defaultClient.set(hub.client);
  const element = await fixture<T>(template);
  await hub.settle(element);
  return element;
}

/** The part of an element, or null. */
export function part<T extends HTMLElement = HTMLElement>(element: Element | null | undefined, name: string): T | null {
  return element?.shadowRoot?.querySelector<T>(`[part~=${name}]`) ?? null;
}

export function parts(element: Element, name: string): HTMLElement[] {
  return [...(element.shadowRoot?.querySelectorAll<HTMLElement>(`[part~=${name}]`) ?? [])];
}

/** What a reader sees of an element's part, with single spaces. */
export function textOf(element: Element | null | undefined): string {
  return (element?.textContent ?? '').replace(/\s+/g, ' ').trim();
}

/** The textarea in a thread or composer. */
export function field(element: Element): HTMLTextAreaElement {
  const composer = element.localName === 'trunk-composer' ? element : part(element, 'composer');
  return part<HTMLTextAreaElement>(composer, 'input') as HTMLTextAreaElement;
}

/** Types `text` into the field, as one input. */
export function type(element: Element, text: string): HTMLTextAreaElement {
  const input = field(element);
  input.focus();
  input.value = text;
  input.dispatchEvent(new InputEvent('input', {bubbles: true, composed: true}));
  return input;
}

/** A key as the field gets it. Answers whether it was let through to the browser. */
export function press(target: EventTarget, key: string, options: KeyboardEventInit = {}): boolean {
  return target.dispatchEvent(
    new KeyboardEvent('keydown', {key, bubbles: true, composed: true, cancelable: true, ...options}),
  );
}

/** Resolves after the browser has laid out and told scroll and resize listeners. */
export async function frames(count = 2): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => requestAnimationFrame(resolve));
}
