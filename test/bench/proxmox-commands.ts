// The number of Proxmox commands, each of which takes most of a second to start on a real host: for a reconcile that finds everything as declared,
// over more and more guests, and for the creation of one container.

import { createPublicKey } from 'node:crypto';
import { makeCertificate, newKey } from 'phoenix-lab/certificates';
import { declareNode } from 'phoenix-lab/host';
import { readHost } from '../../src/cli/import/import.ts';
import { carryOutPlan, recordingHost } from '../../src/cli/rehearse/carry-out-plan.ts';
import { supplyLab } from '../../src/cli/rehearse/supply-lab.ts';
import { supplySecrets } from '../../src/cli/rehearse/supply-secrets.ts';
import { load } from '../../src/load/load.ts';
import type { Config } from '../../src/managers/config.ts';
import { allTargets, impactOf } from '../../src/managers/index.ts';
import type { LxcGuest } from '../../src/managers/lxc/declared.ts';
import { HYPERVISOR_FILE, LXC_FILE } from '../../src/managers/places.ts';
import { type BlobId, kindOf, type TargetId, targetId } from '../../src/model/ids.ts';
import type { Target } from '../../src/model/target.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { DEFAULT_BOUNDS } from '../../src/settings/secret-bounds.ts';
import { exampleFiles } from '../managers/datacenter/example.ts';
import { container, environment, feature, ORIGIN } from '../managers/guests.ts';
import type { Files } from '../support/environment.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';
import { addressOf, FIRST_ID, manyGuests } from './guests.ts';
import type { Line, Measurement } from './report.ts';

const SIZES = [10, 100, 1_000] as const;
const MAX_TO_CREATE = 4;
const IMPORTED = 100;
/** The guests, their templates on each storage that holds some, and the clock. */
const MAX_TO_IMPORT = 8;
const MAX_FOR_OBJECTS = 12;
const SNAPSHOT = 'template';
const HOST_PARTS = /^hypervisor\//;

type Targets = ReadonlyMap<TargetId, Target>;

export async function measureCommands(): Promise<Measurement> {
  const counts: number[] = [];
  for (const size of SIZES) counts.push(await commandsToReconcile(size));
  const fromFile = [container(101)];
  const cloned = [
    container(900, { templateSnapshot: SNAPSHOT, startState: 'stopped' }),
    container(101, { cloneFrom: 900 }),
  ];
  const scripted = [container(101, { features: [feature('base')] })];
  const [file, clone, withScript] = [
    await commandsToCreate(fromFile),
    await commandsToCreate(cloned),
    await commandsToCreate(scripted),
  ];
  const imported = await commandsToImport(IMPORTED);
  const objects = await commandsToReconcileObjects();
  const least = { text: `≤ ${MAX_TO_CREATE}` };
  return {
    title: 'Proxmox commands',
    about: [
      'Counted at the host, those that only look included. Reconcile: a replay of what is applied, which looks at every',
      'guest; the guests are containers with a firewall as the manager leaves them. Created: up to its running.',
    ].join('\n  '),
    lines: [
      ...SIZES.map((size, index): Line => {
        const [count = 0, smallest = 0] = [counts[index], counts[0]];
        const goal = index === 0 ? null : { text: `= ${smallest} (constant)`, met: count === smallest };
        return { what: `no-op reconcile of ${size.toLocaleString('en')} guests`, measured: String(count), goal };
      }),
      {
        what: `no-op reconcile of ${objects.kinds} kinds of objects and ${objects.parts} parts of the host`,
        measured: String(objects.commands),
        goal: { text: `≤ ${MAX_FOR_OBJECTS}`, met: objects.commands <= MAX_FOR_OBJECTS },
      },
      {
        what: `import of ${IMPORTED} guests`,
        measured: `${imported.commands}, of which ${imported.perGuest} for guests`,
        goal: { text: `≤ ${MAX_TO_IMPORT} + 1 a guest`, met: imported.commands <= MAX_TO_IMPORT + imported.perGuest },
      },
      { what: 'a container from a template file', measured: said(file), goal: { ...least, met: file.length <= 4 } },
      { what: 'a container as a clone', measured: said(clone), goal: { ...least, met: clone.length <= 4 } },
      {
        what: 'a container from a template file, one script',
        measured: `${withScript.length}, so ${withScript.length - file.length} for the script`,
        goal: null,
      },
    ],
  };
}

async function commandsToReconcile(size: number): Promise<number> {
  const host = await openLabHost();
  try {
    const targets = targetsOf(manyGuests(size));
    const [first] = [...targets.values()];
    if (first === undefined) throw new Error('there are no guests');
    await carriedOut(host, new Map(), new Map([[first.id, first]]));
    for (let id = FIRST_ID + 1; id < FIRST_ID + size; id += 1) await copyGuest(host, FIRST_ID, id);
    const { commands, outcomes } = await carriedOut(host, targets, targets);
    const unchanged = outcomes.filter((outcome) => outcome === 'unchanged').length;
    if (unchanged !== size) throw new Error(`${unchanged} of ${size} guests are as declared`);
    return commands.length;
  } finally {
    await host.close();
  }
}

/** Every part of the host, and objects of the datacenter of every kind that can be declared, all of which are as declared. */
async function commandsToReconcileObjects() {
  const contents: Record<string, string> = {};
  const host = await openLabHost([], contents);
  try {
    const config = loaded(textsOf(withHostParts(exampleFiles())));
    supplyLab(host.dir, config);
    for (const [name, value] of Object.entries(supplySecrets(host.dir, config).environment))
      contents[`env:${name}`] = value;
    await provideGuests(host, config);
    // Those of the software-defined network are one target.
    const kinds = new Set(config.datacenter?.keys());
    // Guests are not created here but exist already, and their prerequisites count as present.
    const targets = new Map(
      [...allTargets(config)].flatMap(([id, target]) =>
        kinds.has(kindOf(id)) || kindOf(id) === 'sdn' || HOST_PARTS.test(id)
          ? [[id, withoutGuests(target)] as const]
          : [],
      ),
    );
    await publishRoot(host, targets);
    await carriedOut(host, new Map(), targets);
    const { commands, outcomes } = await carriedOut(host, targets, targets);
    const unchanged = outcomes.filter((outcome) => outcome === 'unchanged').length;
    if (unchanged !== targets.size) throw new Error(`${unchanged} of ${targets.size} objects are as declared`);
    const parts = [...targets.keys()].filter((id) => HOST_PARTS.test(id)).length;
    return { commands: commands.length, parts, kinds: kinds.size };
  } finally {
    await host.close();
  }
}

/** The declared guests, with a disk that can be replicated, on a cluster of two nodes. */
async function provideGuests(host: LabHost, { guests }: Config): Promise<void> {
  declareNode(host.dir, 'pve2');
  const made = [...guests.values()].map(({ id, kind }) =>
    kind === 'lxc'
      ? { id, type: 'lxc', path: `lxc/${id}.conf`, disk: `rootfs: rpool:subvol-${id}-disk-0,size=8G` }
      : { id, type: 'qemu', path: `qemu-server/${id}.conf`, disk: `scsi0: rpool:vm-${id}-disk-0,size=8G` },
  );
  for (const { path, disk } of made) await host.write(`/etc/pve/${path}`, `${disk}\n`);
  const listed = made.map(({ id, type }) => [id, { node: 'pve', type, version: 1 }]);
  await host.write('/etc/pve/.vmlist', JSON.stringify({ version: 1, ids: Object.fromEntries(listed) }));
}

/** As the container of the authority does. */
async function publishRoot(host: LabHost, targets: Targets): Promise<void> {
  const path = targets.get(targetId('hypervisor', 'trust'))?.spec['published'];
  const key = newKey();
  const names = { subject: 'Root', issuer: { name: 'Root', key }, names: [], authority: 1 } as const;
  const valid = { notBefore: new Date(0), notAfter: new Date('2100-01-01') };
  await host.write(String(path), makeCertificate({ ...names, ...valid, publicKey: createPublicKey(key) }));
}

/** What the example leaves out of the parts of a host. */
function withHostParts(files: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const text = files[HYPERVISOR_FILE];
  const written = JSON.parse(typeof text === 'string' ? text : JSON.stringify(text));
  const share = { name: 'music', path: '/tank/vm-persistent-data/music', valid_users: [written.users.username] };
  return {
    ...files,
    [HYPERVISOR_FILE]: {
      ...written,
      network: { ...written.network, hosts: [{ address: '10.0.0.50', names: ['nas.example.org'] }] },
      samba: { user: written.users.username, shares: [share] },
      package_repositories: { standard: { enterprise: false, 'no-subscription': true } },
      page_certificate: { acme: true },
      nvidia_driver: { install: true, version: '580.76.05' },
    },
  };
}

function withoutGuests({ spec, needs, within: _, ...target }: Target): Target {
  const { vms: _members, exclude: _left, ...others } = spec;
  return { ...target, spec: others, needs: needs.filter((need) => !/^(lxc|vm)\//.test(need)) };
}

function textsOf(files: Readonly<Record<string, unknown>>): Files {
  return Object.fromEntries(
    Object.entries(files).map(([path, value]) => [path, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

/** A host with that many unmanaged guests, imported into files. */
async function commandsToImport(size: number): Promise<{ readonly commands: number; readonly perGuest: number }> {
  const host = await openLabHost();
  try {
    const [first] = [...targetsOf(manyGuests(1)).values()];
    if (first === undefined) throw new Error('there are no guests');
    await carriedOut(host, new Map(), new Map([[first.id, first]]));
    for (let id = FIRST_ID + 1; id < FIRST_ID + size; id += 1) await copyGuest(host, FIRST_ID, id);
    host.forget();
    const { imported } = await readHost(host, [], { root: undefined, strictSecrets: false, secrets: DEFAULT_BOUNDS });
    const written = Object.keys(imported.files[LXC_FILE]?.['lxc_configs'] ?? {}).length;
    if (written !== size) throw new Error(`${written} of ${size} guests were written down`);
    const perGuest = host.commands.filter((line) => /^(pct|qm) /.test(line)).length;
    return { commands: host.commands.length, perGuest };
  } finally {
    await host.close();
  }
}

/** The commands for the last of these containers, the others being there. */
async function commandsToCreate(guests: readonly LxcGuest[]): Promise<readonly string[]> {
  const host = await openLabHost();
  try {
    const before = allTargets(environment(...guests.slice(0, -1)));
    const after = allTargets(environment(...guests));
    if (before.size > 0) await carriedOut(host, new Map(), before);
    const { commands, outcomes } = await carriedOut(host, before, after);
    if (outcomes.join() !== 'applied') throw new Error(`the container is ${outcomes.join()}`);
    return commands;
  } finally {
    await host.close();
  }
}

/** Observes every target, as a replay does, and does what is missing. */
async function carriedOut(host: LabHost, before: Targets, after: Targets) {
  const also = before === after ? new Set(after.keys()) : new Set<TargetId>();
  const made = makePlan({ from: null, to: ORIGIN.commit, before, after, also, impact: impactOf });
  if (made.kind === 'cycle') throw new Error('the guests need each other in a ring');
  const rehearsal = { plan: made.plan, before, after, origin: ORIGIN, rollback: false, approved: false };
  host.forget();
  const steps = await carryOutPlan(recordingHost(host), rehearsal, () => {});
  const failed = steps.find(({ outcome }) => outcome === 'failed' || outcome === 'blocked');
  if (failed !== undefined) throw new Error(`${failed.target}: ${failed.reason}`);
  return { commands: [...host.commands], outcomes: steps.map(({ outcome }) => outcome) };
}

function targetsOf(files: Files): Targets {
  return allTargets(loaded(files));
}

function loaded(files: Files): Config {
  const bytes = Object.entries(files).map(([path, text]) => {
    return [path, { blob: path as BlobId, kind: 'file', bytes: Buffer.from(text) }] as const;
  });
  const { config, problems } = load(
    { commit: null, root: '', files: new Map(bytes) },
    { strictSecrets: false, secrets: DEFAULT_BOUNDS },
  );
  if (config === null) throw new Error(`the configuration is refused: ${problems[0]?.message}`);
  return config;
}

/** Copies the files of one guest for another, as if that had been created as well. */
async function copyGuest(host: LabHost, from: number, to: number): Promise<void> {
  for (const path of ['etc/pve/lxc/ID.conf', 'etc/pve/firewall/ID.fw', 'run/lab/guests/ID.json']) {
    const text = await host.read(path.replace('ID', String(from)));
    const other = text.replaceAll(addressOf(from), addressOf(to)).replaceAll(String(from), String(to));
    await host.write(path.replace('ID', String(to)), other);
  }
}

function said(commands: readonly string[]): string {
  return `${commands.length}: ${commands.map((line) => line.split(' ').slice(0, 2).join(' ')).join(', ')}`;
}
