// Colours for terminals, where they are wanted.

const CODES = { bold: 1, red: 31, green: 32, yellow: 33 } as const;

export type Style = keyof typeof CODES;

export function paint(text: string, style: Style, colours: boolean): string {
  return colours ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}
