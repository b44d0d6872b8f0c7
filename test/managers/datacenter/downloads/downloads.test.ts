// Files that the node downloads: the contract of managers, what is never replaced, and refusals at their line.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { lxcTargets } from '../../../../src/managers/lxc/lxc-spec.ts';
import { vmTargets } from '../../../../src/managers/vm/vm-spec.ts';
import { targetId } from '../../../../src/model/ids.ts';
import type { Target } from '../../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { gone, wanted } from '../../guests.ts';
import { read, withDatacenter } from '../example.ts';
import { kindNamed, problemsOf, targetNamed } from '../kinds.ts';

const [SUM, OTHER_SUM] = ['a'.repeat(64), 'b'.repeat(64)];
const VOLUME = 'local:iso/installer.iso';
const FILE = '/var/lib/vz/template/iso/installer.iso';
const NOTE = '/var/lib/phoenix/objects/download/local+iso+installer.iso';
const FROM = {
  storage: 'local',
  content: 'iso',
  filename: 'installer.iso',
  url: 'https://files.example/installer.iso',
};
const PULLED = { storage: 'local', content: 'vztmpl', filename: 'nginx.tar' };
const summed = (checksum = SUM) => ({ checksum, 'checksum-algorithm': 'sha256' });

const file = (options: object = {}): Target =>
  targetNamed('download/installer', { downloads: { installer: { ...FROM, ...options } } });

testContract(kindNamed('download'), [
  {
    name: 'a file',
    open: openLabHost,
    // Files of the only file storage.
    looks: 1,
    target: file(),
    // Proxmox compares the checksum of the file that is there.
    changed: file(summed(hashOf())),
    state: async (host) => [(await host.inspect([FILE])).size, await host.readFile(NOTE)],
  },
]);

/** What the lab's publisher serves at the URL. */
function hashOf(): string {
  return '9a2c9252c4a44dce7510b9c068f745810d9a3bdefce3332a6661c56a2c372a13';
}

let host: LabHost;
const kind = kindNamed('download');
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

const calls = () => host.commands.filter((line) => /download-url|oci-registry-pull|pvesm free/.test(line));

test('another checksum is another file: it takes an approval, and another address of the same file none', async () => {
  const first = file(summed());
  await convergeStep(kind, host, wanted(first));
  const before = { before: first.spec };
  const moved = file({ ...summed(), url: 'https://mirror.example/installer.iso' });
  expect(await convergeStep(kind, host, wanted(moved, before))).toMatchObject({
    outcome: 'done',
    actions: [{ summary: `note where ${VOLUME} comes from` }],
  });
  const other = file(summed(OTHER_SUM));
  expect(await convergeStep(kind, host, wanted(other, before))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringMatching(/another name and filename, or approve it/),
  });
  expect(calls()).toHaveLength(1);
  const approved = wanted(other, { ...before, approved: true });
  expect(await convergeStep(kind, host, approved)).toMatchObject({ outcome: 'done' });
  expect(calls().slice(1)).toEqual([`pvesm free ${VOLUME}`, expect.stringContaining(OTHER_SUM)]);
  expect(await convergeStep(kind, host, approved)).toEqual({ outcome: 'done', actions: [] });
});

test('an image of a registry is pulled under the name that it is declared by, once, and another tag takes an approval', async () => {
  const image = (tag: string): Target =>
    targetNamed('download/nginx', { downloads: { nginx: { ...PULLED, reference: `docker.io/library/nginx:${tag}` } } });
  const first = image('1.29');
  expect(await convergeStep(kind, host, wanted(first))).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(kind, host, wanted(first))).toEqual({ outcome: 'done', actions: [] });
  expect(calls()).toEqual([
    'pvesh create /nodes/localhost/storage/local/oci-registry-pull --filename nginx --reference docker.io/library/nginx:1.29',
  ]);
  expect((await host.inspect(['/var/lib/vz/template/cache/nginx.tar'])).size).toBe(1);
  const later = wanted(image('1.30'), { before: first.spec });
  expect(await convergeStep(kind, host, later)).toMatchObject({ outcome: 'refused' });
  expect(await convergeStep(kind, host, { ...later, approved: true })).toMatchObject({ outcome: 'done' });
  expect(calls().slice(1)).toEqual(['pvesm free local:vztmpl/nginx.tar', expect.stringContaining('nginx:1.30')]);
});

test('an image that the registry does not have is a failure, and nothing is left on the storage', async () => {
  await host.write('/lab.json', JSON.stringify({ downloads: { 'docker://docker.io/library/nginx:0': null } }));
  const image = targetNamed('download/nginx', {
    downloads: { nginx: { ...PULLED, reference: 'docker.io/library/nginx:0' } },
  });
  expect(await convergeStep(kind, host, wanted(image))).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('skopeo copy'),
  });
  expect(await host.readFile('/var/lib/vz/template/cache/nginx.tar')).toBeUndefined();
});

test('what a change costs shows in the plan', () => {
  const cost = (before: object, after: object) =>
    kind.impact({
      target: file().id,
      verb: 'update',
      before: file(before).spec,
      after: file(after).spec,
      fields: [],
    });
  expect([
    cost(summed(), summed(OTHER_SUM)),
    cost({}, { url: 'https://mirror.example/i.iso' }),
    cost({}, summed()),
    cost(summed(), { ...summed(SUM.toUpperCase()), url: 'https://mirror.example/i.iso' }),
  ]).toEqual(['recreate', 'recreate', 'live', 'live']);
});

test('a file that was there before is compared once, never replaced and never deleted', async () => {
  await host.write(FILE, 'theirs');
  expect(await convergeStep(kind, host, wanted(file()))).toEqual({ outcome: 'done', actions: [] });
  const theirs = file(summed('4c55a8552a2c7261f61f798c2265e6f13358f326ae5b934096ff16bd15e62c33'));
  expect(await convergeStep(kind, host, wanted(theirs))).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(kind, host, wanted(theirs))).toEqual({ outcome: 'done', actions: [] });
  const approved = { before: theirs.spec, approved: true };
  expect(await convergeStep(kind, host, wanted(file(summed()), approved))).toMatchObject({
    reason: expect.stringContaining('was not downloaded for download/installer, so that it stays'),
  });
  expect(await convergeStep(kind, host, gone(theirs, { approved: true }))).toMatchObject({ outcome: 'done' });
  expect(await host.read(FILE)).toBe('theirs');
  expect(await convergeStep(kind, host, wanted(file(summed())))).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('checksum mismatch'),
  });
  expect(calls().filter((line) => line.startsWith('pvesm'))).toEqual([]);
});

test('a file that a guest has in a drive stays, and goes after an approval when none has', async () => {
  await convergeStep(kind, host, wanted(file()));
  const machine = '/etc/pve/qemu-server/201.conf';
  await host.write(machine, `memory: 512\n\n[before]\nide2: ${VOLUME},media=cdrom,size=4M\n`);
  const removal = gone(file(), { approved: true });
  expect(await convergeStep(kind, host, removal)).toMatchObject({
    reason: expect.stringContaining('guest 201 still has it in a drive'),
  });
  await host.write(machine, `memory: 512\nide2: ${VOLUME}.iso,media=cdrom\n`);
  expect(await convergeStep(kind, host, gone(file()))).toMatchObject({ outcome: 'refused' });
  expect(await convergeStep(kind, host, removal)).toMatchObject({ outcome: 'done' });
  expect([await host.readFile(FILE), await host.readFile(NOTE)]).toEqual([undefined, undefined]);
});

test('another filename under the same name would leave the old file behind, and a storage that is silent is waited for', async () => {
  await convergeStep(kind, host, wanted(file()));
  const renamed = file({ filename: 'installer-2.iso' });
  expect(await convergeStep(kind, host, wanted(renamed, { before: file().spec, approved: true }))).toMatchObject({
    reason: expect.stringContaining('declare local:iso/installer-2.iso under another name'),
  });
  const storages = await host.read('/etc/pve/storage.cfg');
  await host.write('/etc/pve/storage.cfg', storages.replace('dir: local\n', 'dir: local\n\tdisable 1\n'));
  expect(await convergeStep(kind, host, wanted(file(), { before: file().spec }))).toMatchObject({
    reason: expect.stringContaining("storage local does not say which files it holds: storage 'local' is disabled"),
  });
});

test('guests wait for the files that they name', () => {
  const downloads = {
    installer: FROM,
    template: { ...FROM, content: 'vztmpl', filename: 'ubuntu-24.04-standard_24.04-2_amd64.tar.zst' },
    image: { ...FROM, filename: 'noble-server-cloudimg-amd64.img' },
  };
  const { config } = read(withDatacenter({ downloads }));
  if (config === null) throw new Error('the configuration is not sound');
  const waiting = (name: string) => {
    const named = [...lxcTargets(config), ...vmTargets(config)].filter(({ needs }) =>
      needs.includes(targetId('download', name)),
    );
    return named.map(({ id }) => id);
  };
  expect(['installer', 'template', 'image'].map(waiting)).toEqual([[], ['lxc/900'], ['vm/9000']]);
});

test.each([
  ['a name without its ending', { filename: 'installer.qcow2' }, '/downloads/installer/filename'],
  ['a name that Proxmox would change', { filename: 'an installer.iso' }, '/downloads/installer/filename'],
  ['a password in the address', { url: 'https://ada:x@files.example/i.iso' }, '/downloads/installer/url'],
  ['a checksum of another length', summed('abc'), '/downloads/installer/checksum'],
  ['a checksum without its algorithm', { checksum: SUM }, '/downloads/installer/checksum'],
  [
    'a packed template',
    { content: 'vztmpl', filename: 'x.tar', compression: 'gz' },
    '/downloads/installer/compression',
  ],
  ['a storage that is not there', { storage: 'nowhere' }, '/downloads/installer/storage'],
])('%s is refused at its line', (_what, options, path) => {
  expect(problemsOf({ downloads: { installer: { ...FROM, ...options } } }).map((problem) => problem.path)).toContain(
    path,
  );
});

test.each([
  ['an image as something else than a template', { content: 'iso', filename: 'nginx.iso' }, 'content'],
  ['an image that is packed', { filename: 'nginx.tar.gz' }, 'filename'],
  ['a checksum of an image', summed(), 'checksum'],
  ['an image by two addresses', { url: 'https://files.example/nginx.tar' }, 'reference'],
  ['an image without its tag', { reference: 'docker.io/library/nginx' }, 'reference'],
  ['an image whose name no registry has', { reference: `${'a'.repeat(200)}!:1` }, 'reference'],
])('%s is refused at its line', (_what, options, field) => {
  const nginx = { ...PULLED, reference: 'docker.io/library/nginx:1.29', ...options };
  expect(problemsOf({ downloads: { nginx } }).map(({ path }) => path)).toContain(`/downloads/nginx/${field}`);
});

test('a file is downloaded by one entry', () => {
  expect(problemsOf({ downloads: { one: FROM, two: FROM } })).toMatchObject([
    { code: 'DUPLICATE_ID', path: '/downloads/two/filename' },
  ]);
});
