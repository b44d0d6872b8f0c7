// Where compose's reader of YAML (go.yaml.in/yaml) differs from YAML 1.2: numbers as YAML 1.1 wrote them, and its own tag `!reset`.

import { type Document, type Pair, type ScalarTag, type Tags, visit } from 'yaml';

/** `0440` is octal, and digits may be parted by `_`. */
const olderNumber: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?(?:0b[01_]+|0[0-7_]+|[1-9]\d*_[\d_]*)$/,
  resolve(text) {
    const [, sign, digits = ''] = /^([-+]?)(.*)$/.exec(text.replaceAll('_', '')) ?? [];
    const size =
      digits.startsWith('0b') || digits === '0'
        ? Number(digits)
        : Number.parseInt(digits, digits.startsWith('0') ? 8 : 10);
    return sign === '-' ? -size : size;
  },
};

export function composeTags(tags: Tags): Tags {
  return [olderNumber, ...tags];
}

/** Takes out what is written to be taken out. */
export function dropReset(document: Document.Parsed): void {
  visit(document, {
    Pair: (_, pair) => (isReset(pair) ? visit.REMOVE : undefined),
  });
}

/** What others mention by an alias stays. */
function isReset({ value }: Pair): boolean {
  const { tag, anchor } = (value ?? {}) as { tag?: string; anchor?: string };
  return tag === '!reset' && anchor === undefined;
}
