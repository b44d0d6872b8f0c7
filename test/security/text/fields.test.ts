// Every text field of every schema with every character that is special to some program: it is refused at its line, or the written output keeps its
// structure: the same number of lines, arguments and properties.

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { matches, type Pattern } from '../../../src/config/schema/field-metadata.ts';
import { type TextKind, textKindOf } from '../../../src/config/schema/text.ts';
import { formatsOf } from '../../../src/load/formats.ts';
import { certificateFile } from '../../../src/managers/certificate/schema.ts';
import { hypervisorFile } from '../../../src/managers/hypervisor/schema/hypervisor.ts';
import { KINDS } from '../../../src/managers/index.ts';
import { lxcFile } from '../../../src/managers/lxc/schema.ts';
import { stackManifest } from '../../../src/managers/stack/schema.ts';
import { vmFile } from '../../../src/managers/vm/schema.ts';
import type { Problem } from '../../../src/model/problem.ts';
import { type Files, loadFiles } from '../../load/environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { runs } from '../../support/runs.ts';
import {
  CERTIFICATES,
  DESK,
  HYPERVISOR,
  LXC,
  STACK,
  VM,
  wholeEnvironment,
  withGuestFields,
} from '../whole-environment.ts';
import { type Written, writtenFor } from '../written.ts';

interface TextField {
  readonly pattern: Pattern;
  /** The name of an entry, not its value. */
  readonly isKey: boolean;
  readonly schema: z.ZodType;
  readonly holds: TextKind | undefined;
}

/** String fields of a schema, except for secrets, which are tested elsewhere, and for fields that nothing reads. */
function textFields(root: z.ZodType): TextField[] {
  const found: TextField[] = [];
  const visit = (node: z.ZodType, pattern: Pattern, isKey = false): void => {
    const { secret, noEffect } = z.globalRegistry.get(node) ?? {};
    if (secret !== undefined || noEffect !== undefined) return;
    if (node instanceof z.ZodString) found.push({ pattern, isKey, schema: node, holds: textKindOf(node) });
    else if (node instanceof z.ZodObject) {
      for (const [key, child] of Object.entries(node.shape)) visit(child as z.ZodType, [...pattern, key]);
    } else if (node instanceof z.ZodRecord) {
      visit(node.keyType as z.ZodType, [...pattern, '*'], true);
      visit(node.valueType as z.ZodType, [...pattern, '*']);
    } else if (node instanceof z.ZodArray) visit(node.element as z.ZodType, [...pattern, '*']);
    else if (node instanceof z.ZodUnion) for (const option of node.options) visit(option as z.ZodType, pattern);
    else if ('unwrap' in node) visit((node as z.ZodOptional<z.ZodType>).unwrap(), pattern);
  };
  visit(root, []);
  return found.filter(({ pattern }) => !pattern.includes('$secret'));
}

const FILES: readonly (readonly [file: string, schema: z.ZodType])[] = [
  [HYPERVISOR, hypervisorFile],
  [LXC, lxcFile],
  [VM, vmFile],
  [CERTIFICATES, certificateFile],
  [STACK, stackManifest],
  [DESK, stackManifest],
];

/** One text of the whole environment that a field takes. */
interface Sample {
  readonly file: string;
  readonly keys: readonly string[];
  readonly value: string;
  readonly field: TextField;
}

function environment(): Files {
  const files = withGuestFields(wholeEnvironment());
  Object.assign(files[LXC].lxc_configs['101'], { env: { TZ: 'UTC' }, options: { arch: 'amd64' } });
  Object.assign(files[VM].vms[1], { options: { keyboard: 'de' } });
  const [container, machine] = [files[LXC].lxc_configs['101'], files[VM].vms[1]];
  for (const mount of [container.root_disk, container.mount_points[0], container.zfs_volumes[0]])
    Object.assign(mount, { options: { idmap: 'passthrough' } });
  Object.assign(machine.efi_disk, { options: { efitype: '4m' } });
  Object.assign(machine.tpm, { options: { format: 'raw' } });
  for (const drive of [machine.root_disk, machine.disks[0]]) Object.assign(drive, { options: { werror: 'stop' } });
  files[VM].vms[2].clone_from_vmid = '9000';
  return files;
}

const SAMPLES: readonly Sample[] = FILES.flatMap(([file, root]) =>
  textFields(root).flatMap((field): Sample[] => {
    const { pattern, isKey, schema } = field;
    for (const { keys, value } of matches(environment()[file], pattern)) {
      const text = isKey ? keys.at(-1) : value;
      if (typeof text === 'string' && schema.safeParse(text).success) return [{ file, keys, value: text, field }];
    }
    return [];
  }),
);

const nameOf = ({ file, keys, field }: Sample): string => `${file}:/${keys.join('/')}${field.isKey ? ' (name)' : ''}`;

/** The whole environment with another text in that place; files below a changed path move with it. */
function withText(sample: Sample, text: string): Files {
  const files = environment();
  setText(files, sample, text);
  return sample.field.holds === 'path' ? moved(files, `${sample.value}/`, `${text}/`) : files;
}

function setText(files: Files, { file, keys, field }: Sample, text: string): void {
  let parent = files[file];
  for (const key of keys.slice(0, -1)) parent = parent[key];
  const last = keys.at(-1) ?? '';
  if (field.isKey) {
    parent[text] = parent[last];
    delete parent[last];
  } else parent[last] = text;
}

function moved<Value>(value: Value, from: string, to: string): Value {
  if (typeof value === 'string') return (value.startsWith(from) ? to + value.slice(from.length) : value) as Value;
  if (Array.isArray(value)) return value.map((each) => moved(each, from, to)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, moved(each, from, to)])) as Value;
}

test('every string field of every schema restricts its characters', () => {
  const silent = formatsOf(KINDS).flatMap(({ name, schema }) =>
    textFields(schema).flatMap(({ pattern, holds }) => (holds === undefined ? [`${name}: ${pattern.join('/')}`] : [])),
  );
  expect(silent).toEqual([]);
});

test('the test environment is valid and has a value for each string field', () => {
  const { problems } = loadFiles(environment());
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  // The host has one default gateway of each family: those of the other interfaces are texts of the same schema.
  const isOtherGateway = ({ pattern, schema }: TextField): boolean =>
    /^gateway6?$/.test(String(pattern.at(-1))) && SAMPLES.some(({ field }) => field.schema === schema);
  // A page has one certificate, and that of this environment is of its own authority.
  const isOfOtherCertificate = ({ pattern }: TextField): boolean => pattern.join() === 'page_certificate,fingerprint';
  const lacking = FILES.slice(0, -1).flatMap(([file, root]) =>
    textFields(root)
      .filter(
        (field) =>
          !isOtherGateway(field) &&
          !isOfOtherCertificate(field) &&
          !SAMPLES.some(
            (sample) =>
              sample.file === file &&
              sample.field.pattern.join() === field.pattern.join() &&
              sample.field.isKey === field.isKey,
          ),
      )
      .map(({ pattern }) => `${file}: ${pattern.join('/')}`),
  );
  expect(lacking).toEqual([]);
  expect(SAMPLES.length).toBeGreaterThan(130);
});

/** Characters that end a line for some program, are invisible, or are half a character. */
const BREAKS = ['\n', '\r', '\r\n', '\0', '\v', '\f', '\x1b', '\x7f', '\x85', '\u2028', '\u2029', '\ud800'];
const PLACES = ['begin', 'middle', 'end'] as const;

function put(text: string, sign: string, place: (typeof PLACES)[number]): string {
  const at = place === 'begin' ? 0 : place === 'end' ? text.length : Math.ceil(text.length / 2);
  return text.slice(0, at) + sign + text.slice(at);
}

/** Characters that a field accepts literally: line breaks in prose, any character for a program. */
function passes({ field, value }: Sample, sign: string, text: string): boolean {
  if (field.holds === 'argument') return sign !== '\0' && sign !== '\ud800';
  if (field.holds === 'prose') return ['\n', '\r', '\r\n'].includes(sign);
  // A key is often copied with its line break, which is removed.
  return value.startsWith('ssh-') && text.trim() === value;
}

describe('a line break or invisible character', () => {
  test.each(SAMPLES.map((sample) => [nameOf(sample), sample] as const))('is taken at %s', (_, sample) => {
    const taken = BREAKS.flatMap((sign) =>
      PLACES.filter((place) => {
        const text = put(sample.value, sign, place);
        return sample.field.schema.safeParse(text).success && !passes(sample, sign, text);
      }).map((place) => `${JSON.stringify(sign)} at its ${place}`),
    );
    expect(taken).toEqual([]);
  });

  test('is refused at its line by the command line', LONG_TEST, () => {
    const told = (sample: Sample, problems: readonly Problem[]) => {
      const pointer = `/${sample.keys.slice(0, sample.field.isKey ? -1 : undefined).join('/')}`;
      return problems.find(
        ({ severity, file, path }) =>
          severity === 'error' && file === sample.file && (path.startsWith(pointer) || pointer.startsWith(`${path}/`)),
      );
    };
    // All values at once, except for names and exclusive fields, which are tested one by one.
    const values = SAMPLES.filter(({ field }) => !field.isKey);
    const files = environment();
    for (const sample of values) setText(files, sample, put(sample.value, '\0', 'middle'));
    const { problems: together } = loadFiles(files);
    for (const sample of SAMPLES) {
      const alone = () => loadFiles(withText(sample, put(sample.value, '\0', 'middle'))).problems;
      const there = (sample.field.isKey ? undefined : told(sample, together)) ?? told(sample, alone());
      expect(there, nameOf(sample)).toMatchObject({ code: expect.stringMatching(/^(INVALID_VALUE|UNKNOWN_KEY)$/) });
      expect(there?.line, nameOf(sample)).toBeGreaterThan(1);
    }
  });
});

/** Other characters with a meaning to a program that reads what Phoenix writes. */
const SIGNS = [
  ',',
  '=',
  ';',
  '\\',
  '#',
  '"',
  "'",
  '%',
  ':',
  '`',
  '$',
  '$(x)',
  '{{',
  '}',
  '<',
  '|',
  '&',
  '*',
  '?',
  ' ',
  '\t',
  '/',
  '/../',
  '(',
  ')',
  '[',
  ']',
  '@',
  '!',
  '~',
  'é',
];
const LINES = /\r\n|[\n\r\v\f\x85\u2028\u2029]/;
const PROPERTIES = /^--(net0|rootfs|mp\d+|dev\d+|features|ipconfig0|startup|scsi0)$/;

/** The number of lines, words and properties of each, by kind. */
function shapeOf(written: readonly Written[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const each of written) {
    const { what } = each;
    const properties = 'text' in each ? [] : each.argv.filter((_, at) => PROPERTIES.test(each.argv[at - 1] ?? ''));
    const size = 'text' in each ? each.text.split(LINES).length : each.argv.length;
    found.set(what, [...(found.get(what) ?? []), size, ...properties.map((word) => word.split(',').length)]);
  }
  return found;
}

/** Where there is more than there was. */
function grownIn(
  shape: ReadonlyMap<string, readonly number[]>,
  usual: ReadonlyMap<string, readonly number[]>,
): string[] {
  return [...shape].flatMap(([what, sizes]) => {
    const before = usual.get(what) ?? [];
    const isMore = sizes.length > before.length || sizes.some((size, at) => size > (before[at] ?? 0));
    return isMore ? [`${what}: ${sizes.join()} instead of ${before.join()}`] : [];
  });
}

/** The output with that text; null if it is refused at its place. */
function writtenWith(sample: Sample, text: string): Written[] | null {
  const { draft, problems } = loadFiles(withText(sample, text));
  const pointer = `/${sample.keys.join('/')}`;
  const refused = problems.some(
    ({ severity, file, path }) =>
      severity === 'error' && file === sample.file && (path.startsWith(pointer) || pointer.startsWith(`${path}/`)),
  );
  return refused || draft === null ? null : writtenFor(draft);
}

/** Line breaks of prose are content, and each string that a program receives is a separate argument. */
const ONE_SHAPE = SAMPLES.filter(({ field }) => field.holds !== 'name');

describe('an accepted character changes no structure', () => {
  const { draft } = loadFiles(environment());
  if (draft === null) throw new Error('the whole environment cannot be read');
  const usual = shapeOf(writtenFor(draft));

  test('the files written for the test environment cover each kind', () => {
    for (const kind of [
      'hypervisor/samba',
      'lxc/101',
      'vm/1001',
      'certificate/',
      'gateway/nginx',
      'gateway/traefik',
      'portainer/server',
      'stack/',
    ])
      expect(
        [...usual.keys()].some((what) => what.startsWith(kind)),
        kind,
      ).toBe(true);
  });

  test.each(ONE_SHAPE.map((sample) => [nameOf(sample), sample] as const))('at %s', LONG_TEST, (_, sample) => {
    const {
      field: { schema },
      keys,
    } = sample;
    // Spaces part the words of a command that is written as text.
    const signs = keys.at(-1) === 'command' ? SIGNS.filter((sign) => sign.trim() !== '') : SIGNS;
    const taken = signs.filter((sign) => schema.safeParse(put(sample.value, sign, 'middle')).success);
    if (taken.length === 0) return;
    const all = writtenWith(sample, put(sample.value, taken.join(''), 'middle'));
    // Where not all are taken together, some of them by themselves; other fields have others of them.
    const step = Math.ceil(taken.length / runs(4));
    const first = ONE_SHAPE.indexOf(sample) % step;
    const alone = all === null ? taken.filter((_, at) => at % step === first) : [];
    const each = alone.map((sign) => writtenWith(sample, put(sample.value, sign, 'middle')));
    for (const written of [all, ...each]) if (written !== null) expect(grownIn(shapeOf(written), usual)).toEqual([]);
  });

  test.each(ONE_SHAPE.map((sample) => [nameOf(sample), sample] as const))(
    'no option begins at %s',
    LONG_TEST,
    (_, sample) => {
      const text = `-${sample.value}`;
      // What the field refuses is refused at its line, as the first test checks for every character.
      const written = (sample.field.schema.safeParse(text).success ? writtenWith(sample, text) : null) ?? [];
      for (const each of written) {
        if ('text' in each) continue;
        const end = each.argv.indexOf('--');
        const words = each.argv.slice(0, end < 0 ? undefined : end);
        const options = words.filter((word, at) => word === text && !words[at - 1]?.startsWith('--'));
        expect(options, each.what).toEqual([]);
      }
    },
  );
});
