// Every field that becomes an option of Proxmox, against Proxmox's own parameter check: for what a schema accepts, including its limits, the managers
// derive command lines that Proxmox never refuses; what Proxmox refuses, `validate` refuses at its line.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { matches, type Pattern } from '../../../src/config/schema/field-metadata.ts';
import { type Becomes, becomesOf, refusalOf } from '../../../src/config/schema/option.ts';
import type { Config } from '../../../src/managers/config.ts';
import { hypervisorFile } from '../../../src/managers/hypervisor/schema/hypervisor.ts';
import { lxcFile } from '../../../src/managers/lxc/schema.ts';
import { vmFile } from '../../../src/managers/vm/schema.ts';
import type { Problem } from '../../../src/model/problem.ts';
import { schemaOf } from '../../../src/proxmox/parameters/option.ts';
import { type Files, loadFiles } from '../../load/environment.ts';
import { replaced } from '../../load/replace-values.ts';
import {
  CERTIFICATES,
  HYPERVISOR,
  KEY,
  LXC,
  VM,
  wholeEnvironment,
  withGuestFields,
} from '../../security/whole-environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { runs } from '../../support/runs.ts';
import { proxmoxCommands } from './proxmox-commands.ts';

interface Field {
  readonly file: string;
  readonly pattern: Pattern;
  readonly schema: z.ZodType;
  /** Null: the field is not an option of Proxmox. */
  readonly becomes: readonly Becomes[] | null;
}

/** Fields of a schema, down to single values, or to what is one value in Proxmox. */
function fieldsOf(file: string, root: z.ZodType): Field[] {
  const found: Field[] = [];
  const visit = (schema: z.ZodType, pattern: Pattern): void => {
    const { secret, noEffect } = z.globalRegistry.get(schema) ?? {};
    if (secret !== undefined || noEffect !== undefined) return;
    const becomes = becomesOf(schema);
    if (becomes !== undefined) found.push({ file, pattern, schema, becomes });
    else if (schema instanceof z.ZodObject) {
      for (const [key, child] of Object.entries(schema.shape)) visit(child as z.ZodType, [...pattern, key]);
    } else if (schema instanceof z.ZodRecord) visit(schema.valueType as z.ZodType, [...pattern, '*']);
    else if (schema instanceof z.ZodArray) visit(schema.element as z.ZodType, [...pattern, '*']);
    else if (schema instanceof z.ZodUnion) for (const each of schema.options) visit(each as z.ZodType, pattern);
    else if ('unwrap' in schema) visit((schema as z.ZodOptional<z.ZodType>).unwrap(), pattern);
    else found.push({ file, pattern, schema, becomes: null });
  };
  visit(root, []);
  return found;
}

const FIELDS = [...fieldsOf(HYPERVISOR, hypervisorFile), ...fieldsOf(LXC, lxcFile), ...fieldsOf(VM, vmFile)];
const TIED = FIELDS.flatMap((field) => (field.becomes === null ? [] : [{ ...field, becomes: field.becomes }]));

/** Fields that the whole environment does not set, so that each one has a place. */
const ENVIRONMENT = ((): Files => {
  const files = withGuestFields(wholeEnvironment());
  // Other files of the environment are not needed here.
  files[CERTIFICATES] = [];
  delete files[HYPERVISOR].page_certificate;
  for (const machine of files[VM].vms)
    Object.assign(machine, { docker_stacks: [], volumes: [], portainer_role: 'none' });
  for (const name of Object.keys(files)) if (name.startsWith('stacks/')) delete files[name];
  for (const id of ['102', '103']) delete files[LXC].lxc_configs[id];
  return files;
})();

const nameOf = ({ file, pattern }: Field): string => `${file}:/${pattern.join('/')}`;

/** Where the whole environment has a value of that field. */
function placeOf({ file, pattern, schema }: Field): readonly string[] | undefined {
  for (const { keys, value } of matches(ENVIRONMENT[file], pattern))
    if (value !== undefined && schema.safeParse(value).success) return keys;
  return undefined;
}

/** The environment with another value there. A storage or an image is declared wherever it is named. */
function withValue(file: string, keys: readonly string[], value: unknown): Files {
  return { ...ENVIRONMENT, [file]: replaced(ENVIRONMENT[file], keys, value) };
}

const loaded = (files: Files) => loadFiles(files);

/** Whether a problem is reported at that place or at a parent of it. */
function isAt(problem: Problem, file: string, keys: readonly string[]): boolean {
  const pointer = `/${keys.join('/')}`;
  const { severity, path } = problem;
  return severity === 'error' && problem.file === file && (path.startsWith(pointer) || pointer.startsWith(`${path}/`));
}

test('the environment is valid, contains each field, and each field’s option exists in Proxmox', () => {
  expect(loaded(ENVIRONMENT).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(TIED.filter((field) => placeOf(field) === undefined).map(nameOf)).toEqual([]);
  for (const { becomes } of TIED) for (const place of becomes) expect(schemaOf(place)).toBeDefined();
  expect(TIED.length).toBeGreaterThan(60);
});

/** Options by the command line that has them, but for the notes, in which Phoenix writes more than a field. */
function optionsOf(config: Config): Map<string, string> {
  const found = new Map<string, string>();
  const seen = new Map<string, number>();
  for (const { argv, verb, parameters } of proxmoxCommands(config)) {
    const command = `${verb} ${parameters['vmid'] ?? parameters['storage'] ?? ''}`;
    const count = (seen.get(command) ?? 0) + 1;
    seen.set(command, count);
    found.set(`${command} #${count}`, argv[0] ?? '');
    for (const [option, value] of Object.entries(parameters))
      if (option !== 'description') found.set(`${command} #${count} --${option}`, String(value));
  }
  return found;
}

/** Options whose value differs, of command lines that both have. */
function changedOptions(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => {
    const [command] = name.split(' --');
    return one.get(name) !== other.get(name) && one.has(command ?? '') && other.has(command ?? '');
  });
}

/** Fields whose value is on no command line, although a command line depends on them. */
const DECIDES: Readonly<Record<string, string>> = {
  [`${LXC}:/lxc_configs/*/apparmor_profile`]: 'one that allows nesting takes the feature out',
  [`${LXC}:/lxc_configs/*/apparmor_manages_nesting`]: 'it takes the feature nesting out',
  [`${LXC}:/lxc_configs/*/networks/*/index`]: 'the number in the key of the interface',
  [`${VM}:/vms/*/networks/*/index`]: 'the number in the key of the interface',
  [`${VM}:/vms/*/disks/*/bus`]: 'the key of the disk',
  [`${VM}:/vms/*/root_disk/bus`]: 'the key of the disk',
  [`${VM}:/vms/*/cloud_init`]: 'without it nothing is told to the VM',
  [`${VM}:/vms/*/empty`]: 'the disk is another one',
  [`${VM}:/vms/*/is_template`]: 'the disk of a template has another default',
  [`${VM}:/vms/*/vmid`]: 'the number of the guest, which every command line has',
  [`${HYPERVISOR}:/proxmox_storage_ids/*`]: 'a storage under another name is another storage',
};

/** Fields that no other value alone leaves valid. */
const NOT_ALONE: Readonly<Record<string, string>> = {
  [`${HYPERVISOR}:/network/bridges/*/vlan_aware`]: 'its vlan_ids need it',
  [`${HYPERVISOR}:/network/bonds/*/primary`]: 'it is one of the slaves',
  [`${HYPERVISOR}:/network/ovs_bridges/*/name`]: 'its bonds and ports name it',
  [`${HYPERVISOR}:/network/ovs_bonds/*/bridge`]: 'the bridge has that name',
  [`${HYPERVISOR}:/network/ovs_ports/*/bridge`]: 'the bridge has that name',
};

/** Other values of a field, derived from its present value and its schema. */
function others(schema: z.ZodType, value: unknown): unknown[] {
  const tries: unknown[] =
    typeof value === 'boolean'
      ? [!value]
      : typeof value === 'number'
        ? [value + 1, value - 1]
        : schema instanceof z.ZodEnum
          ? schema.options
          : [`${value}x`, `x${value}`, `${value}1`, String(value).replace(/\d/, '7')];
  return tries.filter((each) => each !== value && schema.safeParse(each).success);
}

/** Its other values with which the environment can be planned, each read when it is asked for. */
function* accepted({ file, schema }: Field, keys: readonly string[], value: unknown) {
  for (const other of others(schema, value)) {
    const { draft } = loaded(withValue(file, keys, other));
    if (draft !== null) yield { other, draft };
  }
}

describe('a field whose value reaches a Proxmox command line declares its option', () => {
  const before = optionsOf(loaded(ENVIRONMENT).draft as Config);

  test('and the command lines have options of each kind', () => {
    for (const verb of ['pct create 101', 'pct set 101', 'qm create 9000', 'qm set 1001', 'pvesm add tank-disks'])
      expect(
        [...before.keys()].some((name) => name.startsWith(verb)),
        verb,
      ).toBe(true);
  });

  const silent = FIELDS.filter((field) => field.becomes === null && !(nameOf(field) in DECIDES));

  test.each(silent.map((field) => [nameOf(field), field] as const))('so that %s changes none', (_, field) => {
    const { file, pattern, schema } = field;
    let [tried, compared] = [0, 0];
    for (const { keys, value } of [...matches(ENVIRONMENT[file], pattern)].slice(0, runs(1))) {
      tried += others(schema, value).length;
      for (const { other, draft } of accepted(field, keys, value).take(runs(1))) {
        compared += 1;
        const changed = changedOptions(before, optionsOf(draft));
        expect(changed, `${String(value)} to ${String(other)} at ${keys.join('/')}`).toEqual([]);
      }
    }
    const isUntried = tried === 0 || nameOf(field) in NOT_ALONE;
    expect(compared > 0 || isUntried, 'no other value gives a configuration that can be compared').toBe(true);
  });
});

/** What means something to a property string, a list, a path, a shell or an address, or is nothing at all. */
const SIGNS = [...',=;:/\\#"\'%&*?<>|[](){}@!~$^`+-_. é😀\t\n\0', '..', '/./', '//', '/../', 'A', '0', '--', ' x'];
const LENGTHS = [1, 2, 3, 14, 15, 16, 39, 40, 41, 63, 64, 65, 100, 101, 128, 253, 254, 255, 256, 257, 1000, 4096, 8193];
const WORDS = [
  ...[
    'current',
    'pending',
    'PENDING',
    'vzdump',
    'v1.0',
    'x',
    'x'.repeat(45),
    '-x',
    'x-',
    'a_b',
    'a.b',
    'all',
    '0',
    '1',
  ],
  ...['10.0.0.1', '10.0.0.1/0', '10.0.0.1/7', '10.0.0.1/8', '10.0.0.1/33', '010.0.0.1', '10.0.0.256', '10.0.0', 'dhcp'],
  ...['auto', 'manual', 'fe80::1', 'fe80::1%eth0', '::/0', 'fd00::5/64', 'fd00::5/7', 'fd00::5/129', '::ffff:1.2.3.4'],
  ...[
    '01:00:00:00:00:01',
    '52:54:00:AA:BB:0G',
    '52:54:00:AA:BB',
    'nesting=maybe',
    'nesting',
    'mount=nfs,cifs',
    'fuse=',
  ],
  ...['mount=nfs;cifs', 'keyctl=yes', 'local:iso/x.iso', 'local:vztmpl/x.zip', 'local:vztmpl/x.tar.gz', '/x.tar.zst'],
  ...[`local:vztmpl/${'x'.repeat(250)}.tar.gz`, `${'x'.repeat(252)}.img`, 'x.iso', 'x.ova', 'x.IMG', 'not a key'],
  ...[
    KEY.slice(0, 60),
    `${KEY} b`,
    KEY.replace('AAAA', 'AAAB'),
    `ssh-dss ${KEY.split(' ')[1]}`,
    'images,none',
    'rootdir',
  ],
  ...['/', '/x', '/x/', '/x//y', '/x/.', '/./x', '/x,ro=1', '/x=y', '/dev/sda', '~', 'a b', 'a,b', 'a;b', 'debian', ''],
];

/** Variations of the present text, and texts at the length limits of formats. */
function texts(sample: string): string[] {
  const middle = Math.ceil(sample.length / 2);
  const put = (sign: string) => [
    sign + sample,
    sample.slice(0, middle) + sign + sample.slice(middle),
    sample + sign,
    sign,
  ];
  const long = LENGTHS.flatMap((length) => ['a'.repeat(length), sample.padEnd(length, 'a').slice(0, length)]);
  return [...new Set([...WORDS, ...SIGNS.flatMap(put), ...long])];
}

const NUMBERS = [
  ...[0, 1, 2, 4, 7, 15, 16, 17, 63, 64, 65, 4094, 4095, 8192, 8193, 9999, 10_000, 65_520, 65_521, 65_535, 65_536],
  ...[86_400, 86_401, 2 ** 20, 2 ** 26, 2 ** 26 + 1, 2 ** 32, -1, 0.5, 1.5, 1.3333, 0.1, 1.3, 1e-7, 1e21, 0.00390625],
];

/** Values of every type. */
function candidates(value: unknown): unknown[] {
  if (typeof value === 'boolean') return [true, false];
  if (typeof value === 'number') return NUMBERS;
  if (typeof value === 'string') return [...texts(value), ...NUMBERS.map(String)];
  return [];
}

/** Texts that match the pattern of a field; none for patterns with lookahead, which cannot be generated. */
function madeUp(schema: z.ZodType): fc.Arbitrary<string> {
  const patterns = schema._zod.bag['patterns'];
  const [pattern] = patterns instanceof Set ? [...patterns] : [];
  try {
    return pattern instanceof RegExp ? fc.stringMatching(pattern) : fc.string();
  } catch {
    return fc.string();
  }
}

/** Made once: fast-check prepares each anew, which takes longer than what it is asked for here. */
const ANY_NUMBER: readonly fc.Arbitrary<unknown>[] = [
  fc.integer({ min: -2, max: 2 ** 26 + 2 }),
  fc.double({ noNaN: true }),
  fc.nat(4096).map((step) => step / 256),
];
const ANY_TEXT: readonly fc.Arbitrary<unknown>[] = [
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 50 }),
];

function arbitrary(schema: z.ZodType, value: unknown): fc.Arbitrary<unknown> {
  return typeof value === 'number' ? fc.oneof(...ANY_NUMBER) : fc.oneof(...ANY_TEXT, madeUp(schema));
}

const MAX_RUNS = runs(2);

/** The shortest and longest, or least and greatest, and of the others as many as a test has time for, from each part of them. */
function outermost(values: readonly unknown[]): unknown[] {
  const size = (value: unknown) => (typeof value === 'number' ? value : String(value).length);
  const sorted = values.toSorted((one, other) => size(one) - size(other));
  const step = Math.max(1, Math.ceil(values.length / MAX_RUNS));
  return [...new Set([...sorted.slice(0, 1), ...sorted.slice(-1), ...values.filter((_, at) => at % step === 0)])];
}

/** The values that the schema accepts, and as many others. */
function sampled(schema: z.ZodType, value: unknown): unknown[] {
  if (typeof value !== 'number' && typeof value !== 'string') return [];
  const made = fc.sample(arbitrary(schema, value), { numRuns: 80, seed: 1 });
  const accepted = made.filter((each) => schema.safeParse(each).success);
  return [...new Set([...accepted.slice(0, 30), ...made.filter((each) => !accepted.includes(each)).slice(0, 100)])];
}

describe.each(TIED.map((field) => [nameOf(field), field] as const))('%s', (_, field) => {
  const { file, schema, becomes } = field;
  const keys = placeOf(field) ?? [];
  const sample = [...matches(ENVIRONMENT[file], keys)][0]?.value;
  const values = [...new Set([sample, ...candidates(sample), ...sampled(schema, sample)])];
  const taken = outermost(values.filter((value) => schema.safeParse(value).success));

  test('accepts nothing that Proxmox refuses on a command line derived from it', LONG_TEST, () => {
    let through = 0;
    for (const value of taken) {
      const { draft, problems } = loaded(withValue(file, keys, value));
      if (draft === null || problems.some((problem) => isAt(problem, file, keys))) continue;
      through++;
      for (const { argv, refused, sent } of proxmoxCommands(draft)) {
        expect(refused, `${JSON.stringify(value)}: ${argv.join(' ')}`).toBeUndefined();
        expect(sent, `behind the forced command, with ${JSON.stringify(value)}: ${argv.join(' ')}`).toBe(true);
      }
    }
    expect(through).toBeGreaterThan(0);
  });

  test('has what Proxmox refuses refused at its line', () => {
    const refused = values.filter((value) => {
      try {
        return refusalOf(becomes, value) !== undefined;
      } catch {
        return true;
      }
    });
    for (const value of outermost(refused.filter((each) => schema.safeParse(each).success))) {
      const { problems } = loaded(withValue(file, keys, value));
      const told = problems.find((problem) => isAt(problem, file, keys));
      expect(told, `${JSON.stringify(value)} is taken`).toBeDefined();
      expect(told?.line).toBeGreaterThan(1);
    }
    // A switch, and a field that takes any text, has nothing to refuse.
    if (typeof sample === 'number' && Object.hasOwn(schemaOf(becomes[0] as Becomes), 'minimum'))
      expect(refused.length).toBeGreaterThan(0);
  });
});
