// YAML tags for the differences of compose's parser (go.yaml.in/yaml) from YAML 1.2: YAML 1.1 numbers and the `!reset` tag.

import { type Document, type Pair, type ScalarTag, type Tags, visit } from 'yaml';

/** `0440` is octal, and digits may be separated by `_`. */
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

/** Removes values tagged with `!reset`. */
export function dropReset(document: Document.Parsed): void {
  visit(document, {
    Pair: (_, pair) => (isReset(pair) ? visit.REMOVE : undefined),
  });
}

/** Anchored values that aliases use are kept. */
function isReset({ value }: Pair): boolean {
  const { tag, anchor } = (value ?? {}) as { tag?: string; anchor?: string };
  return tag === '!reset' && anchor === undefined;
}
