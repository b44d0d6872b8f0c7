// The JSON reader names every fault with its position and remedy, accepts exactly what JSON.parse accepts, and withstands hostile input.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locate } from '../../../src/config/read/locate.ts';
import { readJson } from '../../../src/config/read/read-json.ts';

const read = (text: string) => readJson(new TextEncoder().encode(text));
const faults = (text: string) =>
  read(text).faults.map(({ code, path, position, message }) => [code, path, position.line, position.column, message]);

describe('what is not JSON is named where it stands', () => {
  test.each([
    ['', 'the file is empty'],
    ['   \n', 'the file is empty'],
    ['{"a": 1', 'the file ends before everything is closed'],
    ['{"a": 1}}', 'something follows after the end of the document'],
    ['{"a": }', '"}" stands where a value is expected'],
    ['{"a" 1}', 'a colon is missing after "a"'],
    ['{"a": 1 "b": 2}', 'a comma or "}" is missing'],
    ['[1 2]', 'a comma or "]" is missing'],
    ["{'a': 1}", '"\'a\'" stands where a name in double quotes is expected'],
    ['{"a": True}', '"True" stands where a value is expected'],
    ['{"password": True}', '"True" stands where a value is expected'],
    ['{"password": }', '"}" stands where a value is expected'],
    ['{"password": hunter2}', 'a word stands where a value is expected'],
    ['{"password_hash":\n  $6$hunter2}', 'a word stands where a value is expected'],
    ['{"ssh_keys": ["a", \'hunter2\']}', 'a word stands where a value is expected'],
    ['{"a": 01}', 'a comma or "}" is missing'],
    ['{"a": 1.}', 'a number ends too early'],
    ['{"a": "x\ny"}', 'a string is not closed or has a character that must be escaped'],
    ['{"a": "\\x"}', 'a string is not closed or has a character that must be escaped'],
    ['[,1]', 'a value is missing before the comma'],
  ])('%j', (text, message) => {
    expect(faults(text).map((fault) => [fault[0], fault[4]])).toEqual([['SYNTAX', message]]);
    expect(read(text).value).toBeUndefined();
  });

  test.each([
    ['{"a": 1,, "b": 2}', 'There is a comma too many: remove one.'],
    ['{"a": “x”}', 'JSON knows straight double quotes (") only: an editor for prose put others here.'],
    ['{"a": True}', 'Write true.'],
    ['{"a": None}', 'Write null.'],
    ['{a: 1}', 'Put it in double quotes: "a".'],
    ['{"a": web-1}', 'Put it in double quotes: "web-1".'],
    ['{\n# mine\n"a": 1}', 'Remove it; most objects take a field "comment" or "description".'],
    ['{\n+  "a": 1}', 'Remove the sign, which a patch has at its lines.'],
    ['{"a": 1 "b": 2}', 'Entries stand apart by commas: put one behind the entry before this place.'],
    ['arch: amd64\nhostname: web\nrootfs: local-lvm:x,size=8G\n', 'Let `phoenix import` write'],
    ['resource "proxmox_lxc" "web" {\n  cores = 2\n}\n', 'Let `phoenix import` write'],
    ['[lxc.101]\nname = "web"\n', 'yq --input-format toml'],
  ])('and what to do is said: %j', (text, hint) => {
    const [fault, ...others] = read(text).faults;
    expect([fault?.code, others]).toEqual(['SYNTAX', []]);
    expect(fault?.hint).toContain(hint);
  });

  const CONFLICT = '{\n  "a": 1,\n<<<<<<< HEAD\n  "b": 2\n=======\n  "b": 3\n>>>>>>> feature\n}\n';

  test.each([CONFLICT, CONFLICT.replaceAll('\n', '\r\n')])(
    'an unresolved merge conflict is reported at its marker',
    (text) => {
      const [conflict, ...others] = read(text).faults;
      expect(others).toEqual([]);
      expect(conflict).toMatchObject({ code: 'SYNTAX', path: '', position: { line: 3, column: 1 } });
      expect(conflict?.message).toContain('conflict');
      expect(conflict?.hint).toContain('remove the lines with these signs');
    },
  );

  test('a text that mentions conflict markers has no conflict', () => {
    expect(read('{"a": "<<<<<<< HEAD"}').faults).toEqual([]);
    expect(read('{\n"a": 1\n=======\n}').faults[0]?.message).not.toContain('conflict');
  });

  test.each([
    'domain_name: example.internal\n',
    '# mine\n\nlxc_configs:\n  "101":\n    name: web\n',
    '---\n- a\n',
    '"a": 1\n',
  ])('YAML is told as what it is: %j', (text) => {
    const [fault, ...others] = read(text).faults;
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ code: 'SYNTAX', message: 'this is YAML, and the file has to be JSON' });
    expect(fault?.hint).toContain('yq');
  });

  test.each(['{a: 1}', '{"a": 1,', 'hello', '[1, 2'])('other syntax errors are reported as such: %j', (text) => {
    expect(read(text).faults[0]?.message).not.toContain('YAML');
  });

  test('a comment and a comma too many come with what to do', () => {
    const [comment] = read('{\n  // the gateway\n  "a": 1\n}').faults;
    expect(comment).toMatchObject({
      code: 'SYNTAX',
      message: 'JSON has no comments',
      position: { line: 2, column: 3 },
    });
    expect(comment?.hint).toContain('"comment"');
    const [comma] = read('{\n  "a": [1, 2,]\n}').faults;
    expect(comma).toMatchObject({
      message: 'a comma stands before the closing bracket',
      position: { line: 2, column: 14 },
    });
    expect(comma?.hint).toBe('Remove the comma after the last entry.');
  });

  test('comments are found at every place', () => {
    for (const text of ['//x\n{}', '{}//x', '{"a"/**/:1}', '[1/**/,2]', '{"a":/**/1}', '{/**/}']) {
      expect(faults(text).map((fault) => fault[4])).toEqual(['JSON has no comments']);
    }
  });
});

test('every repeated name is found, at the second one, and none elsewhere', () => {
  const text = '{\n  "a": {"x": 1, "y": 2},\n  "b": [{"x": 1}, {"x": 1, "x": 2}],\n  "a": 3\n}';
  expect(faults(text)).toEqual([
    ['DUPLICATE_KEY', '/b/1/x', 3, 28, '"x" stands twice in one object'],
    ['DUPLICATE_KEY', '/a', 4, 3, '"a" stands twice in one object'],
  ]);
});

test('a name that would reach the prototype is an unknown field, and reaches nothing', () => {
  const { value, faults: found } = read('{"__proto__": {"polluted": true}}');
  expect(found.map(({ code, path }) => [code, path])).toEqual([['UNKNOWN_KEY', '/__proto__']]);
  expect(Object.hasOwn(value as object, '__proto__')).toBe(true);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

describe('encodings', () => {
  const bytes = (...parts: (number[] | string)[]) =>
    Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)));

  test.each([
    ['UTF-16 with a mark', bytes([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), 'is UTF-16, not UTF-8'],
    ['UTF-16 big-endian with a mark', bytes([0xfe, 0xff, 0, 0x7b, 0, 0x7d]), 'is UTF-16, not UTF-8'],
    ['UTF-16 without a mark', bytes([0x7b, 0, 0x7d, 0]), 'is UTF-16, not UTF-8'],
    ['a UTF-8 mark', bytes([0xef, 0xbb, 0xbf], '{}'), 'begins with a byte order mark'],
    ['Latin-1', bytes('{"a": "M', [0xfc], 'nchen"}'), 'is not UTF-8: a byte has no meaning here'],
    ['a zero byte', bytes('{"a": "', [0], '"}'), 'holds a zero byte, so it is not text'],
  ])('%s', (_name, content, message) => {
    const result = readJson(content);
    expect(result.faults.map(({ code, message: said }) => [code, said])).toEqual([['SYNTAX', message]]);
    expect(result.faults[0]?.hint).toBe('Save the file as UTF-8 without a byte order mark.');
    expect(result.value).toBeUndefined();
  });

  test('the byte that is not UTF-8 is named by its line', () => {
    const [fault] = readJson(bytes('{\n  "a": "M', [0xfc], 'nchen"\n}')).faults;
    expect(fault?.position).toEqual({ line: 2, column: 10 });
  });

  test('text in other scripts is accepted', () => {
    expect(read('{"ü": "日本 🎉"}').value).toEqual({ ü: '日本 🎉' });
  });
});

test('nesting is limited, and ten thousand levels do not overflow the stack', () => {
  expect(read(`${'['.repeat(64)}${']'.repeat(64)}`).faults).toEqual([]);
  expect(faults(`${'['.repeat(65)}${']'.repeat(65)}`)[0]?.[4]).toBe('nested more than 64 levels deep');
  expect(faults('[{"a":'.repeat(10_000))[0]?.[4]).toBe('nested more than 64 levels deep');
});

test('the number of values is limited', () => {
  expect(faults(`[${'0,'.repeat(2_000_000)}0]`)[0]?.[4]).toBe('holds more than 2000000 values');
});

test('places are found by pointer, those of what is not there by its parent', () => {
  const text = '{\n  "a/b": {\n    "c~d": [\n      10,\n      {"e": 1}\n    ]\n  }\n}';
  const places = locate(text, ['', '/a~1b', '#/a~1b', '/a~1b/c~0d/1/e', '#/a~1b/c~0d/1/e', '/a~1b/missing/deep']);
  expect([...places].map(([path, { line, column }]) => [path, line, column])).toEqual([
    ['', 1, 1],
    ['/a~1b', 2, 10],
    ['#/a~1b', 2, 3],
    ['/a~1b/c~0d/1/e', 5, 13],
    ['#/a~1b/c~0d/1/e', 5, 8],
    ['/a~1b/missing/deep', 2, 10],
  ]);
});

const withoutProto = fc.json({ maxDepth: 5 }).filter((text) => !text.includes('__proto__'));

test('valid JSON is parsed like JSON.parse', () => {
  fc.assert(
    fc.property(withoutProto, fc.constantFrom(undefined, 2, '\t'), (json, indent) => {
      const text = JSON.stringify(JSON.parse(json), null, indent);
      const { value, faults: found } = read(text);
      expect(found).toEqual([]);
      expect(value).toEqual(JSON.parse(text));
    }),
  );
});

test('a damaged text is refused exactly when JSON.parse refuses it', () => {
  const damaged = fc
    .tuple(
      withoutProto,
      fc.nat(),
      fc.constantFrom('', ',', '"', '{', ']', '0', '-', '.', 'e', '\\', '\n', 'u', ':', ' '),
      fc.nat(2),
    )
    .map(([json, at, insert, cut]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + insert + json.slice(place + cut);
    });
  fc.assert(
    fc.property(damaged, (text) => {
      const sound = (() => {
        try {
          JSON.parse(text);
          return true;
        } catch {
          return false;
        }
      })();
      const refused = read(text).faults.some(({ code }) => code === 'SYNTAX');
      expect(refused).toBe(!sound);
    }),
    { numRuns: 2000 },
  );
});

test('a name that is written with a backslash is the name that it is', () => {
  const name = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', ':') });
  fc.assert(
    fc.property(fc.dictionary(name, fc.oneof(name, fc.nat(), fc.array(name))), (value) => {
      const found = read(JSON.stringify(value));
      expect([found.value, found.faults]).toEqual([{ ...value }, []]);
    }),
  );
});
