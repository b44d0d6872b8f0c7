// zfs of the node: file systems and their properties. Unknown calls are refused with the real program's message.

import type { LabNode } from '../../proxmox/node.ts';
import type { Program } from '../../proxmox/programs.ts';
import { failed, type Outcome, ok } from '../../tree/tree.ts';
import { isKnown, normalised, PROPERTIES } from './properties.ts';
import { changeZfs, mountpoint, readZfs, shownValue, type Zfs } from './state.ts';

type Verb = (node: LabNode, words: readonly string[]) => Outcome;

const usage = (message: string): Outcome => failed(`${message}\nusage:\n\tzfs command args ...`, 2);

interface Words {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly rest: readonly string[];
}

/** Parses single-letter options; those in `withValue` take the next word. A string is the error. */
function parse(words: readonly string[], flags: string, withValue = ''): Words | string {
  const found = { flags: new Set<string>(), values: new Map<string, string[]>(), rest: [] as string[] };
  const following = [...words];
  while (/^-./.test(following[0] ?? '')) {
    const [, ...letters] = following.shift() ?? '';
    for (const [at, letter] of letters.entries()) {
      if (withValue.includes(letter)) {
        const given = letters.slice(at + 1).join('') || following.shift();
        if (given === undefined) return `missing argument for '${letter}' option`;
        found.values.set(letter, [...(found.values.get(letter) ?? []), given]);
        break;
      }
      if (!flags.includes(letter)) return `invalid option '${letter}'`;
      found.flags.add(letter);
    }
  }
  return { ...found, rest: following };
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.: -]*(\/[A-Za-z0-9_.: -]+)*$/;
const absent = (name: string): string => `cannot open '${name}': dataset does not exist`;

const VERBS: Readonly<Record<string, Verb>> = {
  create(node, words) {
    const parsed = parse(words, 'pu', 'o');
    if (typeof parsed === 'string') return usage(parsed);
    const [name = '', more] = parsed.rest;
    if (name === '') return usage('missing dataset argument');
    if (more !== undefined) return usage('too many arguments');
    const cannot = (why: string): string => `cannot create '${name}': ${why}`;
    if (!NAME.test(name)) return failed(cannot('invalid character in name'));
    const local = propertiesOf(parsed.values.get('o') ?? [], true);
    if (typeof local === 'string') return failed(cannot(local));
    return answer(changeZfs(node, (zfs) => withDataset(zfs, name, local, parsed.flags, cannot)));
  },
  set(node, words) {
    const parsed = parse(words, 'u');
    if (typeof parsed === 'string') return usage(parsed);
    const pairs = parsed.rest.filter((word) => word.includes('='));
    const names = parsed.rest.filter((word) => !word.includes('='));
    if (pairs.length === 0) return usage('missing property=value argument');
    if (names.length === 0) return usage('missing dataset name');
    return eachOf(node, names, (zfs, name) => {
      const local = propertiesOf(pairs, false);
      if (typeof local === 'string') return `cannot set property for '${name}': ${local}`;
      return withLocal(zfs, name, local);
    });
  },
  inherit(node, words) {
    const parsed = parse(words, 'r');
    if (typeof parsed === 'string') return usage(parsed);
    const [property = '', ...names] = parsed.rest;
    if (names.length === 0) return usage('missing dataset argument');
    if (!isKnown(property)) return failed(`invalid property '${property}'`);
    if (PROPERTIES[property]?.inherits === false) {
      const hint = /quota|reservation/.test(property) ? `\nuse 'zfs set ${property}=none' to clear` : '';
      return failed(`'${property}' property cannot be inherited${hint}`);
    }
    return eachOf(node, names, (zfs, name) => withLocal(zfs, name, { [property]: undefined }));
  },
  mount(node, words) {
    const [name = ''] = words;
    return eachOf(node, [name], (zfs) => {
      const at = mountpoint(zfs, name);
      if (at === null) return `cannot mount '${name}': no mountpoint set`;
      if (zfs.datasets[name]?.mounted) return `cannot mount '${name}': filesystem already mounted`;
      return { ...zfs, datasets: { ...zfs.datasets, [name]: { local: {}, ...zfs.datasets[name], mounted: true } } };
    });
  },
  get(node, words) {
    const parsed = parse(words, 'Hpr', 'ostd');
    if (typeof parsed === 'string') return usage(parsed);
    const { flags, values, rest } = parsed;
    const [list = '', ...names] = rest;
    if (list === '') return usage('missing property argument');
    if (!flags.has('H') || !flags.has('p')) return failed('zfs: only with -Hp in a lab');
    const zfs = readZfs(node);
    const asked = list === 'all' ? Object.keys(PROPERTIES) : list.split(',');
    const unknown = asked.find((property) => !isKnown(property));
    if (unknown !== undefined) return usage(`bad property list: invalid property '${unknown}'`);
    const columns = (values.get('o')?.at(-1) ?? 'name,property,value,source').split(',');
    const sources = values.get('s')?.flatMap((each) => each.split(','));
    const missing = names.filter((name) => zfs.datasets[name] === undefined);
    const found =
      names.length === 0 ? Object.keys(zfs.datasets).sort() : names.filter((name) => !missing.includes(name));
    const lines = found.flatMap((name) =>
      asked.flatMap((property) => {
        const { value, source } = shownValue(zfs, name, property) ?? { value: '-', source: '-' };
        const kind = source === '-' ? 'none' : (source.split(' ')[0] ?? '');
        if (sources !== undefined && !sources.includes(kind)) return [];
        const cells: Readonly<Record<string, string>> = { name, property, value, source };
        return [`${columns.map((column) => cells[column] ?? '-').join('\t')}\n`];
      }),
    );
    const stderr = missing.map((name) => `${absent(name)}\n`).join('');
    return { rc: missing.length > 0 ? 1 : 0, stdout: lines.join(''), stderr };
  },
};

/** With a new dataset, and with those above it where `-p` is given; a string is the error. */
function withDataset(
  zfs: Zfs,
  name: string,
  local: Readonly<Record<string, string>>,
  flags: ReadonlySet<string>,
  cannot: (why: string) => string,
): Zfs | string {
  const [pool = '', ...parts] = name.split('/');
  if (parts.length === 0) return cannot('missing dataset name');
  if (zfs.pools[pool] === undefined) return cannot(`no such pool '${pool}'`);
  if (zfs.datasets[name] !== undefined) return flags.has('p') ? zfs : cannot('dataset already exists');
  const above = parts.slice(0, -1).map((_, index) => [pool, ...parts.slice(0, index + 1)].join('/'));
  const missing = above.filter((each) => zfs.datasets[each] === undefined);
  if (missing.length > 0 && !flags.has('p')) return cannot('parent does not exist');
  const made = Object.fromEntries(missing.map((each) => [each, { local: {}, mounted: true }]));
  const next = { ...zfs, datasets: { ...zfs.datasets, ...made, [name]: { local, mounted: false } } };
  const mounted = !flags.has('u') && mountpoint(next, name) !== null && local['canmount'] !== 'noauto';
  return { ...next, datasets: { ...next.datasets, [name]: { local, mounted } } };
}

/** Parses `NAME=VALUE` words; a string is the error. */
function propertiesOf(pairs: readonly string[], making: boolean): Record<string, string> | string {
  const local: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    if (at < 0 || !isKnown(name)) return `invalid property '${at < 0 ? pair : name}'`;
    const value = normalised(name, pair.slice(at + 1));
    if (typeof value === 'string') return value;
    if (!making && PROPERTIES[name]?.fixed === 'once') return `'${name}' is readonly`;
    local[name] = value.value;
  }
  return local;
}

function withLocal(zfs: Zfs, name: string, change: Readonly<Record<string, string | undefined>>): Zfs {
  const dataset = zfs.datasets[name] ?? { local: {}, mounted: false };
  const all = Object.entries({ ...dataset.local, ...change });
  const local = Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
  const next = { ...zfs, datasets: { ...zfs.datasets, [name]: { ...dataset, local } } };
  const mounted = mountpoint(next, name) !== null && dataset.mounted;
  return { ...next, datasets: { ...next.datasets, [name]: { local, mounted } } };
}

function eachOf(node: LabNode, names: readonly string[], change: (zfs: Zfs, name: string) => Zfs | string): Outcome {
  for (const name of names) {
    const wrong = changeZfs(node, (zfs) => (zfs.datasets[name] === undefined ? absent(name) : change(zfs, name)));
    if (wrong !== null) return failed(wrong);
  }
  return ok();
}

function answer(wrong: string | null): Outcome {
  return wrong === null ? ok() : failed(wrong);
}

/** Answers `zfs create|set|inherit|mount|get`. */
export const zfs: Program = (node, [verb = '', ...words]) => {
  const carryOut = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  return carryOut === undefined ? usage(`unrecognized command '${verb}'`) : carryOut(node, words);
};
