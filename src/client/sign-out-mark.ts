// Tells a page that was away that its person signed out meanwhile: a mark in localStorage, one a hub, which every sign-out changes.
// Reading it takes no time, so a page back from the back/forward cache knows before it is seen. Where the browser refuses storage
// there is no mark, and nothing is ever over. Knows nothing of hubs.

/** What stands there before the first sign-out: where a site wipes its storage when a person leaves, the mark's absence tells it. */
const UNTOUCHED = '0';

export class SignOutMark {
  readonly #storage: () => Storage | undefined;
  readonly #uuid: () => string;
  #key = '';
  #noted: string | null = null;

  /** @param storage undefined where there is none; may throw */
  constructor(storage: () => Storage | undefined, uuid: () => string) {
    this.#storage = storage;
    this.#uuid = uuid;
  }

  /** Somebody's stay begins here, at the hub of this name. */
  begin(hubName: string): void {
    this.#key = `trunkline:signed-out:${hubName}`;
    if (this.#read() === null) this.#write(UNTOUCHED);
    this.#noted = this.#read();
  }

  /** Whether the person signed out since `begin()`, in whichever tab. */
  get isOver(): boolean {
    return this.#read() !== this.#noted;
  }

  /** The person signed out, so every stay begun before is over. */
  end(): void {
    // Marked by another tab: once more could end the next stay, which began there.
    if (this.#key && !this.isOver) this.#write(this.#uuid());
  }

  #read(): string | null {
    try {
      return this.#storage()?.getItem(this.#key) ?? null;
    } catch {
      return this.#noted;
    }
  }

  #write(mark: string): void {
    try {
      this.#storage()?.setItem(this.#key, mark);
    } catch {}
  }
}
