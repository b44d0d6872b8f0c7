// Decisions for containers: for each observation the actions that follow.

import { describe, expect, test } from 'vitest';
import { printNotes } from '../../../src/managers/guest/observe/notes.ts';
import type { GuestObservation } from '../../../src/managers/guest/observe/observation.ts';
import { withUnreadLines } from '../../../src/managers/guest/observe/unread-lines.ts';
import { parseConf } from '../../../src/managers/guest/proxmox/conf.ts';
import { containerDifferences, decideContainer } from '../../../src/managers/lxc/decide.ts';
import type { LxcGuest } from '../../../src/managers/lxc/declared.ts';
import type { HostReader, Wanted } from '../../../src/managers/manager.ts';
import { shown } from '../decision.ts';
import { container, feature, ORIGIN, targetOf, wanted } from '../guests.ts';
import { NO_GUEST } from '../observed.ts';

const NOTES = {
  text: '',
  repository: ORIGIN.repository,
  target: 'lxc/101',
  commit: 'a'.repeat(40),
  building: false,
  scripts: null,
};

const NET = 'name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:00:00:01,ip=10.0.0.101/24,type=veth';

/** The file of `container(101)` as Proxmox writes it, with other lines in the place of some. */
function conf(own: Record<string, string | null> = {}, more = '', notes = printNotes(NOTES)): string {
  const settings: Record<string, string | null> = {
    arch: 'amd64',
    cores: '2',
    hostname: 'ct-101',
    memory: '512',
    net0: NET,
    onboot: '1',
    ostype: 'debian',
    rootfs: 'rpool:subvol-101-disk-0,size=4G',
    swap: '512',
    tags: 'phoenix',
    unprivileged: '1',
    ...own,
  };
  const head = notes.split('\n').map((line) => `#${line.replaceAll(':', '%3A')}`);
  const lines = Object.entries(settings).flatMap(([key, value]) => (value === null ? [] : [`${key}: ${value}`]));
  return `${[...head, ...lines].join('\n')}\n${more}`;
}

function seen(text: string | null, own: Partial<GuestObservation> = {}): GuestObservation {
  return { ...NO_GUEST, conf: text === null ? null : parseConf(text, 'pct'), running: true, ...own };
}

function decide(own: Partial<LxcGuest>, observation: GuestObservation, ask: Partial<Wanted> = {}): string {
  return shown(decideContainer(wanted(targetOf(container(101, own)), ask), observation));
}

function differences(own: Partial<LxcGuest>, observation: GuestObservation, ask: Partial<Wanted> = {}) {
  return containerDifferences(wanted(targetOf(container(101, own)), ask), observation);
}

describe('nothing is to be done', () => {
  test.each([
    ['as it was made', conf(), {}],
    ['booleans in other words', conf({ onboot: 'yes', features: 'nesting=0' }), {}],
    ['tags in another order and case', conf({ tags: 'phoenix;Web;a' }), { tags: ['a', 'web'] }],
    ['a hardware address that Proxmox chose', conf(), {}],
    [
      'a hardware address in lower case',
      conf({ net0: NET.replace('BC:24:11', 'bc:24:11') }),
      { network: { ...container(101).network, mac: 'BC:24:11:00:00:01' } },
    ],
    ['startup in its short form', conf({ startup: '3' }), { boot_order: 3 }],
    ['a size in other units', conf({ rootfs: 'rpool:subvol-101-disk-0,size=4096M' }), {}],
    ['settings that are not declared', conf({ protection: '0', cpulimit: '2', timezone: 'host' }), {}],
    ['mount points that nobody declared', conf({ mp3: '/srv/x,mp=/x' }), {}],
    ['waiting settings that are not declared', conf({}, '\n[pve:pending]\ntty: 3\n'), {}],
    ['no nameserver and an empty one', conf({ nameserver: '' }), {}],
  ])('%s', (_, text, own) => {
    expect(decide(own as Partial<LxcGuest>, seen(text))).toBe('');
    expect(differences(own as Partial<LxcGuest>, seen(text))).toEqual([]);
  });
});

test('differences are named field by field, as in the file', () => {
  const own = {
    memory_mb: 1024,
    start_at_boot: false,
    tags: ['web'],
    network: { ...container(101).network, ip: '10.0.0.5/24', vlan: 7 },
    pctFeatures: { nesting: '1' },
  } as const;
  const there = conf({ rootfs: 'rpool:subvol-101-disk-0,size=2G', features: 'nesting=0,keyctl=1' });
  expect(differences(own, seen(there))).toEqual([
    { field: 'memory_mb', declared: 1024, observed: 512 },
    { field: 'start_at_boot', declared: false, observed: true },
    { field: 'tags', declared: 'phoenix;web', observed: 'phoenix' },
    { field: 'network_config.ip', declared: '10.0.0.5/24', observed: '10.0.0.101/24' },
    { field: 'network_config.vlan', declared: '7', observed: null },
    { field: 'features.nesting', declared: '1', observed: '0' },
    { field: 'storage_size_gb', declared: 4, observed: 2 },
  ]);
  // A field that is no longer declared and still set, and one that waits for a restart.
  const before = targetOf(container(101, { boot_order: 2 })).spec;
  const waiting = conf({ startup: 'order=2' }, '\n[pve:pending]\nmemory: 4096\n');
  expect(differences({}, seen(waiting), { before })).toEqual([
    { field: 'memory_mb', declared: 512, observed: 4096 },
    { field: 'boot_order', declared: null, observed: '2' },
  ]);
});

test('variables of a container are never shown', () => {
  const told = differences({ options: { env: 'MODE=calm' } }, seen(conf({ env: 'MODE=hunter2' })));
  expect(told).toMatchObject([{ field: expect.any(String) }]);
  expect(JSON.stringify(told)).not.toMatch(/hunter2|calm/);
});

test('all changes of settings are one command, with the address kept', () => {
  const own = {
    memory_mb: 1024,
    tags: ['web'],
    start_at_boot: false,
    boot_order: 2,
    network: { ...container(101).network, ip: '10.0.0.5/24', vlan: 7 },
    firewall: { enabled: true, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [] },
  } as const;
  const searched = { network: { ...container(101).network, searchdomain: 'old.example' } };
  const before = targetOf(container(101, searched)).spec;
  expect(decide(own, seen(conf({ searchdomain: 'old.example' })), { before })).toMatchInlineSnapshot(`
    "write the firewall rules of container 101 (live)
      /etc/pve/firewall/101.fw <-
        | # Kept by Phoenix. Change it in the repository, not here.
        | 
        | [OPTIONS]
        | 
        | enable: 1
        | policy_in: DROP
        | policy_out: ACCEPT
        | 
        | [RULES]
    set memory, start at boot, boot order, search domain, tags, network interface of container 101 (restart)
      pct set 101 --memory 1024 --onboot 0 --startup order=2 --tags phoenix;web --net0 name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:00:00:01,ip=10.0.0.5/24,type=veth,firewall=1,tag=7 --delete searchdomain --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: lxc/101\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc"
    shut container 101 down (restart)
      pct shutdown 101 --forceStop 1 --timeout 120
    start container 101 (live)
      pct start 101"
  `);
});

test('a single change is described with its value', () => {
  expect(decide({ memory_mb: 4096 }, seen(conf()))).toMatchInlineSnapshot(`
    "set memory of container 101 to 4096 MB (live)
      pct set 101 --memory 4096 --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: lxc/101\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc""
  `);
});

test('what waits for the next start restarts a container that runs, and no other', () => {
  expect(decide({ pctFeatures: { nesting: '1' } }, seen(conf()))).toMatchInlineSnapshot(`
    "set features of container 101 to nesting=1 (restart)
      pct set 101 --features nesting=1 --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: lxc/101\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc"
    shut container 101 down (restart)
      pct shutdown 101 --forceStop 1 --timeout 120
    start container 101 (live)
      pct start 101"
  `);
  expect(decide({ pctFeatures: { nesting: '1' } }, seen(conf(), { running: false }))).toMatchInlineSnapshot(`
    "set features of container 101 to nesting=1 (live)
      pct set 101 --features nesting=1 --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: lxc/101\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc"
    start container 101 (live)
      pct start 101"
  `);
});

test('a change that waits since a run was broken off is finished by the restart alone', () => {
  const text = conf({}, '\n[pve:pending]\nfeatures: nesting=1\n');
  expect(decide({ pctFeatures: { nesting: '1' } }, seen(text))).toMatchInlineSnapshot(`
    "shut container 101 down (restart)
      pct shutdown 101 --forceStop 1 --timeout 120
    start container 101 (live)
      pct start 101"
  `);
});

test('a change that waits beside a line that Proxmox cannot read is finished by the restart alone', () => {
  const text = conf({ features: 'nesting=1, keyctl=1' }, '\n[pve:pending]\nfeatures: nesting=1,keyctl=1\n');
  const decided = decide({ pctFeatures: { nesting: '1' } }, seen(text));
  expect(decided).toContain('pct shutdown 101');
  expect(decided).toContain('pct start 101');
  expect(decided).not.toContain('pct set');
});

test('a wrong pending change is reverted, without a restart', () => {
  const text = conf({ features: 'nesting=1' }, '\n[pve:pending]\nfeatures: nesting=0\nnameserver: 9.9.9.9\n');
  expect(decide({ pctFeatures: { nesting: '1' } }, seen(text))).toMatchInlineSnapshot(`
    "set features of container 101 (live)
      pct set 101 --revert features --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: lxc/101\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc""
  `);
});

test('raw lines are written while the container is stopped', () => {
  const own = { lxcOptions: [{ key: 'lxc.mount.auto', value: 'sys:rw' }] };
  expect(decide(own, seen(conf()))).toMatchInlineSnapshot(`
    "shut container 101 down (restart)
      pct shutdown 101 --forceStop 1 --timeout 120
    write the lxc options of container 101 (restart)
      /etc/pve/lxc/101.conf <-
        | #**Kept by Phoenix.** Change it in the repository, not here.
        | #
        | #- phoenix-repository%3A https%3A//git.example/infra.git
        | #- phoenix-target%3A lxc/101
        | #- phoenix-commit%3A cccccccccccccccccccccccccccccccccccccccc
        | arch: amd64
        | cores: 2
        | hostname: ct-101
        | memory: 512
        | net0: name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:00:00:01,ip=10.0.0.101/24,type=veth
        | onboot: 1
        | ostype: debian
        | rootfs: rpool:subvol-101-disk-0,size=4G
        | swap: 512
        | tags: phoenix
        | unprivileged: 1
        | lxc.mount.auto: sys:rw
    start container 101 (live)
      pct start 101"
  `);
});

test('a volume is created once, noted, found again and grown', () => {
  const own = { volumes: [{ name: 'data', storage: 'rpool', sizeGb: 8, mountPoint: '/data' }] };
  expect(decide(own, seen(conf({ mp0: '/srv/x,mp=/x' })))).toMatchInlineSnapshot(`
    "set volume data at /data of container 101 to rpool:8,mp=/data (live)
      pct set 101 --mp1 rpool:8,mp=/data --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: lxc/101\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc""
  `);
  expect(decide(own, seen(conf({ mp5: 'rpool:subvol-101-disk-1,mp=/data,size=4G' })))).toMatchInlineSnapshot(`
    "record the volumes of container 101 in /var/lib/phoenix/volumes/101.json (live)
      /var/lib/phoenix/volumes/101.json <-
        | {
        |   "version": 2,
        |   "names": {
        |     "data": "rpool:subvol-101-disk-1"
        |   },
        |   "lines": [],
        |   "paths": {}
        | }
    grow volume data of container 101 to 8 GB (live)
      pct resize 101 mp5 8G"
  `);
});

test('a retained volume is mounted, not recreated', () => {
  const own = { volumes: [{ name: 'data', storage: 'rpool', sizeGb: 8, mountPoint: '/data' }] };
  const host = { ...seen(null).host, retained: '{"/data":"rpool:subvol-101-disk-1"}' };
  expect(decide(own, seen(conf(), { host }))).toMatchInlineSnapshot(`
    "set volume data at /data of container 101 to rpool:subvol-101-disk-1,mp=/data (live)
      pct set 101 --mp0 rpool:subvol-101-disk-1,mp=/data --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: lxc/101\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc""
  `);
});

test('a mount point that is no longer declared is removed', () => {
  const before = targetOf(
    container(101, {
      mountPoints: [{ hostPath: '/srv/x', containerPath: '/x', ownerUid: null, ownerGid: null, readOnly: false }],
    }),
  ).spec;
  expect(decide({}, seen(conf({ mp3: '/srv/x,mp=/x' })), { before })).toMatchInlineSnapshot(`
    "set mount /x of container 101 to none (restart)
      pct set 101 --delete mp3 --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: lxc/101\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc"
    shut container 101 down (restart)
      pct shutdown 101 --forceStop 1 --timeout 120
    start container 101 (live)
      pct start 101"
  `);
});

test('a stopped container is started, one that is kept stopped is stopped, and one left as it is stays', () => {
  expect(decide({}, seen(conf(), { running: false }))).toMatchInlineSnapshot(`
    "start container 101 (live)
      pct start 101"
  `);
  expect(decide({ startState: 'stopped' }, seen(conf()))).toMatchInlineSnapshot(`
    "shut container 101 down (restart)
      pct shutdown 101 --forceStop 1 --timeout 120"
  `);
  expect(decide({ startState: 'unmanaged' }, seen(conf(), { running: false }))).toBe('');
});

test('only scripts that are missing run', () => {
  const scripts = [feature('base'), feature('web')];
  const spec = targetOf(container(101, { features: scripts })).spec as { scripts: { name: string; mark: string }[] };
  const installed = { base: spec.scripts[0]?.mark ?? '' };
  expect(decide({ features: scripts }, seen(conf(), { installed }))).toMatchInlineSnapshot(`
    "install web in container 101 (live)
      pct exec 101 --keep-env 0 -- /bin/sh -c "sh -s && mkdir -p /var/lib/phoenix && echo \\"$1\\" > /var/lib/phoenix/applied.new && mv /var/lib/phoenix/applied.new /var/lib/phoenix/applied" phoenix "base=627472948034ee795bbaa2889bc03072 web=59a812d6edbf0687436181fb5a86da56""
  `);
});

test('a template that is complete is never started again, whatever its scripts are now', () => {
  const own = { startState: 'stopped', templateSnapshot: 'final-form', features: [feature('new')] } as const;
  const text = conf({}, '\n[final-form]\nhostname: ct-101\nsnaptime: 1\n');
  expect(decide(own, seen(text, { running: false, installed: null }))).toBe('');
});

test('a change of what is immutable needs an approval', () => {
  const observation = seen(
    conf({ mp0: 'rpool:subvol-101-disk-1,mp=/data,size=1G', unused0: 'rpool:subvol-101-disk-2' }),
  );
  expect(decide({ unprivileged: false }, observation)).toMatchInlineSnapshot(
    `"blocked: lxc/101 must be destroyed and recreated: it is unprivileged and should be privileged; approve it with: phoenix approve RUN lxc/101 (phoenix status names the run), or the commit trailer Phoenix-Approve: destroy lxc/101"`,
  );
  expect(decide({ unprivileged: false }, observation, { approved: true })).toMatchInlineSnapshot(`
    "shut container 101 down (destroy)
      pct shutdown 101 --forceStop 1 --timeout 120
    record the volumes of container 101 in /var/lib/phoenix/volumes/101.json (live)
      /var/lib/phoenix/volumes/101.json <-
        | {
        |   "version": 2,
        |   "names": {},
        |   "lines": [
        |     "mp0: rpool:subvol-101-disk-1,mp=/data,size=1G",
        |     "unused0: rpool:subvol-101-disk-2"
        |   ],
        |   "paths": {}
        | }
    keep the volumes of container 101: rpool:subvol-101-disk-1, rpool:subvol-101-disk-2 (live)
      /etc/pve/lxc/101.conf <-
        | #**Kept by Phoenix.** Change it in the repository, not here.
        | #
        | #- phoenix-repository%3A https%3A//git.example/infra.git
        | #- phoenix-target%3A lxc/101
        | #- phoenix-commit%3A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        | arch: amd64
        | cores: 2
        | hostname: ct-101
        | memory: 512
        | net0: name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:00:00:01,ip=10.0.0.101/24,type=veth
        | onboot: 1
        | ostype: debian
        | rootfs: rpool:subvol-101-disk-0,size=4G
        | swap: 512
        | tags: phoenix
        | unprivileged: 1
    destroy container 101 (destroy)
      pct destroy 101 --purge 0 --destroy-unreferenced-disks 0"
  `);
  expect(decide({ unprivileged: false }, observation, { approved: true, protected: true })).toMatchInlineSnapshot(
    `"blocked: lxc/101 is protected; remove "protected" from it in a commit of its own first"`,
  );
  expect(decide({ storagePool: 'local' }, observation)).toMatchInlineSnapshot(
    `"blocked: lxc/101 must be destroyed and recreated: its root disk is on rpool and should be on local; approve it with: phoenix approve RUN lxc/101 (phoenix status names the run), or the commit trailer Phoenix-Approve: destroy lxc/101"`,
  );
});

test('a new template is started only for what is done inside it', () => {
  const own = { isTemplate: true, startState: 'stopped' } as const;
  expect(decide(own, seen(null, { running: false }))).not.toContain('start container 101');
  expect(decide({ ...own, features: [feature('base')] }, seen(null, { running: false }))).toMatch(
    /^create container 101.*^start container 101/ms,
  );
});

test('a template is turned into one, left alone from then on, and asks about snapshots before', () => {
  const stopped = { running: false, installed: null };
  const own = { isTemplate: true, startState: 'stopped' } as const;
  expect(decide(own, seen(conf(), stopped))).toMatch(/^turn container 101 into a template/);
  expect(decide({ ...own, storageSizeGb: 9 }, seen(conf({ template: '1' }), stopped))).toBe('');
  expect(decide(own, seen(conf({ template: 'yes' }), stopped))).toBe('');
  const before = targetOf(container(101, own)).spec;
  expect(decide({}, seen(conf({ template: '1' }), stopped), { before })).toMatch(
    /^blocked: .*it is a template and should not be/,
  );
  const snapshots = conf({}, '\n[one]\nsnaptime: 1\n\n[two]\nsnaptime: 2\n');
  expect(decide(own, seen(snapshots, stopped))).toMatch(
    /^impossible: container 101 has the snapshots one, two, .*: pct delsnapshot 101 two && pct delsnapshot 101 one$/,
  );
});

test('a container in which something of the host is mounted is refused as a template before anything is done', () => {
  const mountPoints = [{ hostPath: '/srv/x', containerPath: '/x', ownerUid: null, ownerGid: null, readOnly: null }];
  const own = { isTemplate: true, startState: 'stopped', mountPoints } as const;
  const refused = /^impossible: container 101 has \/srv\/x of the host mounted, and Proxmox makes no template of such/;
  expect(decide(own, seen(null))).toMatch(refused);
  expect(decide(own, seen(conf()))).toMatch(refused);
  const there = conf({ mp0: '/srv/x,mp=/x' });
  expect(decide({ ...own, mountPoints: [] }, seen(there))).toMatch(refused);
  const before = targetOf(container(101, { mountPoints })).spec;
  expect(decide({ ...own, mountPoints: [] }, seen(there), { before })).toContain('pct set 101 --delete mp0');
  // One that is a template can get a folder.
  expect(decide(own, seen(conf({ template: '1', mp0: '/srv/x,mp=/x' }), { running: false, installed: null }))).toBe('');
});

test('a template is not recreated for a container that would get back its volumes', () => {
  const volume = { name: 'data', storage: 'rpool', sizeGb: 1, mountPoint: '/data' };
  const own = { isTemplate: true, startState: 'stopped', volumes: [volume] } as const;
  const id = 'rpool:basevol-101-disk-1';
  const host = {
    ...seen(null).host,
    retained: JSON.stringify({ version: 2, names: { data: id }, lines: [], paths: {} }),
  };
  const there = seen(conf({ template: '1', mp0: `${id},mp=/data,size=1G` }), { running: false, installed: null, host });
  const changed = { ...own, unprivileged: false };
  expect(decide(changed, there, { approved: true })).toMatch(
    /^impossible: lxc\/101 must be destroyed .* template for good, rpool:basevol-101-disk-1; declare a volume of another name/,
  );
  const renamed = { ...changed, volumes: [{ ...volume, name: 'new' }] };
  expect(decide(renamed, there)).toMatch(/^blocked: lxc\/101 must be destroyed and recreated: it is unprivileged/);
  // After it was destroyed, the note says which volume the name stands for.
  expect(decide(changed, seen(null, { host }))).toMatch(
    /^impossible: container 101 would get back rpool:basevol-101-disk-1, of which Proxmox makes no template again/,
  );
  expect(decide(renamed, seen(null, { host }))).toMatch(/^create container 101/);
  // A linked clone's volume is its own.
  const linked = seen(conf({ mp0: 'rpool:basevol-9-disk-1/subvol-101-disk-1,mp=/data,size=1G' }));
  expect(decide({ volumes: [volume], unprivileged: false }, linked)).toMatch(/^blocked: /);
});

describe('a template that was never declared as one is not recreated', () => {
  const text = conf({ template: '1' });
  const stopped = { running: false, installed: null };
  const write =
    /^impossible: container 101 is a template of Proxmox and is not declared as one; write "is_template": true$/;

  test.each(['stopped', 'unmanaged'] as const)('it stays one where it is declared as %s', (startState) => {
    const target = targetOf(container(101, { startState }));
    for (const before of [target.spec, undefined]) {
      const decided = decideContainer(wanted(target, { before, approved: true }), seen(text, stopped));
      expect(decided).toMatchObject({ actions: [], remarks: [expect.stringContaining('"is_template": true')] });
    }
    const changed = { startState, memory_mb: 1024 };
    expect(decide(changed, seen(text, stopped), { before: target.spec })).toMatch(/^set memory of container 101/);
    expect(decide({ startState }, seen(text, stopped), { adopt: true, approved: true })).toMatch(write);
  });

  test('it is refused where it would be started, with what to write', () => {
    const before = targetOf(container(101)).spec;
    expect(decide({}, seen(text, stopped), { before, approved: true })).toMatch(write);
    expect(decide({}, seen(text, stopped), { approved: true })).toMatch(write);
    const scripts = { startState: 'stopped', features: [feature('new')] } as const;
    expect(decide(scripts, seen(text, stopped), { before, approved: true })).toMatch(write);
    expect(decide({ isTemplate: true, startState: 'stopped' }, seen(text, stopped), { before })).toBe('');
  });
});

test('the snapshots that people took are named before they go with their container', () => {
  const text = conf({}, '\n[mine]\nsnaptime: 1\n\n[phoenix-before]\nsnaptime: 2\n\n[older]\nsnaptime: 0\n');
  const lost = '; its snapshots older, mine would be lost; approve it with';
  expect(decide({ unprivileged: false }, seen(text))).toContain(`should be privileged${lost}`);
  const undeclared = { ...wanted(targetOf(container(101))), spec: undefined };
  expect(shown(decideContainer(undeclared, seen(text)))).toContain(`its disk would be destroyed${lost}`);
});

test('a changed source is no reason to recreate an existing container', () => {
  expect(decide({ cloneFrom: 900, template: null }, seen(conf()))).toBe('');
});

test('an impossible change is reported with a remedy', () => {
  expect(decide({ storageSizeGb: 2 }, seen(conf()))).toMatchInlineSnapshot(
    `"impossible: the root disk of container 101 has 4 GB and is declared with 2 GB: disks only grow, so declare at least what it has"`,
  );
  expect(decide({ storagePool: 'gone' }, seen(null))).toMatchInlineSnapshot(
    `"impossible: storage gone is not on the host"`,
  );
  expect(decide({ network: { ...container(101).network, bridge: 'vmbr9' } }, seen(null))).toMatchInlineSnapshot(
    `"impossible: bridge vmbr9 is not on the host"`,
  );
  expect(decide({ network: { ...container(101).network, bridge: 'vmbr9' } }, seen(conf()))).toMatchInlineSnapshot(
    `"impossible: bridge vmbr9 is not on the host"`,
  );
  expect(decide({}, seen(null, { otherKind: true }))).toMatchInlineSnapshot(
    `"impossible: the id 101 is taken by VM 101; give it another id"`,
  );
  const volumes = [{ name: 'data', storage: 'rpool', sizeGb: 8, mountPoint: '/data' }];
  expect(
    decide({ volumes }, seen(conf({ mp0: 'local:101/vm-101-disk-1.raw,mp=/data,size=8G' }))),
  ).toMatchInlineSnapshot(
    `"blocked: lxc/101: volume data is local:101/vm-101-disk-1.raw, and an empty one on rpool would take its place (to take its data along: pct move-volume 101 mp0 rpool); approve it with: phoenix approve RUN lxc/101 (phoenix status names the run), or the commit trailer Phoenix-Approve: destroy lxc/101"`,
  );
});

describe('a container that is not ours', () => {
  test.each([
    ['without notes', conf({}, '', 'somebody else')],
    ['without its tag', conf({ tags: 'web' })],
    ['a copy of another target', conf({}, '', printNotes({ ...NOTES, target: 'lxc/900' }))],
    ['of another repository', conf({}, '', printNotes({ ...NOTES, repository: 'https://git.example/other.git' }))],
  ])('%s', (_, text) => {
    const refusal = decide({ memory_mb: 1024 }, seen(text), { approved: true });
    expect(refusal).toMatch(/^blocked: .*phoenix adopt lxc\/101$/);
    expect(decide({}, seen(text), { adopt: true })).toMatch(/^set (the notes|tags) of container 101/);
  });
});

test('a container that is still being built needs no tag yet', () => {
  const text = conf({ tags: 'other' }, '', printNotes({ ...NOTES, building: true }));
  expect(decide({}, seen(text, { running: false }))).toMatchInlineSnapshot(`
    "set tags of container 101 to phoenix (live)
      pct set 101 --tags phoenix --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: lxc/101\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc"
    start container 101 (live)
      pct start 101"
  `);
});

test('id maps are completed, allowed on the host, and folders given to who owns them inside', () => {
  const own = {
    idMaps: [{ type: 'gid', containerId: 33, hostId: 33, size: 1 }],
    mountPoints: [{ hostPath: '/srv/logs', containerPath: '/logs', ownerUid: 33, ownerGid: 33, readOnly: true }],
  } as const;
  expect(decide(own, seen(conf(), { running: false }))).toMatchInlineSnapshot(`
    "allow container 101 its ID map in /etc/subgid (live)
      /etc/subgid +
        | root:33:1
    create the folder /srv/logs for container 101 (live)
      /srv/logs uid=100033 gid=33
    write the lxc options of container 101 (live)
      /etc/pve/lxc/101.conf <-
        | #**Kept by Phoenix.** Change it in the repository, not here.
        | #
        | #- phoenix-repository%3A https%3A//git.example/infra.git
        | #- phoenix-target%3A lxc/101
        | #- phoenix-commit%3A cccccccccccccccccccccccccccccccccccccccc
        | arch: amd64
        | cores: 2
        | hostname: ct-101
        | memory: 512
        | net0: name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:00:00:01,ip=10.0.0.101/24,type=veth
        | onboot: 1
        | ostype: debian
        | rootfs: rpool:subvol-101-disk-0,size=4G
        | swap: 512
        | tags: phoenix
        | unprivileged: 1
        | lxc.idmap: u 0 100000 65536
        | lxc.idmap: g 0 100000 33
        | lxc.idmap: g 33 33 1
        | lxc.idmap: g 34 100034 65502
    set mount /logs of container 101 to /srv/logs,mp=/logs,ro=1 (live)
      pct set 101 --mp0 /srv/logs,mp=/logs,ro=1
    start container 101 (live)
      pct start 101"
  `);
});

test('a container whose line for LXC cannot be read is changed and started only with an editor, unless the change replaces it', () => {
  const own = (line: Record<string, string>, more = '') => seen(conf(line, more), { running: false });
  const features = { features: 'nesting=1, keyctl=1' };
  const stopped = { startState: 'stopped' } as const;
  const refused = 'correct it in that file with an editor';
  const net = { net1: 'name=eth1,bridge=vmbr0, ip=dhcp' };
  expect(decide({}, own(net))).toContain('"net1: name=eth1,bridge=vmbr0, ip=dhcp" in /etc/pve/lxc/101.conf');
  expect(decide(stopped, own(net))).toBe('');
  expect(decide({ ...stopped, memory_mb: 1024 }, own(features))).toContain(refused);
  expect(decide({ ...stopped, memory_mb: 1024 }, own({ startup: 'order=1, up=2' }))).toContain('--memory 1024');
  const nesting = { pctFeatures: { nesting: '1' } };
  expect(decide({ ...stopped, ...nesting }, own(features))).toContain('--features nesting=1,keyctl=1');
  expect(decide(nesting, seen(conf(features)))).toContain(refused);
  const root = { rootfs: 'rpool:subvol-101-disk-0, size=4G' };
  expect(decide({ memory_mb: 1024 }, seen(conf(root)))).toContain('container 101 does not start with it');
});

test('a container whose volumes are mounted on the node is to be unmounted, and not unlocked', () => {
  const decided = decide({ memory_mb: 1024 }, seen(conf({ lock: 'mounted' })));
  expect(decided).toContain('unmount them with: pct unmount 101');
  expect(decided).not.toContain('pct unlock');
});

test('of a container’s lines of which something is unknown here, those count that the node names as unfit in the main section', async () => {
  const snapshot = '\n[before]\nnet0: name=eth0, bridge=vmbr0\n';
  const read = async (stderr: string, exit: number) => {
    const ask = wanted(targetOf(container(101, { memory_mb: 1024 })));
    const there = seen(conf({ memory: '1G', net0: `${NET},later=1` }, snapshot));
    const run: HostReader['run'] = async () => ({ ms: 1, exit, ended: 'exited', stdout: '', stderr });
    return shown(decideContainer(ask, await withUnreadLines({ run }, 'pct', ask, there, decideContainer)));
  };
  const warned = "vm 101 - unable to parse value of 'net0' - format error\nname: unknown\nnet0: of the snapshot\n";
  const unfit = (line: string) => `${warned}400 Result verification failed\n${line}\npct config <vmid> [OPTIONS]\n`;
  const memory = "memory: type check ('integer') failed - got '1G'";
  expect(await read(warned, 0)).toContain('pct set 101 --memory 1024');
  expect(await read(unfit(memory), 255)).toContain('pct set 101 --memory 1024');
  expect(await read(unfit(`${memory}\nnet0: invalid format - format error`), 255)).toContain(
    'cannot read "net0: name=eth0,',
  );
  await expect(read(`${warned}no quorum\n`, 2)).rejects.toThrow('pct config 101 --current 1: exit 2');
});
