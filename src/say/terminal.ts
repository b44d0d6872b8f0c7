// Text for terminals: colours where they are wanted, and nothing that came from a repository acts on the terminal.

const CODES = { bold: 1, red: 31, green: 32, yellow: 33 } as const;

export type Style = keyof typeof CODES;

export function paint(text: string, style: Style, colours: boolean): string {
  return colours ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

/** Control characters, and marks that turn the direction of writing, read `?`. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '?');
}
