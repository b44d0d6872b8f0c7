// Random rules and regular expressions, including typical mistakes, from fragments that Go's parsers distinguish.

import fc from 'fast-check';

const NAMES = [
  'Host',
  'HostRegexp',
  'Path',
  'PathPrefix',
  'PathRegexp',
  'Header',
  'HeaderRegexp',
  'Query',
  'QueryRegexp',
  'Method',
  'ClientIP',
];
const OTHERS = [
  'HOST',
  'host',
  'hOST',
  'Pathprefix',
  'PATHPREFIX',
  'clientIp',
  'Clientip',
  'HostHeader',
  'Headers',
  'HeadersRegexp',
  'HostSNI',
  'func',
  'ö',
];
const TEXTS = [
  'a.example',
  '/a',
  '/',
  'a',
  'GET',
  '10.0.0.1',
  '10.0.0.0/8',
  '::1',
  '2001:db8::/129',
  '^a$',
  '^(a',
  'a=b',
  '{a}.b',
  '{a:[a-z]+}',
  '{a',
  '*',
  'ä',
  '',
  ' ',
];
const QUOTED = [
  '"a.example"',
  String.raw`"\x61.example"`,
  String.raw`"/\d"`,
  String.raw`"/\u00e4"`,
  String.raw`"\400"`,
  String.raw`"\377"`,
  '"a',
  "'a'",
  '`a',
  '1',
  '1.5',
  '08',
  '0x1F',
  '.5e3',
  'a',
  'Host(`a`)',
  '(`a`)',
  '!`a`',
];

const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS).map((each) => `\`${each}\``) },
  { weight: 1, arbitrary: fc.constantFrom(...QUOTED) },
);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.constantFrom(...OTHERS) },
);
const values = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 4, arbitrary: fc.tuple(text, text).map((both) => both.join(', ')) },
  { weight: 1, arbitrary: fc.constantFrom('', '`a`,', '`a`...', '`a`, ,`b`', '`a` `b`', '`a`\n', '\n`a`', '`a`;') },
);
const matcher = fc
  .tuple(name, fc.constantFrom('', '', '', ' ', '\n'), values)
  .map(([each, blank, inside]) => `${each}${blank}(${inside})`);
const operator = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('&&', '||', ' && ', ' || ', ' &&\n') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('&', ' and ', '\n&& ', '==', ' != ', ',', '', ' // c\n', '/* c */&&', '|| !'),
  },
);

/** A rule of either syntax, or what comes near one. */
export const rules: fc.Arbitrary<string> = fc.letrec<{ rule: string }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 5, arbitrary: matcher },
    { weight: 3, arbitrary: fc.tuple(tie('rule'), operator, tie('rule')).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: tie('rule').map((rule) => `!${rule}`) },
    { weight: 1, arbitrary: tie('rule').map((rule) => `(${rule})`) },
    { weight: 1, arbitrary: tie('rule').map((rule) => `(${rule}`) },
  ),
})).rule;

// biome-ignore format: a table of pieces.
const ATOMS = ['a', '.', '^', '$', 'ä', '😀', ' ', '/', '-', ']', '}', '{', '{,3}', '\\.', '\\d', '\\D', '\\w', '\\s', '\\b', '\\B', '\\A', '\\z', '\\Z', '\\G', '\\C', '\\1', '\\0',
  '\\08', '\\123', '\\x41', '\\x{10FFFF}', '\\x{110000}', '\\x4', '\\u0041', '\\cA', '\\e', '\\a', '\\f', '\\v', '\\h', '\\R', '\\K', '\\X', '\\N', '\\_', '\\/', '\\-', '\\"', '\\ä', '\\Q.*\\E', '\\Qa', '\\E', '\\pL',
  '\\p{Greek}', '\\P{^Lu}', '\\p{Foo}', '\\p', '\\p{Any}', '\\pN{2}', '[a-z]', '[^a-z]', '[]a]', '[^]a]', '[a-]', '[-a]', '[z-a]', '[a-\\d]', '[\\d-z]', '[[:alpha:]]', '[[:^word:]]', '[[:foo:]]', '[:alpha:]', '[[a]]',
  '[\\b]', '[\\]]', '[a', '[', '[]', '[^]', '[\\p{Lu}\\x00-\\x{10ffff}]', '[\\Q]\\E]', '[&&a]', '(?i)', '(?-s)', '(?U)', '(?x)', '(?u)', '(?im-sU)', '(?i', '(?)', '(?-)', '(?i-)', '\\'];
const OPENINGS = [
  '(',
  '(',
  '(?:',
  '(?i:',
  '(?s-i:',
  '(?P<n>',
  '(?P<m>',
  '(?<n>',
  '(?<n-1>',
  '(?P<>',
  '(?P<1a>',
  '(?P<ä>',
  "(?'n'",
  '(?P=n',
  '(?P>n',
  '(?=',
  '(?!',
  '(?<=',
  '(?<!',
  '(?>',
  '(?|',
  '(?#',
  '(?R',
  '(?&n',
  '(*F',
  '(?-:',
  '(?i-i:',
];
const TIMES = [
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{2}',
  '{2,}',
  '{2,3}',
  '{2,3}?',
  '{3,2}',
  '{1000}',
  '{1001}',
  '{,5}',
  '{0}',
  '{a}',
  '{2',
  '{02}',
  '**',
  '*+',
  '{2}{3}',
  '+*',
  '{99999999999}',
  '{1,1000}',
];

/** A regular expression of Go, of another language, or of none. */
export const expressions: fc.Arbitrary<string> = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    { weight: 4, arbitrary: fc.constantFrom(...ATOMS) },
    {
      weight: 4,
      arbitrary: fc.array(tie('expression'), { minLength: 2, maxLength: 4 }).map((parts) => parts.join('')),
    },
    { weight: 1, arbitrary: fc.tuple(tie('expression'), tie('expression')).map((parts) => parts.join('|')) },
    { weight: 2, arbitrary: fc.tuple(tie('expression'), fc.constantFrom(...TIMES)).map((parts) => parts.join('')) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom(...OPENINGS), tie('expression')).map((parts) => `${parts.join('')})`),
    },
  ),
})).expression;

const some = (...pieces: readonly string[]) =>
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 9 }).map((parts) => parts.join(''));

export const addresses: fc.Arbitrary<string> = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc
    .tuple(
      fc.oneof(fc.ipV4(), fc.ipV6()),
      fc.constantFrom('0', '8', '08', '24', '32', '33', '64', '128', '129', '-1', '+8', '', '8/8'),
    )
    .map((both) => both.join('/')),
  some('1', '0', '255', '256', '.', '.', ':', '::', 'f', 'ffff', 'g', '%e', '/', '10.0.0.1', '01'),
);

const measured = fc.constantFrom(
  'NetworkErrorRatio()',
  'LatencyAtQuantileMS(50.0)',
  'LatencyAtQuantileMS(50)',
  'ResponseCodeRatio(500, 600, 0, 600)',
  'ResponseCodeRatio(1, 2)',
  'Attempts()',
  'ResponseCode()',
  'RequestMethod()',
  'IsNetworkError()',
  'Foo()',
);
const amount = fc.constantFrom(
  '0.5',
  '.5',
  '1.',
  '1e3',
  '0x1p-2',
  '1',
  '010',
  '08',
  '1_0',
  '-1',
  '"GET"',
  '`GET`',
  "'G'",
  'NetworkErrorRatio()',
  '',
);

/** Of a circuit breaker or of a retry. */
export const conditions: fc.Arbitrary<string> = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    {
      weight: 5,
      arbitrary: fc
        .tuple(measured, fc.constantFrom('<', '>', ' <= ', '>=', '==', ' != ', '=', '+'), amount)
        .map((parts) => parts.join('')),
    },
    { weight: 1, arbitrary: measured },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie('condition'), fc.constantFrom(' && ', '||', ' and ', '\n&& '), tie('condition'))
        .map((parts) => parts.join('')),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('(', '!('), tie('condition')).map((parts) => `${parts.join('')})`),
    },
  ),
})).condition;

export const ranges: fc.Arbitrary<string> = some(
  '4',
  '500',
  '599',
  '-',
  '-',
  '+',
  'x',
  ' ',
  '_',
  '9999999999999999999',
);

export const mediaTypes: fc.Arbitrary<string> = some(
  'text',
  '/',
  'html',
  ';',
  ' ',
  'charset',
  '=',
  'utf-8',
  '"a b"',
  '"',
  '*',
  ',',
  'ä',
  'q=1',
  '; q=1',
  '\t',
  '(',
);

export const users: fc.Arbitrary<string> = some('a', ':', '$2y$05$abc', '{SHA}', ' ', '#', 'ä');

/** Of servers. */
export const urls: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'http://',
        'https://',
        'h2c://',
        'HTTP://',
        'ftp://',
        'http:',
        '//',
        '',
        'ht tp://',
        '1http://',
        '://',
        'http//',
      ),
      fc.constantFrom(
        'a',
        '10.0.0.1',
        '[::1]',
        '[::1',
        '::1',
        '[fe80::1%25eth0]',
        '[fe80::1%eth0]',
        'a_b',
        'ä',
        'a b',
        'a%20b',
        'a%',
        'u:p@a',
        'u:p@',
        'a<b',
        'a"b',
        'a\\b',
        '',
        'a..b',
        '[a]',
        'a@b@c',
        '%41',
        '%zz',
      ),
      fc.constantFrom('', ':80', ':', ':http', ':99999', ':8 0', ':80:90'),
      fc.constantFrom('', '/', '/a b', '/%', '/%zz', '/%2F', '?a=%', '#b', '/a?b#c', '/ä', '#%', '?%zz#%zz'),
    )
    .map((parts) => parts.join('')),
  some('http', ':', '/', '//', 'a', '@', '%', '80', '[', ']', '.', '?', '#', ' '),
);
