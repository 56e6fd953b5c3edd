// Dates, times and counts in the language of the place where an element stands. Intl objects are dear to make, so they are kept.
import type {Counted} from './strings.js';

/** The language an element stands in: the nearest `lang`, through shadow roots; undefined means the browser's own. */
export function localeOf(element: Element): string | undefined {
  for (let at: Element | null = element; at;) {
    const lang = at.closest('[lang]')?.getAttribute('lang');
    if (lang) return isKnown(lang) ? lang : undefined;
    const root: Node = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : null;
  }
  return undefined;
}

export function formatCount(forms: Counted, count: number, locale: string | undefined): string {
  const form = forms[keep('plural', locale, () => new Intl.PluralRules(locale)).select(count)] ?? forms.other;
  return form.replace('#', () => keep('number', locale, () => new Intl.NumberFormat(locale)).format(count));
}

export function formatTime(time: number, locale: string | undefined): string {
  return keep('time', locale, () => new Intl.DateTimeFormat(locale, {hour: 'numeric', minute: '2-digit'})).format(time);
}

/** Gives the `<time>` pointed at its whole date as a tooltip: most never are, and this formatter takes up to 40 ms to make. */
export function tellMoment({currentTarget}: Event): void {
  const time = currentTarget as HTMLTimeElement;
  const locale = localeOf(time);
  const options = {dateStyle: 'full', timeStyle: 'short'} as const;
  const format = keep('moment', locale, () => new Intl.DateTimeFormat(locale, options));
  time.title = format.format(new Date(time.dateTime));
}

/** A day as a separator shows it: with the year only when it isn't this one. */
export function formatDay(time: number, now: number, locale: string | undefined): string {
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  const day = {weekday: 'long', day: 'numeric', month: 'long'} as const;
  return keep(`day${sameYear}`, locale, () => {
    return new Intl.DateTimeFormat(locale, sameYear ? day : {...day, year: 'numeric'});
  }).format(time);
}

/** "5 minutes ago". */
export function formatAgo(time: number, now: number, locale: string | undefined): string {
  const format = keep('ago', locale, () => new Intl.RelativeTimeFormat(locale, {numeric: 'auto'}));
  const minutes = Math.min(0, Math.round((time - now) / 60_000));
  if (minutes > -60) return format.format(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  return hours > -24 ? format.format(hours, 'hour') : format.format(Math.round(hours / 24), 'day');
}

const kept = new Map<string, unknown>();

/** What `make` makes, once a kind and language. */
export function keep<T>(kind: string, locale: string | undefined, make: () => T): T {
  const key = `${kind} ${locale}`;
  if (!kept.has(key)) kept.set(key, make());
  return kept.get(key) as T;
}

function isKnown(lang: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(lang).length > 0;
  } catch {
    return false; // not a language tag at all
  }
}
