// Takes secrets out of everything that is shown or kept. A value is known here from the moment it is resolved.

/** What stands in place of a secret. */
const REDACTED = '‹secret›';

export interface Redactor {
  /** From now on this value, each of its lines, and its usual encodings are taken out. Values under 4 characters are no secrets. */
  add(secret: string): void;
  redact(text: string): string;
  /** Characters of the longest text that is looked for: what must be held back of a text that comes in parts. */
  longest(): number;
}

const SHORTEST = 4;
/** A line of a longer secret may be an everyday word. */
const SHORTEST_LINE = 8;

export function openRedactor(): Redactor {
  const known = new Set<string>();
  let pattern: RegExp | undefined;
  let longest = 0;
  return {
    add(secret) {
      for (const form of formsOf(secret)) {
        if (form.length < SHORTEST || known.has(form)) continue;
        known.add(form);
        longest = Math.max(longest, form.length);
        pattern = undefined;
      }
    },
    redact(text) {
      if (known.size === 0) return text;
      pattern ??= new RegExp(
        [...known]
          .sort((a, b) => b.length - a.length)
          .map(literally)
          .join('|'),
        'g',
      );
      return text.replace(pattern, REDACTED);
    },
    longest: () => longest,
  };
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** As it is, line by line, and as base64, URL and JSON write it. */
function formsOf(secret: string): string[] {
  const whole = secret.trim();
  const lines = whole
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE);
  return [whole, ...lines].flatMap((text) => [
    text,
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
  ]);
}
