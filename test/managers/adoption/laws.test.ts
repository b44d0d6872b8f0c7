// Two laws of adoption, for guests of every kind: declared as it is, only the mark is set; declared differently, the difference is set and everything
// else stays.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNotes } from '../../../src/managers/guest/observe/notes.ts';
import type { GuestObservation } from '../../../src/managers/guest/observe/observation.ts';
import { type GuestConf, parseConf } from '../../../src/managers/guest/proxmox/conf.ts';
import { decideContainer } from '../../../src/managers/lxc/decide.ts';
import type { Decision } from '../../../src/managers/manager.ts';
import { decideMachine } from '../../../src/managers/vm/decide.ts';
import type { Action } from '../../../src/model/action.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import { LONG_TEST } from '../../support/long.ts';
import { runs } from '../../support/runs.ts';
import { type Asked, wanted } from '../guests.ts';
import { HOST_FACTS, NO_GUEST } from '../observed.ts';
import { declaredGuest, type Kind } from './declared-guest.ts';
import { containerFile, machineFile } from './guests.ts';

const ID = 101;

/** @param kept the node's note of its volumes */
function seen(kind: Kind, text: string, running: boolean, kept: string | null): GuestObservation {
  const storages = { rpool: 'zfspool', 'local-lvm': 'lvmthin', local: 'dir' };
  return {
    ...NO_GUEST,
    conf: parseConf(text, kind === 'lxc' ? 'pct' : 'qm'),
    running,
    firewall: '[OPTIONS]\nenable: 1\n\n[RULES]\nIN ACCEPT -p icmp\n',
    host: { ...HOST_FACTS, storages, bridges: ['vmbr0', 'vmbr1'], retained: kept },
  };
}

function decide(kind: Kind, ask: Asked, text: string, running: boolean, kept: string | null = null): Decision {
  const observation = seen(kind, text, running, kept);
  return kind === 'lxc' ? decideContainer(ask, observation) : decideMachine(ask, observation);
}

function actionsOf(decision: Decision): readonly Action[] {
  if (decision.kind !== 'actions') throw new Error(decision.reason);
  return decision.actions;
}

/** The node's notes on which volume is which, which the guest's file does not contain. */
function notedBy(actions: readonly Action[]): string | null {
  const [noted] = actions.filter(({ notes }) => notes === true).map(({ do: what }) => what);
  return noted?.kind === 'file' && noted.content.from === 'text' ? noted.content.text : null;
}

/** The words of the one command that sets something; none where nothing is set. */
function wordsOf(actions: readonly Action[]): readonly string[] {
  return actions.flatMap(({ do: what }) =>
    what.kind === 'command' && what.args[0] === 'set' ? what.args.slice(2) : [],
  );
}

/** The guest's file after the command, as far as the decision looks at it. */
function carriedOut(text: string, words: readonly string[]): string {
  const given = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) given.set(words[at]?.slice(2) ?? '', words[at + 1] ?? '');
  const gone = (given.get('delete') ?? '').split(',');
  const description = given.get('description');
  const sets = [...given].filter(([key]) => !['delete', 'revert', 'description'].includes(key));
  const [main = '', ...rest] = text.split(/^(?=\[)/m);
  const kept = main.split('\n').filter((line) => {
    const key = line.slice(0, Math.max(0, line.indexOf(':')));
    if (line === '' || (description !== undefined && line.startsWith('#'))) return false;
    return line.startsWith('#') || line.startsWith('lxc.') || !(given.has(key) || gone.includes(key));
  });
  const head = description === undefined ? [] : description.split('\n').map((line) => `#${encodeURIComponent(line)}`);
  return `${[...head, ...sets.map(([key, value]) => `${key}: ${value}`), ...kept].join('\n')}\n${rest.join('')}`;
}

const FILES = [
  ['a container', 'lxc', containerFile],
  ['a VM', 'vm', machineFile],
] as const;

describe.each(FILES)('%s', (_, kind, file) => {
  test('that is declared as it is gets nothing but its mark, and a second run does nothing', LONG_TEST, () => {
    fc.assert(
      fc.property(file, fc.boolean(), (text, running) => {
        const declared = declaredGuest(kind, ID, text, running);
        if ('missing' in declared) throw new Error(declared.missing);
        const ask = wanted(declared.target, { adopt: true });
        const actions = actionsOf(decide(kind, ask, text, running));
        const words = wordsOf(actions);
        expect(actions.filter(({ notes }) => notes !== true)).toHaveLength(1);
        expect(words.filter((_word, at) => at % 2 === 0 && words[at] !== '--tags')).toEqual(['--description']);
        const { description } = parseConf(text, kind === 'lxc' ? 'pct' : 'qm');
        const notes = parseNotes(words.at(-1) ?? '');
        expect(notes?.text).toBe(description);
        const after = carriedOut(text, words);
        const again = wanted(declared.target, { before: declared.target.spec });
        expect(decide(kind, again, after, running, notedBy(actions))).toEqual({ kind: 'actions', actions: [] });
      }),
      { numRuns: runs(80) },
    );
  });

  test('that is declared as another is gets what that one has, and keeps the rest', LONG_TEST, () => {
    fc.assert(
      fc.property(file, file, (text, other) => {
        const [own, declared] = [text, other].map((each) => declaredGuest(kind, ID, each, false));
        if (own === undefined || declared === undefined || 'missing' in own || 'missing' in declared) return;
        const ask = wanted(
          { ...declared.target, spec: withDisks(declared.target.spec, own.target.spec) },
          { adopt: true },
        );
        const actions = actionsOf(decide(kind, ask, text, false));
        const after = textAfter(text, actions);
        const noted = notedBy(actions);
        const again = decide(kind, { ...ask, adopt: false, before: ask.spec }, after, false, noted);
        expect(again).toEqual({ kind: 'actions', actions: [] });
        const conf = parseConf(text, kind === 'lxc' ? 'pct' : 'qm');
        // An interface that was not there has to have some bridge.
        const { net0, ...settings } = parseConf(after, kind === 'lxc' ? 'pct' : 'qm').settings;
        const left = {
          ...parseConf(after, kind === 'lxc' ? 'pct' : 'qm'),
          settings: { ...settings, ...('net0' in conf.settings && net0 ? { net0 } : {}) },
        };
        expect(undeclared(kind, left, declared.written)).toEqual(undeclared(kind, conf, declared.written));
      }),
      { numRuns: runs(80) },
    );
  });

  test('that was declared as another was keeps what neither of the two declares', LONG_TEST, () => {
    fc.assert(
      fc.property(file, file, (text, other) => {
        const [own, earlier] = [text, other].map((each) => declaredGuest(kind, ID, each, false));
        if (own === undefined || earlier === undefined || 'missing' in own || 'missing' in earlier) return;
        const before = withDisks(earlier.target.spec, own.target.spec);
        const ask = wanted(own.target, { adopt: true, before });
        const actions = actionsOf(decide(kind, ask, text, false));
        const after = textAfter(text, actions);
        expect(decide(kind, { ...ask, adopt: false }, after, false, notedBy(actions))).toEqual({
          kind: 'actions',
          actions: [],
        });
        const both = declaredByEither(own.written, earlier.written);
        expect(undeclared(kind, parseConf(after, kind === 'lxc' ? 'pct' : 'qm'), both)).toEqual(
          undeclared(kind, parseConf(text, kind === 'lxc' ? 'pct' : 'qm'), both),
        );
      }),
      { numRuns: runs(80) },
    );
  });
});

function declaredByEither(one: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown> {
  const networks = [one, other].map((written) => written['network_config'] as object | undefined);
  const options = [one, other].flatMap((written) => (written['pct_options'] as string[] | undefined) ?? []);
  return { ...one, ...other, network_config: { ...networks[0], ...networks[1] }, pct_options: options };
}

/** What needs an approval, or is tested elsewhere, stays unchanged. */
function withDisks(spec: JsonObject, own: JsonObject): JsonObject {
  const same = ['rootfs', 'disk', 'unprivileged', 'ostype', 'volumes', 'mounts', 'raw', 'delegated', 'final'];
  return { ...spec, ...Object.fromEntries(same.flatMap((key) => (key in own ? [[key, own[key] ?? null]] : []))) };
}

function textAfter(text: string, actions: readonly Action[]): string {
  const written = actions.flatMap(({ do: what }) =>
    what.kind === 'file' && what.path.endsWith('.conf') && what.content.from === 'text' ? [what.content.text] : [],
  );
  const keys = actions.flatMap(({ do: what }) =>
    what.kind === 'file' && what.path.endsWith('.pub') && what.content.from === 'text' ? [what.content.text] : [],
  );
  const words = wordsOf(actions).map((word) => (word.endsWith('.pub') ? encodeURIComponent(keys[0] ?? '') : word));
  return carriedOut(written[0] ?? text, words);
}

/** The parts of the file that cannot be declared. */
function undeclared(
  kind: Kind,
  { settings, pending, pendingDeletes }: GuestConf,
  written: Record<string, unknown>,
): object {
  const network = (written['network_config'] ?? {}) as Record<string, unknown>;
  const startup = { order: 'boot_order', up: 'boot_delay' };
  const settable: Record<string, (key: string) => boolean> = {
    net0: (key) =>
      (key === 'name' && 'name' in network) ||
      (key === 'bridge' && 'bridge' in network) ||
      (key === 'tag' && 'vlan' in network) ||
      (key === 'mtu' && 'mtu' in network) ||
      (kind === 'lxc' && ['ip', 'gw', 'ip6', 'gw6'].includes(key)) ||
      /^(hwaddr|virtio|e1000.*|vmxnet3|rtl8139)$/.test(key),
    ipconfig0: (key) => ('ip' in network && ['ip', 'gw', 'ip6', 'gw6'].includes(key)) || 'gw' in network,
    startup: (key) => (startup as Record<string, string>)[key === '' ? 'order' : key] !== undefined,
    features: (key) =>
      (written['pct_options'] as string[] | undefined)?.some((option) => option.startsWith(`${key}=`)) === true,
  };
  const plain: Record<string, string> = {
    cores: 'cores',
    memory: 'memory_mb',
    swap: 'swap_mb',
    onboot: 'start_at_boot',
    hostname: 'name',
    name: 'name',
  };
  const inNetwork: Record<string, string> = {
    nameserver: kind === 'lxc' ? 'nameservers' : 'nameserver',
    searchdomain: 'searchdomain',
  };
  return {
    pending,
    pendingDeletes,
    settings: Object.fromEntries(
      Object.entries(settings).flatMap(([key, value]) => {
        if (['tags', 'ciuser', 'sshkeys'].includes(key)) return [];
        if ((plain[key] ?? '') in written || (inNetwork[key] ?? '') in network) return [];
        const isSet = settable[key];
        if (isSet === undefined) return [[key, value]];
        const parts = value
          .split(',')
          .filter((part) => !isSet(part.includes('=') ? part.slice(0, part.indexOf('=')) : ''));
        return parts.length === 0 ? [] : [[key, parts.sort().join(',')]];
      }),
    ),
  };
}
