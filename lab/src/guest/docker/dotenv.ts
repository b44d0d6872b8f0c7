// A file of variables as compose reads it: the parser of compose-go 2.16 (dotenv/parser.go), which docker compose and Portainer share.

/** Expands `$NAME` in a value. */
export type Expand = (value: string, variables: Readonly<Record<string, string>>) => string;

/** @throws Error with compose's message */
export function parseVariables(text: string, expand: Expand): Record<string, string> {
  const variables: Record<string, string> = {};
  let rest = text;
  for (;;) {
    rest = rest.replace(/^(\s|#[^\n]*(\n|$))+/, '');
    if (rest === '') return variables;
    const [head, name = ''] = /^(?:export\s+)?([\p{L}\p{N}_.[\]-]+)[^\S\n]*[=:][^\S\n]*/u.exec(rest) ?? [];
    if (head === undefined) {
      const [line = ''] = rest.split('\n');
      // A name alone is taken over from whoever calls, where nothing is set.
      if (!/^[\p{L}\p{N}_.[\]-]+\s*$/u.test(line)) throw new Error(`unexpected character in variable name "${line}"`);
      rest = rest.slice(line.length);
      continue;
    }
    rest = rest.slice(head.length);
    const quote = rest[0];
    if (quote === '"' || quote === "'") {
      const [raw, length] = quotedText(rest, quote);
      variables[name] = quote === "'" ? raw : expand(unescaped(raw), variables);
      rest = rest.slice(length);
    } else {
      const [line = ''] = rest.split('\n');
      variables[name] = expand((line.split(' #')[0] ?? '').trimEnd(), variables);
      rest = rest.slice(line.length);
    }
  }
}

/** What stands between the quotes, and how long it is with them. A backslash goes only before a quote of that kind. */
function quotedText(text: string, quote: string): [text: string, length: number] {
  let value = '';
  let escapes = false;
  for (let at = 1; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (sign === quote && !escapes) return [value, at + 1];
    if (sign === '\\' && !escapes) {
      escapes = true;
      continue;
    }
    value += escapes && sign !== quote ? `\\${sign}` : sign;
    escapes = false;
  }
  throw new Error(`unterminated quoted value ${text.split('\n')[0]}`);
}

const CONTROL: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescaped(text: string): string {
  return text.replaceAll(/\\([abcfnrtv$"\\]|0\d{0,3})/g, (whole, sign: string) => {
    if (sign === '$') return '$$';
    if (sign === '"' || sign === '\\') return sign;
    if (/^0\d{3}$/.test(sign)) return String.fromCharCode(Number.parseInt(sign.slice(1), 8));
    return CONTROL[sign] ?? whole;
  });
}
