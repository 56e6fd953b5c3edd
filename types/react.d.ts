// The elements in React 19's JSX, typed: `import 'trunkline/react'` once. Made from the elements' own types, so that it can't differ.
import type {LitElement} from 'lit';
import type {DetailedHTMLProps, HTMLAttributes} from 'react';

export * from '../dist/types/components/define.js';

type Tag = Extract<keyof HTMLElementTagNameMap, `trunk-${string}`>;
type EventName = Extract<keyof HTMLElementEventMap, `trunk-${string}`>;

/** An element's own properties, without its methods. React 19 sets what the element has as a property, and all else as an attribute. */
type Properties<E> = {
  [K in Exclude<keyof E, keyof LitElement> as E[K] extends (...given: never[]) => unknown ? never : K]?:
    E[K] | undefined;
};

type Kebab<S extends string> = S extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `-${Lowercase<First>}`}${Kebab<Rest>}`
  : S;

/** The same by the names of their attributes. */
type Attributes<E> = {
  [
    K in Exclude<keyof E, keyof LitElement> & string as E[K] extends string | number | boolean | null | undefined
      ? Kebab<K>
      : never
  ]?: E[K] | undefined;
};

/** `ontrunk-send={event => …}`, on any element around it, too: they bubble. */
type Listeners = {[K in EventName as `on${K}`]?: ((event: HTMLElementEventMap[K]) => void) | undefined};

type Props<E> = DetailedHTMLProps<HTMLAttributes<E>, E> & Properties<E> & Attributes<E> & Listeners;

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements extends TrunkElements {}
  }
}

type TrunkElements = {[T in Tag]: Props<HTMLElementTagNameMap[T]>};
