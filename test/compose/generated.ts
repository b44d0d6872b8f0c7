// Random compose files in the styles that people use: every style of YAML, anchors and merge keys, comments, line ends, and scalars that YAML 1.1 and
// 1.2 parse differently.

import fc from 'fast-check';
import type { ComposeAdditions } from '../../src/model/action.ts';

const ODD = [
  '0440',
  '0o17',
  '1e9',
  '.5',
  '0123',
  '762434323423423423',
  '22:22',
  '1_000',
  'yes',
  '~',
  '+5',
  '0xFF',
  '1.10',
];
const scalar = fc.constantFrom(...ODD, "'it''s'", '"a \\u00e9 b"', 'text with spaces', 'a#b', '!!str 12', "'007'");

interface Style {
  readonly anchor: string;
  readonly comment: string;
}
const style = fc.record<Style>({
  anchor: fc.constantFrom('', '', 'ANCHOR'),
  comment: fc.constantFrom('', '', ' # why'),
});

type Lines = (indent: string, name: string) => string;

/** `key:` and its value over one or several lines. */
const environment: fc.Arbitrary<Lines> = fc
  .array(scalar, { minLength: 1, maxLength: 4 })
  .map(
    (values) => (indent) =>
      [`${indent}environment:`, ...values.map((value, index) => `${indent}  E${index}: ${value}`)].join('\n'),
  );

const labels: fc.Arbitrary<Lines> = fc
  .tuple(style, fc.constantFrom('map', 'flow map', 'list', 'tight list', 'flow list', 'null', 'empty'), scalar)
  .map(([{ anchor, comment }, form, value]) => (indent, name) => {
    const at = anchor === '' ? '' : ` &${name}-labels`;
    switch (form) {
      case 'map':
        return `${indent}labels:${at}${comment}\n${indent}  own.a: ${value}\n${indent}  "own.b": x`;
      case 'flow map':
        return `${indent}labels:${at} { own.a: ${value}, own.b: x }${comment}`;
      case 'list':
        return `${indent}labels:${at}\n${indent}  - own.a=1${comment}\n\n${indent}  - "own.b=\${X:-$$}"`;
      case 'tight list':
        return `${indent}labels:${at}\n${indent}- own.a=1\n${indent}# between\n${indent}- own.b=x${comment}`;
      case 'flow list':
        return `${indent}labels:${at} [own.a=1, 'own.b=x',]${comment}`;
      case 'null':
        return `${indent}labels:${comment}`;
      default:
        return `${indent}labels: {}${comment}`;
    }
  });

const command: fc.Arbitrary<Lines> = fc
  .tuple(style, fc.constantFrom('plain', 'double', 'single', 'folded', 'literal', 'list', 'block item', 'flow', 'null'))
  .map(([{ anchor, comment }, form]) => (indent, name) => {
    const at = anchor === '' ? '' : ` &${name}-command`;
    switch (form) {
      case 'plain':
        return `${indent}command:${at} serve --port 80${comment}`;
      case 'double':
        return `${indent}command:${at} "serve 'a b' \\x41"${comment}`;
      case 'single':
        return `${indent}command:${at} 'serve "a b"'${comment}`;
      case 'folded':
        return `${indent}command:${at} >-\n${indent}  serve\n${indent}  --port=80\n`;
      case 'literal':
        return `${indent}command:${at} |\n${indent}  serve --port=80\n\n`;
      case 'list':
        return `${indent}command:${at}\n${indent}  - serve${comment}\n${indent}  - 0440\n${indent}  # the end`;
      case 'block item':
        return `${indent}command:${at}\n${indent}  - sh\n${indent}  - -c\n${indent}  - |\n${indent}    echo a\n${indent}    echo b`;
      case 'flow':
        return `${indent}command:${at} ["serve", 0440]${comment}`;
      default:
        return `${indent}command: null${comment}`;
    }
  });

const volumes: fc.Arbitrary<Lines> = fc
  .tuple(style, fc.constantFrom('list', 'long', 'flow', 'empty'))
  .map(([{ anchor, comment }, form]) => (indent, name) => {
    const at = anchor === '' ? '' : ` &${name}-volumes`;
    switch (form) {
      case 'list':
        return `${indent}volumes:${at}\n${indent}  - data:/data${comment}\n${indent}  - data:/more:ro`;
      case 'long':
        return `${indent}volumes:${at}${comment}\n${indent}  - type: volume\n${indent}    source: data\n${indent}    target: /data`;
      case 'flow':
        return `${indent}volumes:${at} [ "data:/data" ]${comment}`;
      default:
        return `${indent}volumes: []`;
    }
  });

const fields = fc
  .record({ environment, labels, command, volumes }, { requiredKeys: [] })
  .map((all) => Object.values(all).filter((each) => each !== undefined));

/** Where a service gets its fields: written directly, or by the anchor of another one. */
const kind = fc.constantFrom('own', 'own', 'anchored', 'anchored', 'merges', 'alias', 'mentions');

/** A compose file with the services `a`, `b` and so on. */
export const composeFiles = filesOf(kind);

/** Without anchors and what mentions them. */
export const simpleComposeFiles = filesOf(fc.constant('own')).map((text) => text.replaceAll(/ &[\w-]+/g, ''));

function filesOf(kinds: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .record({
      services: fc.array(fc.tuple(kinds, fields, fc.constantFrom('', '\n', '\n  # a service\n')), {
        minLength: 1,
        maxLength: 4,
      }),
      head: fc.constantFrom(
        '',
        '# at the top\n',
        'x-logging: &logging { driver: json-file, options: { max-size: 10m } }\n',
      ),
      tail: fc.constantFrom('', 'volumes: { data: }', 'volumes:\n  data: {}\n', '# the end'),
      crlf: fc.boolean(),
      version: fc.constantFrom('', '', '%YAML 1.1\n---\n', '---\n'),
    })
    .map(({ services, head, tail, crlf, version }) => {
      const anchors: string[] = [];
      const shared: string[] = [];
      const blocks = services.map(([how, lines, before], index) => {
        const name = String.fromCharCode(97 + index);
        const base = anchors.at(-1);
        if (how === 'alias' && base !== undefined) return `${before}  ${name}: *${base}`;
        const own = lines.map((each) => each('    ', name));
        const mentioned =
          how === 'mentions'
            ? [...new Map(shared.splice(0).map((each) => [each.split('-')[1], each])).values()].filter(
                (each) => !own.some((text) => text.startsWith(`    ${each.split('-')[1]}:`)),
              )
            : [];
        const parts = [
          ...(how === 'merges' && base !== undefined ? [`    <<: *${base}`] : []),
          `    image: ${name}`,
          ...own,
          ...mentioned.map((each) => `    ${each.split('-')[1]}: *${each}`),
        ];
        for (const text of own) shared.push(...[...text.matchAll(/&(\w-\w+)/g)].map(([, anchor = '']) => anchor));
        if (how === 'anchored') anchors.push(`service-${name}`);
        return `${before}  ${name}:${how === 'anchored' ? ` &service-${name}` : ''}\n${parts.join('\n')}`;
      });
      const text = `${version}${head}services:\n${blocks.join('\n')}\n${tail}`;
      return crlf ? text.replaceAll('\n', '\r\n') : text;
    });
}

const label = fc.constantFrom('new.a=1', 'new.b=$x `y` "z"', 'own.a=changed', 'new.c=a\u2028b', "new.d='");
const more = fc.record(
  {
    labels: fc.uniqueArray(label, { maxLength: 3 }),
    command: fc.uniqueArray(fc.constantFrom('--flag', '--file=/a b', "it's", '--x:', '--money=$5'), { maxLength: 2 }),
    volumes: fc.uniqueArray(fc.constantFrom('/srv/x:/x', '/srv/y y:/y:ro'), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

/** Additions for some of the services that a file has. */
export function additionsTo(services: readonly string[]): fc.Arbitrary<ComposeAdditions> {
  return fc.record(Object.fromEntries(services.map((name) => [name, more])), {
    requiredKeys: [],
  }) as fc.Arbitrary<ComposeAdditions>;
}
