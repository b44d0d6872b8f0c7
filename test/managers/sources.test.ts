// Sources of guests: missing cloud images and templates are downloaded once and their checksum is verified.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { missingSources } from '../../src/managers/guest/observe/missing-sources.ts';
import { lxc } from '../../src/managers/lxc/manager.ts';
import type { HostReader, Manager } from '../../src/managers/manager.ts';
import { vm } from '../../src/managers/vm/manager.ts';
import { vmTargets } from '../../src/managers/vm/vm-spec.ts';
import { actionFailure } from '../../src/messages/failure.ts';
import { type LabHost, openLabHost } from '../support/host/lab-host.ts';
import { convergeStep, type End } from './carry-out.ts';
import { container, environment, IMAGE, machine, targetOf, wanted } from './guests.ts';

const URL_OF_IMAGE = `https://images.example/noble/${IMAGE}`;
const SUM = 'a'.repeat(64);
const WITH_IMAGE = { isTemplate: true, templateImageUrl: URL_OF_IMAGE, templateImageSha256: SUM } as const;
const IMAGE_FILE = `/var/lib/vz/template/iso/${IMAGE}`;
const OTHER_TEMPLATE = 'alpine-3.22-default_20250617_amd64.tar.xz';

let host: LabHost;
beforeAll(async () => {
  host = await openLabHost();
});
beforeEach(() => host.forget());
afterAll(() => host.close());

type AnyGuest = ReturnType<typeof container> | ReturnType<typeof machine>;

const make = (guest: AnyGuest): Promise<End> =>
  convergeStep((guest.kind === 'lxc' ? lxc : vm) as Manager, host, wanted(targetOf(guest)));
const publish = (downloads: unknown) => host.write('/lab.json', JSON.stringify({ downloads }));
const fetched = () => host.commands.filter((line) => /download/.test(line));

test('an image with another checksum is refused, and nothing is created from it', async () => {
  await publish({ [URL_OF_IMAGE]: { checksum: 'b'.repeat(64) } });
  const end = await make(machine(9000, WITH_IMAGE));
  expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining(`got '${'b'.repeat(64)}'`) });
  expect(await host.has(IMAGE_FILE)).toBe(false);
  expect(host.commands.filter((line) => line.startsWith('qm create'))).toEqual([]);
});

test('an address without a file fails with Proxmox’s message', async () => {
  await publish({ [URL_OF_IMAGE]: null });
  const end = await make(machine(9000, WITH_IMAGE));
  expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('download failed') });
});

test('an image is downloaded once for all templates created from it', async () => {
  await publish({});
  expect(await make(machine(9000, WITH_IMAGE))).toMatchObject({ outcome: 'done' });
  expect(fetched()).toEqual([
    `pvesh create /nodes/localhost/storage/local/download-url --content iso --filename ${IMAGE} --url ${URL_OF_IMAGE} --checksum ${SUM} --checksum-algorithm sha256`,
  ]);
  // Its publisher has gone since: another download would fail.
  await publish({ [URL_OF_IMAGE]: null });
  expect(await make(machine(9001, WITH_IMAGE))).toMatchObject({ outcome: 'done' });
  const [, second] = vmTargets(environment(machine(9000, WITH_IMAGE), machine(9001, WITH_IMAGE)));
  expect(second?.needs).toContain('vm/9000');
});

test('another file of that name on the node is neither used nor replaced', async () => {
  const other = { ...WITH_IMAGE, templateImageSha256: 'c'.repeat(64) };
  const end = await make(machine(9002, other));
  expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('aborting') });
  expect(host.commands.filter((line) => line.startsWith('qm create'))).toEqual([]);
});

test('an image without a download address must exist', async () => {
  const end = await make(machine(9003, { isTemplate: true, templateImage: 'own.qcow2' }));
  expect(end).toMatchObject({
    outcome: 'refused',
    reason: expect.stringMatching(/^\/var\/lib\/vz\/import\/own\.qcow2 is not on the node; .*template_image_url/),
  });
});

test('storage local gets the content types that a VM needs, as on a new node', async () => {
  const storages = await host.read('/etc/pve/storage.cfg');
  await host.write('/etc/pve/storage.cfg', storages.replace('snippets,vztmpl,backup,iso,images', 'vztmpl,backup,iso'));
  const image = { isTemplate: true, templateImage: 'own.qcow2' };
  const from = { templateImageUrl: 'https://images.example/own.qcow2', templateImageSha256: SUM };
  expect(await make(machine(9004, { ...image, ...from }))).toMatchObject({ outcome: 'done' });
  expect(host.commands.filter((line) => line.startsWith('pvesm set'))).toEqual([
    'pvesm set local --content vztmpl,backup,iso,rootdir,snippets,import',
  ]);
  expect(await host.read('/etc/pve/qemu-server/9004.conf')).toContain('cicustom: vendor=local:snippets/');
  await host.write('/etc/pve/storage.cfg', storages);
});

test('a template of a container is downloaded when the storage does not have it', async () => {
  const file = '/var/lib/vz/template/cache/debian-12-standard_12.7-1_amd64.tar.zst';
  await host.run({ kind: 'command', program: 'rm', args: [file], timeoutSeconds: 5 });
  host.forget();
  expect(await make(container(101))).toMatchObject({ outcome: 'done' });
  const programs = host.commands.map((line) => line.split(' ').slice(0, 2).join(' '));
  const looked = ['test -f', 'pvesm list', 'pveam available'];
  expect(programs).toEqual([...looked, 'pveam update', 'pveam download', 'pct create', 'pct start', 'pct status']);
  host.forget();
  expect(await make(container(102))).toMatchObject({ outcome: 'done' });
  expect(fetched()).toEqual([]);
});

test('a template that is misspelt is compared with those of the storage and of Proxmox', async () => {
  const misspelt = { template: 'local:vztmpl/debain-12-standard_12.7-1_amd64.tar.zst' };
  const { target, spec } = wanted(targetOf(container(105, misspelt)));
  const asked = { ...wanted(targetOf(container(105, misspelt))), target, spec };
  const decision = lxc.decide(asked, await lxc.observe(host, asked));
  const actions = decision.kind === 'actions' ? decision.actions : [];
  expect(actions.flatMap(({ remedy }) => remedy ?? [])).toEqual([
    'did you mean local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst?',
  ]);
  const download = actions.find(({ remedy }) => remedy !== undefined);
  const result = { exit: 255, stdout: '', stderr: 'template: no such template', ms: 1, ended: 'exited' } as const;
  if (download === undefined) throw new Error('nothing is downloaded');
  expect(actionFailure(download, result)).toMatch(/no such template; did you mean local:vztmpl\/debian-12[^;]*\?$/);
});

test('what guests that are not there yet would lack is known before they are created', async () => {
  const stored = 'debian-12-standard_12.7-1_amd64.tar.zst';
  await host.run({ kind: 'command', program: 'rm', args: [`/var/lib/vz/template/cache/${stored}`], timeoutSeconds: 5 });
  const other = `local:vztmpl/${OTHER_TEMPLATE}`;
  const guests = [
    container(101, { template: other }),
    container(106, { template: `local:vztmpl/${stored}` }),
    container(107, { template: other }),
    container(108, { template: '/tank/none.tar.gz' }),
    container(109, { template: 'local:vztmpl/nginx_1.29.tar' }),
    container(110, { template: 'local:vztmpl/ubuntu-24.04-standard_24.04-1_amd64.tar.zst' }),
    machine(9005, { isTemplate: true, templateImage: 'none.qcow2' }),
    machine(9006, { ...WITH_IMAGE, templateImage: 'downloaded.img' }),
  ];
  host.forget();
  const targets = guests.map((guest) => targetOf(guest));
  const found = await missingSources(host, targets, new Set(['local:vztmpl/nginx_1.29.tar']));
  const missing = { nearest: null, mayBeOffered: false };
  const ubuntu = 'local:vztmpl/ubuntu-24.04-standard_24.04';
  expect(found.unseen).toEqual([]);
  expect(found.missing).toEqual([
    { ...missing, targets: ['lxc/107'], file: other },
    { ...missing, targets: ['lxc/108'], file: '/tank/none.tar.gz' },
    { ...missing, targets: ['lxc/110'], file: `${ubuntu}-1_amd64.tar.zst`, nearest: `${ubuntu}-2_amd64.tar.zst` },
    { ...missing, targets: ['vm/9005'], file: 'local:import/none.qcow2' },
  ]);
  expect(host.commands.filter((line) => !/^(test -f|pvesm list|pveam available)/.test(line))).toEqual([]);
});

test('what could not be looked for is neither there nor missing', async () => {
  const block = await host.read('/etc/pve/storage.cfg');
  await host.write('/etc/pve/storage.cfg', `${block}\nlvmthin: thin\n\tvgname pve\n\tthinpool data\n`);
  const guests = [
    container(111, { template: 'nas:vztmpl/debian-12.tar.zst' }),
    container(112, { template: 'thin:vztmpl/debian-12.tar.zst' }),
    container(113, { template: '/srv/images/own.tar.gz' }),
  ];
  // As the forced command of deploy/ssh ends a look into a folder that is not the agent's.
  const refused = { exit: 126, stdout: '', stderr: 'phoenix-shell: refused', ms: 1, ended: 'exited' } as const;
  const refusing: HostReader = {
    ...host,
    run: async (command) => (command.kind === 'command' && command.program === 'test' ? refused : host.run(command)),
  };
  const found = await missingSources(
    refusing,
    guests.map((guest) => targetOf(guest)),
    new Set(),
  );
  await host.write('/etc/pve/storage.cfg', block);
  expect(found).toEqual({
    missing: [],
    unseen: [
      { targets: ['lxc/111'], file: 'nas:vztmpl/debian-12.tar.zst', why: { kind: 'no storage', storage: 'nas' } },
      { targets: ['lxc/112'], file: 'thin:vztmpl/debian-12.tar.zst', why: { kind: 'no path' } },
      { targets: ['lxc/113'], file: '/srv/images/own.tar.gz', why: { kind: 'ended', result: refused } },
    ],
  });
});

test('an unknown template fails with its name', async () => {
  const end = await make(container(103, { template: `local:vztmpl/${OTHER_TEMPLATE}` }));
  expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('no such template') });
  expect(await make(container(104, { template: '/tank/none.tar.gz' }))).toMatchObject({
    outcome: 'refused',
    reason: '/tank/none.tar.gz is not on the node; put the template there',
  });
});

test.each([
  [['--content', 'iso', '--filename', 'x.qcow2'], 'filename: wrong file extension'],
  [['--content', 'import', '--filename', 'x.qcow2'], "storage 'local' is not configured for content-type 'import'"],
  [['--content', 'backup', '--filename', 'x.img'], "content: value 'backup' does not have a value in the enumeration"],
  [['--content', 'iso', '--filename', 'x.img', '--checksum', SUM], 'missing property'],
])('the lab refuses %j as Proxmox does', async (options, refusal) => {
  const args = ['create', '/nodes/pve/storage/local/download-url', '--url', URL_OF_IMAGE, ...options];
  const result = await host.run({ kind: 'command', program: 'pvesh', args, timeoutSeconds: 5 });
  expect(result.exit).not.toBe(0);
  expect(result.stderr).toContain(refusal);
});
