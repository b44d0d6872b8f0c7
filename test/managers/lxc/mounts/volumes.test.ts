// A container's volume is identified by its name: even if its path changes, the same storage volume is found again, and none is ever replaced or
// freed without an approval.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LxcGuest } from '../../../../src/managers/lxc/declared.ts';
import { lxc } from '../../../../src/managers/lxc/manager.ts';
import type { Manager, Wanted } from '../../../../src/managers/manager.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { LONG_TEST } from '../../../support/long.ts';
import { convergeStep, killPoints } from '../../carry-out.ts';
import { container, gone, targetOf, wanted } from '../../guests.ts';
import { look } from '../../step.ts';

const NOTE = '/var/lib/phoenix/volumes/101.json';
const CONF = '/etc/pve/lxc/101.conf';

type Volume = LxcGuest['volumes'][number];
const volume = (name: string, mountPoint: string, more: Partial<Volume> = {}): Volume => ({
  name,
  storage: 'rpool',
  sizeGb: 2,
  mountPoint,
  ...more,
});
const DATA = volume('data', '/data');

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

const with_ = (volumes: readonly Volume[], own: Partial<LxcGuest> = {}) =>
  targetOf(container(101, { volumes, ...own }));

/** Brings the container to these volumes; `before` as the agent knows it. */
async function bring(volumes: readonly Volume[], more: Partial<Wanted> & { own?: Partial<LxcGuest> } = {}) {
  const { own, ...ask } = more;
  return convergeStep(lxc as Manager, host, wanted(with_(volumes, own), ask));
}

async function done(volumes: readonly Volume[], before?: readonly Volume[], more: Partial<Wanted> = {}) {
  const known = before === undefined ? {} : { before: with_(before).spec };
  const end = await bring(volumes, { ...known, ...more });
  expect(end, JSON.stringify(end, null, 1)).toMatchObject({ outcome: 'done' });
  expect(await bring(volumes, { before: with_(volumes).spec })).toEqual({ outcome: 'done', actions: [] });
  return end.actions;
}

const pct = (...args: readonly string[]) => host.run({ kind: 'command', program: 'pct', args, timeoutSeconds: 10 });

/** Storage volumes by mount path, and unused ones. */
async function mounts(): Promise<Record<string, string>> {
  const text = await host.read(CONF);
  const mounted = [...text.matchAll(/^mp\d+: ([^,\n]+),mp=([^,\n]+)/gm)].map(([, id, path]) => [path, id]);
  const unused = [...text.matchAll(/^(unused\d+): (\S+)/gm)].map(([, key, id]) => [key, id]);
  return Object.fromEntries([...mounted, ...unused]);
}

async function stored(storage = 'rpool'): Promise<string[]> {
  const args = ['list', storage];
  const { stdout } = await host.run({ kind: 'command', program: 'pvesm', args, timeoutSeconds: 10 });
  return stdout.split('\n').flatMap((line) => /^(\S+-101-disk-\S+)/.exec(line)?.[1] ?? []);
}

async function idOf(path: string): Promise<string> {
  const id = (await mounts())[path];
  if (id === undefined) throw new Error(`nothing is mounted at ${path}`);
  return id;
}

describe('a disk of the host', () => {
  const [ONE, OTHER] = ['/dev/disk/by-id/ata-WDC_WD40-part1', '/dev/vg0/data'];
  const mount = (hostPath: string, readOnly: boolean | null = null) => ({
    mountPoints: [{ hostPath, containerPath: '/srv', ownerUid: null, ownerGid: null, readOnly, options: {} }],
  });
  const to = (own: Partial<LxcGuest>, before?: Partial<LxcGuest>, more: Partial<Wanted> = {}) =>
    bring([], { own, ...(before === undefined ? {} : { before: with_([], before).spec }), ...more });

  test('is mounted once the container is made, so that nothing of the template gets on it, and taken out', async () => {
    const end = await to(mount(ONE));
    expect(end).toMatchObject({ outcome: 'done' });
    expect(host.commands.find((command) => command.startsWith('pct create'))).not.toContain(ONE);
    expect(end.actions.map(({ summary }) => summary).join()).not.toContain('create the folder');
    expect(await mounts()).toEqual({ '/srv': ONE });
    expect(await to(mount(ONE), mount(ONE))).toEqual({ outcome: 'done', actions: [] });
    expect(await to(mount(ONE, true), mount(ONE))).toMatchObject({ outcome: 'done' });
    expect(await host.read(CONF)).toMatch(/^mp0: \/dev\/disk\/by-id\/ata-WDC_WD40-part1,mp=\/srv,ro=1$/m);
    expect(await to({}, mount(ONE, true))).toMatchObject({ outcome: 'done' });
    expect(await mounts()).toEqual({});
  });

  test('gives its place to another only with an approval', async () => {
    await to(mount(ONE));
    const refused = await to(mount(OTHER), mount(ONE));
    expect(refused).toMatchObject({ outcome: 'refused', actions: [] });
    expect('reason' in refused ? refused.reason : '').toContain(`/srv is ${ONE}, and ${OTHER} would take its place`);
    expect(await to(mount(OTHER), mount(ONE), { approved: true })).toMatchObject({ outcome: 'done' });
    expect(await mounts()).toEqual({ '/srv': OTHER });
  });

  test('gives its place to a volume only with an approval', async () => {
    await to(mount(ONE));
    const ask = { before: with_([], mount(ONE)).spec };
    const refused = await bring([volume('srv', '/srv')], ask);
    expect(refused).toMatchObject({ outcome: 'refused', actions: [] });
    expect('reason' in refused ? refused.reason : '').toContain(`/srv is ${ONE}, and volume srv would take its place`);
    expect(await mounts()).toEqual({ '/srv': ONE });
    expect(await bring([volume('srv', '/srv')], { ...ask, approved: true })).toMatchObject({ outcome: 'done' });
    expect(await bring([volume('srv', '/srv')])).toEqual({ outcome: 'done', actions: [] });
    expect(await idOf('/srv')).toContain('rpool:');
  });

  test('takes the place of a volume that is declared no longer', async () => {
    await to(mount(ONE));
    const own = { before: with_([volume('own', '/own')], mount(ONE)).spec };
    await bring([volume('own', '/own')], { own: mount(ONE) });
    const there = { mountPoints: [{ ...mount(OTHER).mountPoints[0], containerPath: '/own' }] } as Partial<LxcGuest>;
    expect(await bring([], { ...own, own: there })).toMatchObject({ outcome: 'done' });
    expect(await idOf('/own')).toBe(OTHER);
  });
});

describe('a path that changes', () => {
  test('moves the volume, with what a person set of it, and back again by the revert', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    await pct('set', '101', '--mp0', `${id},mp=/data,backup=1,size=2G`);
    const actions = await done([volume('data', '/srv/data')], [DATA]);
    expect(actions.map(({ summary }) => summary)).toEqual([
      `set volume data at /srv/data of container 101 to ${id},mp=/srv/data,size=2G,backup=1`,
      'shut container 101 down',
      'start container 101',
    ]);
    expect(await host.read(CONF)).toContain(`mp0: ${id},mp=/srv/data,backup=1,size=2G`);
    await done([DATA], [volume('data', '/srv/data')]);
    expect(await mounts()).toEqual({ '/data': id });
    expect(await stored()).toHaveLength(2);
  });

  test.each(['running', 'stopped'] as const)('two volumes that swap paths end swapped, %s', async (startState) => {
    const own = { startState };
    const one = [volume('a', '/a'), volume('b', '/b')];
    await bring(one, { own });
    const before = await mounts();
    const other = [volume('a', '/b'), volume('b', '/a')];
    expect(await bring(other, { own, before: with_(one, own).spec })).toMatchObject({ outcome: 'done' });
    expect(await mounts()).toEqual({ '/a': before['/b'], '/b': before['/a'] });
    expect(await bring(other, { own })).toEqual({ outcome: 'done', actions: [] });
    expect(await stored()).toHaveLength(3);
  });

  test.each([
    ['the note', async () => host.write(NOTE, '{}'), { before: with_([DATA]).spec }],
    ['the ledger', async () => {}, {}],
  ])('is found without %s', async (_, lose, ask) => {
    await done([DATA]);
    const id = await idOf('/data');
    await lose();
    expect(await bring([volume('data', '/new')], ask)).toMatchObject({ outcome: 'done' });
    expect(await mounts()).toEqual({ '/new': id });
  });

  test('changes nothing of what a run that was broken off before the restart began', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    await pct('set', '101', '--mp0', `${id},mp=/elsewhere`);
    expect(await host.read(CONF)).toContain('[pve:pending]');
    await done([DATA], [DATA]);
    expect(await mounts()).toEqual({ '/data': id });
    expect(await host.read(CONF)).not.toContain('[pve:pending]');
  });
});

describe('a volume that is no longer declared', () => {
  test('is unmounted, retained and listed, and mounted again with its data, at any path', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    await done([], [DATA]);
    expect(await mounts()).toEqual({ unused0: id });
    expect(JSON.parse(await host.read(NOTE)).names).toEqual({ data: id });
    await done([volume('data', '/again')], []);
    expect(await mounts()).toEqual({ '/again': id });
    expect(await stored()).toHaveLength(2);
  });

  test('comes back where Proxmox no longer lists it', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    await done([], [DATA]);
    await host.write(CONF, (await host.read(CONF)).replace(/^unused0: .*\n/m, ''));
    await done([DATA], []);
    expect(await mounts()).toEqual({ '/data': id });
  });

  test('whose unmounting is pending stays when it is declared again', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    await pct('set', '101', '--delete', 'mp0');
    const actions = await done([DATA], [DATA]);
    expect(actions.map(({ summary }) => summary)).toEqual(['set mp0 of container 101']);
    expect(await mounts()).toEqual({ '/data': id });
  });

  test('is said in the outcome, with where it is', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    await done([], [DATA]);
    const ask = wanted(with_([]), { before: with_([]).spec });
    expect(lxc.decide(ask, await lxc.observe(host, ask))).toEqual({
      kind: 'actions',
      actions: [],
      remarks: [`1 volume kept, not mounted: data (${id})`],
    });
  });
});

describe('an empty volume where data was', () => {
  const refused = async (volumes: readonly Volume[], before: readonly Volume[]) => {
    const found = await mounts();
    const end = await bring(volumes, { before: with_(before).spec });
    expect(end).toMatchObject({ outcome: 'refused', actions: [] });
    expect(await mounts()).toEqual(found);
    const kept = await bring(volumes, { before: with_(before).spec, approved: true, protected: true });
    expect(kept).toMatchObject({ outcome: 'refused', actions: [] });
    return 'reason' in end ? end.reason : '';
  };

  test('waits for approval where a name at a path is exchanged for another, and keeps the data then', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    const files = [volume('files', '/data')];
    expect(await refused(files, [DATA])).toMatch(/^lxc\/101: \/data has the volume data, .*phoenix approve/);
    await done(files, [DATA], { approved: true });
    const { '/data': made, unused0 } = await mounts();
    expect(unused0).toBe(id);
    expect(made).not.toBe(id);
    expect(JSON.parse(await host.read(NOTE)).names).toEqual({ data: id, files: made });
  });

  test('waits for approval where a volume makes room for a new one', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    const two = [volume('data', '/archive'), volume('files', '/data')];
    expect(await refused(two, [DATA])).toContain('an empty one, files, would take its place');
    await done(two, [DATA], { approved: true });
    expect(await mounts()).toMatchObject({ '/archive': id });
    expect(await stored()).toHaveLength(3);
  });

  test('waits for approval where the storage changes, and says how to move the data', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    const moved = [volume('data', '/data', { storage: 'local-lvm' })];
    expect(await refused(moved, [DATA])).toContain('pct move-volume 101 mp0 local-lvm');
    await done(moved, [DATA], { approved: true });
    expect(await idOf('/data')).toMatch(/^local-lvm:/);
    expect(await mounts()).toMatchObject({ unused0: id });
    expect(JSON.parse(await host.read(NOTE)).lines).toEqual([`was data: ${id}`]);
  });

  test('is not needed once a person has moved it with its data', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    await pct('shutdown', '101');
    expect(await pct('move-volume', '101', 'mp0', 'local-lvm')).toMatchObject({ exit: 0 });
    const moved = [volume('data', '/data', { storage: 'local-lvm' })];
    await done(moved, [DATA]);
    expect(await idOf('/data')).toMatch(/^local-lvm:/);
    expect(await mounts()).toMatchObject({ unused0: id });
  });

  test('waits for approval where the noted volume is gone from its storage', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    await done([], [DATA]);
    await pct('set', '101', '--delete', 'unused0');
    expect(await stored()).toHaveLength(1);
    expect(await refused([DATA], [])).toContain(`volume data was ${id}, which is not there any more`);
    await done([DATA], [], { approved: true });
    expect(await stored()).toHaveLength(2);
  });

  test('does not come because a storage does not answer', async () => {
    await done([DATA]);
    await done([], [DATA]);
    await host.write(CONF, (await host.read(CONF)).replace(/^unused0: .*\n/m, ''));
    host.instead = (line) => (line.startsWith('pvesm list') ? { exit: 255, stderr: 'rpool: no such pool' } : undefined);
    await expect(bring([DATA], { before: with_([]).spec })).rejects.toThrow('pvesm list rpool: rpool: no such pool');
  });

  test('does not come because another volume stands in the way', async () => {
    await done([DATA]);
    await done([], [DATA]);
    await pct('set', '101', '--mp5', 'rpool:1,mp=/data');
    const found = await mounts();
    const end = await bring([DATA], { before: with_([]).spec });
    expect(end).toMatchObject({ outcome: 'refused', actions: [] });
    expect(end).toHaveProperty('reason', expect.stringContaining('pct set 101 --delete mp5'));
    expect(await mounts()).toEqual(found);
  });
});

describe('the note', () => {
  test.each(['', 'no JSON', '[]', '{"version":3}', '{"version":2,"names":{"a":7},"lines":[],"paths":{}}'])(
    'that cannot be read is never taken for an empty one: %j',
    async (text) => {
      await done([DATA]);
      const found = await mounts();
      await host.write(NOTE, text);
      for (const ask of [wanted(with_([volume('data', '/new')])), gone(with_([DATA]), { approved: true })]) {
        const end = await convergeStep(lxc as Manager, host, ask);
        expect(end).toMatchObject({ outcome: 'refused', actions: [] });
        expect(end).toHaveProperty('reason', expect.stringContaining(`${NOTE} cannot be read`));
      }
      expect(await mounts()).toEqual(found);
    },
  );

  test('of an earlier version is read, and stays until something is added', async () => {
    await done([DATA]);
    const id = await idOf('/data');
    await convergeStep(lxc as Manager, host, gone(with_([DATA]), { approved: true }));
    await host.write(NOTE, JSON.stringify({ '/data': id, unused3: 'rpool:subvol-101-disk-9' }));
    await done([DATA]);
    expect(await mounts()).toEqual({ '/data': id });
    expect(JSON.parse(await host.read(NOTE))).toEqual({
      version: 2,
      names: { data: id },
      lines: ['unused3: rpool:subvol-101-disk-9'],
      paths: {},
    });
  });

  test('alone is no difference: a check finds everything as declared', async () => {
    await done([DATA]);
    await host.write(NOTE, '{}');
    const decision = lxc.decide(wanted(with_([DATA])), await lxc.observe(host, wanted(with_([DATA]))));
    expect(decision.kind === 'actions' && decision.actions.map(({ notes }) => notes)).toEqual([true]);
    expect(await look(lxc as Manager, host, wanted(with_([DATA])))).toEqual({ outcome: 'unchanged', reason: null });
    expect(await host.read(NOTE)).toBe('{}');
  });
});

describe('a container that is recreated', () => {
  test('has its volumes with their data and settings, also an undeclared one, before it is started', async () => {
    await done([DATA, volume('old', '/old')]);
    const [data, old] = [await idOf('/data'), await idOf('/old')];
    await pct('set', '101', '--mp0', `${data},mp=/data,backup=1`);
    await pct('set', '101', '--mp7', 'rpool:1,mp=/by/hand');
    const byHand = await idOf('/by/hand');
    await convergeStep(lxc as Manager, host, gone(with_([DATA, volume('old', '/old')]), { approved: true }));
    expect(await host.has(CONF)).toBe(false);
    expect(await stored()).toEqual([data, old, byHand]);
    const actions = await done([volume('data', '/srv/data')]);
    expect(await mounts()).toEqual({ '/srv/data': data, '/by/hand': byHand });
    expect(await host.read(CONF)).toMatch(new RegExp(`^mp\\d: ${data},mp=/srv/data,backup=1`, 'm'));
    expect(actions.map(({ summary }) => summary.split(' ', 1)[0])).toEqual(['create', 'set', 'start']);
  });

  test('leaves what only waits or only a snapshot has', async () => {
    await done([DATA]);
    const data = await idOf('/data');
    await pct('set', '101', '--mp3', 'rpool:1,mp=/three');
    const three = await idOf('/three');
    await pct('snapshot', '101', 'mine');
    await pct('set', '101', '--delete', 'mp3');
    const text = (await host.read(CONF)).replace(/^mp3: .*\n/m, '');
    await host.write(CONF, text.replace('delete: mp3', `mp4: rpool:subvol-101-disk-7,mp=/four`));
    await host.run({
      kind: 'command',
      program: 'pvesm',
      args: ['alloc', 'rpool', '101', 'subvol-101-disk-7', '1G', '--format', 'subvol'],
      timeoutSeconds: 10,
    });
    await convergeStep(lxc as Manager, host, gone(with_([DATA]), { approved: true }));
    expect(await host.has(CONF)).toBe(false);
    expect(await stored()).toEqual([data, three, 'rpool:subvol-101-disk-7']);
    const note = JSON.parse(await host.read(NOTE));
    expect(note.names).toEqual({ data });
    expect(note.lines).toContain('mp4: rpool:subvol-101-disk-7,mp=/four');
    expect(note.lines.join('\n')).toContain(`mp3 of snapshot mine: ${three},mp=/three`);
  });

  test('can have snapshots of the names that it had before', async () => {
    const own = { lifecycleSnapshots: true };
    await bring([DATA], { own });
    await convergeStep(lxc as Manager, host, gone(with_([DATA], own), { approved: true }));
    expect(await bring([DATA], { own })).toMatchObject({ outcome: 'done' });
    expect(await host.read(CONF)).toContain('[final-form]');
  });
});

test('killed at any action of being destroyed and recreated, it has every volume once', LONG_TEST, async () => {
  const volumes = [DATA, volume('logs', '/logs')];
  const target = with_(volumes, { lifecycleSnapshots: true });
  const rebuilt = with_([volume('data', '/srv/data'), volume('logs', '/logs')], {
    unprivileged: false,
    lifecycleSnapshots: true,
  });
  const ask = wanted(rebuilt, { before: target.spec, approved: true });
  await convergeStep(lxc as Manager, host, wanted(target));
  const { actions } = await convergeStep(lxc as Manager, host, ask);
  for (const after of killPoints(actions.length)) {
    await host.close();
    host = await openLabHost();
    expect(await convergeStep(lxc as Manager, host, wanted(target))).toMatchObject({ outcome: 'done' });
    await pct('set', '101', '--mp7', 'rpool:1,mp=/by/hand');
    const [data, logs, byHand] = [await idOf('/data'), await idOf('/logs'), await idOf('/by/hand')];
    expect(await convergeStep(lxc as Manager, host, ask, after)).toMatchObject({ outcome: 'killed' });
    expect(await convergeStep(lxc as Manager, host, ask), `killed after ${after}`).toMatchObject({ outcome: 'done' });
    expect(await mounts(), `killed after ${after}`).toEqual({ '/srv/data': data, '/logs': logs, '/by/hand': byHand });
    expect(await stored(), `killed after ${after}`).toHaveLength(4);
    expect(await host.read(CONF)).not.toContain('unprivileged');
  }
});

test('what a person mounted gives its place to what is declared only with an approval', async () => {
  const mount = (hostPath: string): Partial<LxcGuest> => ({
    mountPoints: [{ hostPath, containerPath: '/srv', ownerUid: null, ownerGid: null, readOnly: null, options: {} }],
  });
  await host.write('/srv/person/file', 'content');
  const still = { startState: 'stopped', start_at_boot: false } as const;
  await bring([], { own: still });
  const rows: readonly (readonly [string, readonly Volume[], Partial<LxcGuest>, string])[] = [
    ['rpool:1', [], mount('/srv/declared'), '/srv/declared'],
    ['rpool:1', [], mount('/dev/disk/by-id/ata-WDC_WD40-part1'), '/dev/disk/by-id/ata-WDC_WD40-part1'],
    ['/srv/person', [], mount('/srv/declared'), '/srv/declared'],
    ['/srv/person', [volume('srv', '/srv')], {}, 'volume srv'],
  ];
  for (const [byHand, volumes, declared, by] of rows) {
    const own = { ...still, ...declared };
    await pct('set', '101', '--mp0', `${byHand},mp=/srv`);
    const there = await idOf('/srv');
    const before = { before: with_([], still).spec };
    const refused = await bring(volumes, { own, ...before });
    expect(refused, by).toMatchObject({ outcome: 'refused', actions: [] });
    expect('reason' in refused ? refused.reason : '').toContain(
      `/srv is ${there}, and ${by} would take its place (what is there is kept, and not mounted any more)`,
    );
    expect(await idOf('/srv')).toBe(there);
    expect(await bring(volumes, { own, ...before, approved: true })).toMatchObject({ outcome: 'done' });
    expect(await bring(volumes, { own, before: with_(volumes, own).spec })).toEqual({ outcome: 'done', actions: [] });
    expect(await idOf('/srv')).not.toBe(there);
    if (byHand.startsWith('rpool')) expect(Object.values(await mounts())).toContain(there);
  }
  expect(await host.read('/srv/person/file')).toBe('content');
});

test('a folder of the host that becomes another, or a volume, stays as it is, and the volume is new', async () => {
  const mount = { hostPath: '/srv/d', containerPath: '/data', ownerUid: null, ownerGid: null, readOnly: false };
  const before = with_([], { mountPoints: [mount] });
  await convergeStep(lxc as Manager, host, wanted(before));
  await host.write('/srv/d/file', 'content');
  const other = with_([], { mountPoints: [{ ...mount, hostPath: '/srv/e' }] });
  for (const [now, then] of [
    [other, before],
    [before, other],
  ] as const)
    expect(await convergeStep(lxc as Manager, host, wanted(now, { before: then.spec }))).toMatchObject({
      outcome: 'done',
    });
  const end = await convergeStep(lxc as Manager, host, wanted(with_([DATA]), { before: before.spec }));
  expect(end).toMatchObject({ outcome: 'done' });
  expect(await host.read('/srv/d/file')).toBe('content');
  expect(await idOf('/data')).toBe('rpool:subvol-101-disk-1');
  expect(JSON.parse(await host.read(NOTE)).names).toEqual({ data: 'rpool:subvol-101-disk-1' });
});

test(
  'through any sequence of declarations a name is one volume, none is created twice and none is freed',
  LONG_TEST,
  async () => {
    const NAMES = ['a', 'b', 'c'];
    const PATHS = ['/one', '/two', '/three', '/one/below'];
    const declaration = fc
      .tuple(fc.subarray(NAMES), fc.shuffledSubarray(PATHS, { minLength: 3 }))
      .map(([names, paths]) => names.map((name, at) => volume(name, paths[at] ?? '')));
    const row = fc.array(fc.record({ volumes: declaration, ledger: fc.boolean() }), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(row, async (steps) => {
        await host.close();
        host = await openLabHost();
        const made = new Map<string, string>();
        let before: readonly Volume[] = [];
        await bring([]);
        for (const { volumes, ledger } of steps) {
          const known = ledger ? { before: with_(before).spec } : {};
          const end = await bring(volumes, { ...known, approved: true });
          expect(end).toMatchObject({ outcome: 'done' });
          expect(await bring(volumes, known)).toEqual({ outcome: 'done', actions: [] });
          const now = await mounts();
          for (const { name, mountPoint } of volumes) {
            const id = now[mountPoint] ?? '';
            expect(made.get(name) ?? id).toBe(id);
            made.set(name, id);
          }
          expect(new Set(Object.values(now))).toEqual(new Set(made.values()));
          expect(await stored()).toHaveLength(1 + made.size);
          before = volumes;
        }
      }),
      { numRuns: 10 },
    );
  },
);
