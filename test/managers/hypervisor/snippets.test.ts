// Snippets of the config repo on storage `local`: those of people stay, none is executable, and VMs that name one depend on it.

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostSnippet } from '../../../src/managers/hypervisor/declared.ts';
import { vmTargets } from '../../../src/managers/vm/vm-spec.ts';
import type { BlobId } from '../../../src/model/ids.ts';
import type { Target } from '../../../src/model/target.ts';
import { type Files, loadFiles } from '../../load/environment.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { repositoryFiles } from '../../support/repository-files.ts';
import { convergeStep } from '../carry-out.ts';
import { testContract } from '../contract.ts';
import { environment, gone, machine, wanted } from '../guests.ts';
import { LOOKS, manager, partOf, withHost } from './parts.ts';

const FOLDER = '/var/lib/vz/snippets';
const VOLUME = 'local:snippets/router.yaml';
const TEXT = '#cloud-config\npackages: [nftables]\n';

const blobOf = (text: string) =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex') as BlobId;
const snippet = (text: string, name = 'router.yaml'): HostSnippet => ({
  name,
  path: `snippets/${name}`,
  blob: blobOf(text),
});
const section = (...snippets: HostSnippet[]): Target => partOf(withHost({ snippets }), 'snippets');

const CONTENTS = Object.fromEntries([TEXT, 'instead\n', 'another\n'].map((text) => [blobOf(text), text]));
const open = () => openLabHost([], CONTENTS);

testContract<LabHost>(manager, [
  {
    name: 'snippets',
    open,
    target: section(snippet(TEXT)),
    changed: section(snippet('instead\n'), snippet('another\n', 'other.yaml')),
    state: (host) => host.readFolders([FOLDER]),
    looks: LOOKS,
    foreign: {
      make: (host) => host.write(`${FOLDER}/router.yaml`, 'theirs\n'),
      state: (host) => host.read(`${FOLDER}/router.yaml`),
      refused: 'phoenix adopt hypervisor/snippets',
    },
  },
]);

let host: LabHost;
beforeEach(async () => {
  host = await open();
});
afterEach(() => host.close());

test('a file of people that is as declared stays theirs, and no snippet is executable', async () => {
  await host.write(`${FOLDER}/router.yaml`, TEXT);
  const theirs = section(snippet(TEXT));
  expect(await convergeStep(manager, host, wanted(theirs))).toEqual({ outcome: 'done', actions: [] });
  expect(await convergeStep(manager, host, gone(theirs))).toEqual({ outcome: 'done', actions: [] });
  await convergeStep(manager, host, wanted(section(snippet('another\n', 'other.yaml'))));
  const path = `${FOLDER}/other.yaml`;
  expect((await host.inspect([path])).get(path)?.mode).toBe(0o644);
});

test('one that a VM still names is not deleted', async () => {
  const ours = section(snippet(TEXT));
  await convergeStep(manager, host, wanted(ours));
  const conf = '/etc/pve/qemu-server/201.conf';
  await host.write(conf, `memory: 512\ncicustom: vendor=${VOLUME}\n`);
  expect(await convergeStep(manager, host, gone(ours))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining(`${VOLUME} is no longer declared, and guest 201 still names it`),
  });
  await host.write(conf, 'memory: 512\n');
  expect(await convergeStep(manager, host, gone(ours))).toMatchObject({ outcome: 'done' });
  expect(await host.readFile(`${FOLDER}/router.yaml`)).toBeUndefined();
});

test.each([
  ['as a text', `user=${VOLUME}`],
  ['as an object', { vendor: VOLUME }],
])('a VM that names one %s waits for it', (_, cicustom) => {
  const config = { ...environment(machine(1001, { options: { cicustom } })) };
  const { hypervisor } = withHost({ snippets: [snippet(TEXT)] }, config);
  const [vm] = vmTargets({ ...config, hypervisor });
  expect(vm?.needs).toContain('hypervisor/snippets');
});

test.each<[string, object, string | Uint8Array, string]>([
  ['that is missing', { source: 'snippets/none.yaml' }, TEXT, 'MISSING_FILE /snippets/0/source'],
  ['that is too long', {}, 'x'.repeat(70_000), 'INVALID_VALUE /snippets/0/source'],
  ['that is no text', {}, new Uint8Array([0xff, 0xfe, 0]), 'INVALID_VALUE /snippets/0/source'],
  ['outside of the repository', { source: '../router.yaml' }, TEXT, 'INVALID_VALUE /snippets/0/source'],
  ["under a name of Phoenix's own", { name: 'phoenix-guest-agent.yaml' }, TEXT, 'INVALID_VALUE /snippets/0/name'],
])('a snippet %s is refused at its line', (_, own, text, problem) => {
  const file = 'etc/phoenix_hypervisor_config.json';
  const files = repositoryFiles();
  const written = {
    ...JSON.parse(files[file] ?? '{}'),
    snippets: [{ name: 'router.yaml', source: 'snippets/router.yaml', ...own }],
  };
  const all = { ...files, [file]: written, 'snippets/router.yaml': text } as Files;
  const { problems } = loadFiles(all);
  expect(problems.map(({ code, path }) => `${code} ${path}`)).toContain(problem);
});
