// Tells an Enter that belongs to an input method (it picks a candidate) from one that a person means. The orders met:
//   Chromium, Firefox: keydown (isComposing, keyCode 229) → compositionend → keyup
//   Safari:            compositionend → keydown (not composing, keyCode 229 or 13) → keyup

/** In Safari the key follows the end of the composition in the same task; nobody types a second Enter so fast. */
const SAME_STROKE_MS = 50;

export class ImeGuard {
  #isComposing = false;
  #endedAt = -Infinity;

  /** Whether the input method takes this key. */
  owns(event: KeyboardEvent): boolean {
    const justEnded = event.timeStamp - this.#endedAt < SAME_STROKE_MS;
    return this.#isComposing || event.isComposing || event.keyCode === 229 || justEnded;
  }

  readonly onCompositionStart = (): void => {
    this.#isComposing = true;
  };

  readonly onCompositionEnd = (event: Event): void => {
    this.#isComposing = false;
    this.#endedAt = event.timeStamp;
  };

  /** The stroke that ended the composition is over. */
  readonly onKeyup = (): void => {
    this.#endedAt = -Infinity;
  };
}
