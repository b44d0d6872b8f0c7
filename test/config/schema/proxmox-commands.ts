// Every command line that Phoenix would send to Proxmox's programs for a configuration: to create what it declares, and to change existing objects to
// it, as the managers decide. Each is parsed like Proxmox's programs do.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiCall, checkApiCall, checkParameters, type Parameters, resolveVerb } from 'phoenix-lab/parameters';
import type { Config } from '../../../src/managers/config.ts';
import { firstNotes, type GuestSpec } from '../../../src/managers/guest/guest-spec.ts';
import { printNotes } from '../../../src/managers/guest/observe/notes.ts';
import type { GuestObservation } from '../../../src/managers/guest/observe/observation.ts';
import { takeSnapshot } from '../../../src/managers/guest/proxmox/command.ts';
import { parseConf } from '../../../src/managers/guest/proxmox/conf.ts';
import { allTargets, managerOf } from '../../../src/managers/index.ts';
import type { LxcSpec } from '../../../src/managers/lxc/lxc-spec.ts';
import type { VmSpec } from '../../../src/managers/vm/vm-spec.ts';
import type { Action } from '../../../src/model/action.ts';
import { kindOf, nameOf } from '../../../src/model/ids.ts';
import type { Target } from '../../../src/model/target.ts';
import { codeProblem } from '../../../src/proxmox/parameters/code-checks.ts';
import { wanted } from '../../managers/guests.ts';
import { HOST_FACTS, NO_GUEST } from '../../managers/observed.ts';
import { shapeFor } from '../../support/host/phoenix-shell.ts';

/** A command line with Proxmox's verdict. */
export interface ProxmoxCommand {
  readonly argv: readonly string[];
  /** Program and verb in full; for pvesh the verb and the template of the path. */
  readonly verb: string;
  readonly parameters: Parameters;
  /** Error output of the parameter check, or what is refused in code. */
  readonly refused: string | undefined;
  /** Whether the forced command of SSH allows it. */
  readonly sent: boolean;
}

const PROGRAMS: ReadonlySet<string> = new Set(['pct', 'qm', 'pvesh', 'pvesm', 'pveam', 'pveum']);
/** What follows them is for a program of the guest. */
const INSIDE = /^(pct exec|qm guest (exec|cmd))$/;

const known = new Map<string, ProxmoxCommand[]>();

export function proxmoxCommands(config: Config): ProxmoxCommand[] {
  return [...allTargets(config).values()].flatMap((target) => {
    const key = JSON.stringify(target);
    const commands = known.get(key) ?? ofTarget(target);
    known.set(key, commands);
    return commands;
  });
}

function ofTarget(target: Target): ProxmoxCommand[] {
  const keys = keysOf(target);
  return actionsFor(target).flatMap(({ do: work }) => {
    if (work.kind !== 'command' || !PROGRAMS.has(work.program)) return [];
    const command = taken([work.program, ...work.args], keys.join('\n'));
    return INSIDE.test(command.verb) ? [] : [command];
  });
}

/** Public keys that a guest receives by a file. */
function keysOf({ spec }: Target): readonly string[] {
  if ('user' in spec) return (spec as unknown as VmSpec).user.sshKeys;
  const { source } = spec as unknown as {
    readonly source?: { readonly root?: { readonly sshKeys: readonly string[] } };
  };
  return source?.root?.sshKeys ?? [];
}

/** The password for a program that prompts for it twice. */
const TYPED = () => Buffer.from('hunter2\nhunter2\n');

/** @param keys what a file of public keys holds that is named */
function taken(argv: readonly string[], keys: string): ProxmoxCommand {
  const [program = '', ...words] = argv;
  const sent = shapeFor(argv) !== undefined;
  if (program === 'pvesh') {
    const checked = checkApiCall(words[0] ?? '', words.slice(1));
    if ('stderr' in checked) return { argv, sent, verb: 'pvesh', parameters: {}, refused: checked.stderr };
    const verb = `pvesh ${words[0]} ${(checked.call as ApiCall).template}`;
    return {
      argv,
      sent,
      verb,
      parameters: checked.call.parameters,
      refused: refusedInCode(verb, checked.call.parameters),
    };
  }
  const resolved = resolveVerb(program, words);
  if ('stderr' in resolved) return { argv, sent, verb: program, parameters: {}, refused: resolved.stderr };
  const { verb } = resolved;
  if (INSIDE.test(verb)) return { argv, sent, verb, parameters: {}, refused: undefined };
  // Only keys are read from a file.
  const checked =
    words.includes('--sshkeys') || words.includes('--ssh-public-keys')
      ? withFile(keys, (file) => checkParameters(verb, resolved.argv, () => file, TYPED))
      : checkParameters(verb, resolved.argv, undefined, TYPED);
  if (!checked.ok) return { argv, sent, verb, parameters: {}, refused: checked.stderr };
  return { argv, sent, verb, parameters: checked.parameters, refused: refusedInCode(verb, checked.parameters) };
}

function refusedInCode(verb: string, parameters: Parameters): string | undefined {
  return Object.entries(parameters)
    .map(([option, value]) => codeProblem(verb, option, String(value)))
    .find((problem) => problem !== undefined);
}

function withFile<Result>(content: string, use: (file: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'phoenix-keys-'));
  try {
    writeFileSync(join(folder, 'keys'), `${content}\n`);
    return use(join(folder, 'keys'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const NOWHERE: GuestObservation = {
  ...NO_GUEST,
  host: {
    ...HOST_FACTS,
    storages: null,
    bridges: null,
    localContents: ['iso', 'import'],
    pools: { prod: { members: [], owner: null } },
  },
};

function actionsFor(target: Target): readonly Action[] {
  const { id } = target;
  switch (kindOf(id)) {
    case 'lxc':
    case 'vm':
      return ofGuest(target);
    case 'hypervisor':
      return ofHost(target);
    default:
      return [];
  }
}

function ofGuest(target: Target): Action[] {
  const spec = target.spec as unknown as GuestSpec;
  const program = kindOf(target.id) === 'lxc' ? 'pct' : 'qm';
  const snapshots = Object.values(spec.snapshots).filter((name) => name !== null);
  return [
    // As declared, with a file in place of a clone's source: a clone gets its settings later, by the same arguments.
    ...decided(target, NOWHERE),
    ...decided(fromFile(target), { ...NOWHERE, sourceMissing: program === 'pct' }),
    ...decided(target, { ...NOWHERE, conf: parseConf(emptyConf(target), program) }),
    ...snapshots.map((name) => takeSnapshot(program, spec.id, name)),
  ];
}

function fromFile(target: Target): Target {
  const { source } = target.spec as unknown as LxcSpec | VmSpec;
  if (!('clone' in source)) return target;
  const fresh =
    kindOf(target.id) === 'lxc' ? { template: 'local:vztmpl/a.tar.zst' } : { image: 'a.img', download: null };
  return { ...target, spec: { ...target.spec, source: fresh } };
}

/** The file of a managed guest in which every other setting differs from the declaration. */
function emptyConf(target: Target): string {
  const notes = printNotes(firstNotes(wanted(target), target.spec as unknown as GuestSpec, true));
  const comment = notes.split('\n').map((line) => `#${encodeURIComponent(line)}`);
  const disk = `-${nameOf(target.id)}-disk-0,size=4M`;
  if (kindOf(target.id) === 'lxc') {
    const { unprivileged, rootfs } = target.spec as unknown as LxcSpec;
    return [...comment, `rootfs: ${rootfs.storage}:subvol${disk}`, `unprivileged: ${unprivileged ? 1 : 0}`, ''].join(
      '\n',
    );
  }
  return [...comment, `scsi0: ${(target.spec as unknown as VmSpec).disk.storage}:vm${disk}`, ''].join('\n');
}

function ofHost(target: Target): readonly Action[] {
  if (target.id === 'hypervisor/storage') {
    const { pools, datasets } = target.spec as unknown as { pools: { name: string }[]; datasets: { name: string }[] };
    const there = [...pools.map(({ name }) => name), ...datasets.map(({ name }) => name.split('/')[0] ?? '')];
    const storages = { entries: new Map(), note: null, guests: null };
    const cache = { conf: null, live: null, copied: null };
    return decided(target, { datasets: new Map(there.map((name) => [name, new Map()])), storages, cache });
  }
  if (target.id !== 'hypervisor/users') return [];
  const { username } = target.spec as unknown as { username: string };
  const account = { name: username, uid: 1000, home: `/home/${username}`, ours: true };
  const seen = { proxmox: '', keys: new Map(), sudoInstalled: true, sudoers: null, staged: null, note: null };
  return decided(target, { ...seen, secretDigest: null, accounts: [account] });
}

function decided(target: Target, seen: unknown): readonly Action[] {
  const decision = managerOf(kindOf(target.id)).decide(wanted(target), seen);
  return decision.kind === 'actions' ? decision.actions : [];
}
