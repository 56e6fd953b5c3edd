// Figures as the monitor writes them, in the language of the place where it stands. What isn't known is a dash.
export const NOTHING = '–';

export class MonitorFormat {
  readonly locale: string | undefined;
  readonly #kept = new Map<string, Intl.NumberFormat>();
  readonly #time: Intl.DateTimeFormat;

  constructor(locale: string | undefined) {
    this.locale = locale;
    this.#time = new Intl.DateTimeFormat(locale, {hour: '2-digit', minute: '2-digit', second: '2-digit'});
  }

  /** Small ones with a decimal, unless they are whole. */
  count(count: number): string {
    return this.#number({maximumFractionDigits: count < 10 ? 1 : 0}).format(count);
  }

  bytes(bytes: number | null): string {
    if (bytes === null) return NOTHING;
    if (bytes < 1e3) return this.#unit('byte', bytes, 0);
    if (bytes < 1e6) return this.#unit('kilobyte', bytes / 1e3, 1);
    return this.#unit('megabyte', bytes / 1e6, 1);
  }

  /** A length of time, of the largest unit that has one of it. */
  span(ms: number | null): string {
    if (ms === null) return NOTHING;
    if (ms < 1_000) return this.#unit('millisecond', Math.max(0, Math.round(ms)), 0);
    if (ms < 60_000) return this.#unit('second', ms / 1_000, ms < 10_000 ? 1 : 0);
    if (ms < 3_600_000) return this.#unit('minute', Math.floor(ms / 60_000), 0);
    if (ms < 86_400_000) return this.#unit('hour', ms / 3_600_000, 1);
    return this.#unit('day', ms / 86_400_000, 1);
  }

  time(at: number): string {
    return this.#time.format(at);
  }

  #unit(unit: string, value: number, digits: number): string {
    return this.#number({style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits}).format(value);
  }

  #number(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const key = JSON.stringify(options);
    const known = this.#kept.get(key);
    if (known) return known;
    const made = new Intl.NumberFormat(this.locale, options);
    this.#kept.set(key, made);
    return made;
  }
}
