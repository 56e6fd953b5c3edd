// The words of who is writing, loaded with what shows them.

export interface TypingWords {
  /** `names`: one to three of them, as a list in the page's language. */
  typing: (names: string, count: number) => string;
  typingMany: string;
}

export const typingEnglish: TypingWords = {
  typing: (names, count) => `${names} ${count === 1 ? 'is' : 'are'} typing…`,
  typingMany: 'Several people are typing…',
};
