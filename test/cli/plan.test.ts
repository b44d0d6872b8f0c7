// `phoenix plan` on real Git repositories, from the front door.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PlanArgs, plan } from '../../src/cli/plan.ts';
import { environment, type Files } from '../load/environment.ts';
import { type WorkingCopy, workingCopy } from '../support/git/git.ts';
import { captured } from './captured.ts';

const LXC = 'etc/phoenix_lxc_configs.json';

let copy: WorkingCopy;
beforeEach(async () => {
  copy = await workingCopy();
});
afterEach(() => copy.remove());

/** Commits the files; answers the commit's id. */
function commit(files: Files, space: number | string = 2): Promise<string> {
  const text = (content: unknown) => (typeof content === 'string' ? content : JSON.stringify(content, null, space));
  return copy.commit(Object.fromEntries(Object.entries(files).map(([path, content]) => [path, text(content)])));
}

function run(args: Partial<PlanArgs>) {
  return captured((io) => plan({ path: copy.folder, from: 'HEAD~1', to: 'HEAD', ...args }, io));
}

async function json(args: Partial<PlanArgs> = {}) {
  const { exit, out } = await run({ ...args, json: true });
  return { exit, ...JSON.parse(out) };
}

/** What every guest needs of the host. */
const ON_HOST = ['hypervisor/network', 'hypervisor/storage'];

/** The steps of containers: other kinds are tested elsewhere. */
function containers(steps: { target: string }[]) {
  return steps.filter(({ target }) => target.startsWith('lxc/'));
}

test('from nothing, everything is created in the order of its needs', async () => {
  const to = await commit(environment());
  const made = await json({ from: 'none' });
  expect(made).toMatchObject({ exit: 0, from: null, to, ok: true, problems: [] });
  expect(made.summary).toEqual({ create: made.steps.length, update: 0, delete: 0 });
  expect(containers(made.steps)).toMatchObject([
    { target: 'lxc/900', kind: 'lxc', verb: 'create', needs: ON_HOST, wave: 2, approval: false },
    { target: 'lxc/101', kind: 'lxc', verb: 'create', needs: [...ON_HOST, 'lxc/900'], wave: 3, approval: false },
  ]);
});

test('one changed number is one change of one target, with the value before and after', async () => {
  const from = await commit(environment());
  const files = environment();
  files[LXC].lxc_configs['101'].memory_mb = 1024;
  const to = await commit(files);
  expect(await json()).toMatchObject({
    exit: 0,
    from,
    to,
    ok: true,
    steps: [{ target: 'lxc/101', verb: 'update', impact: 'live', changes: [{ before: 512, after: 1024 }] }],
    summary: { create: 0, update: 1, delete: 0 },
  });
});

test('a commit that only formats plans nothing', async () => {
  const files = environment();
  await commit(files);
  files[LXC].lxc_configs['101'] = Object.fromEntries(Object.entries(files[LXC].lxc_configs['101']).reverse());
  await commit(files, '\t');
  expect(await json()).toMatchObject({ exit: 0, ok: true, steps: [], summary: { create: 0, update: 0, delete: 0 } });
});

test('a deleted guest is destroyed only with approval', async () => {
  const files = environment();
  files[LXC].lxc_configs['102'] = {
    ...files[LXC].lxc_configs['101'],
    name: 'more',
    mac_address: undefined,
    mount_points: [],
    network_config: { ip: '10.0.0.102/24', gw: '10.0.0.1', nameservers: '10.0.0.13' },
  };
  await commit(files);
  await commit(environment());
  expect(containers((await json()).steps)).toMatchObject([
    { target: 'lxc/102', verb: 'delete', impact: 'destroy', approval: true, changes: expect.any(Array) },
  ]);
  const { out } = await run({});
  expect(out).toContain('  - lxc/102 (more)  delete: destroys the disk of 102 · needs approval');
  expect(out).toContain('Phoenix-Approve: destroy lxc/102');
});

test('a new error of the commit is refused at its line; an older one is not', async () => {
  const files = environment();
  files[LXC].lxc_configs['101'].dependencies = ['777'];
  await commit(files);
  expect(await json({ from: 'none' })).toMatchObject({
    exit: 1,
    ok: false,
    problems: [{ code: 'UNKNOWN_REFERENCE', severity: 'error', file: LXC, line: expect.any(Number), new: true }],
  });
  files[LXC].lxc_configs['900'].cores = 2;
  await commit(files);
  expect(await json()).toMatchObject({
    exit: 0,
    ok: true,
    problems: [{ code: 'UNKNOWN_REFERENCE', new: false }],
    steps: [{ target: 'lxc/900', held: false }],
  });
  files[LXC].lxc_configs['101'].cores = 3;
  files[LXC].lxc_configs['900'].dependencies = ['778'];
  await commit(files);
  const third = await json();
  expect(third.exit).toBe(1);
  expect(third.problems.map((problem: { new: boolean }) => problem.new)).toEqual([false, true]);
  expect(third.steps).toContainEqual(expect.objectContaining({ target: 'lxc/101', held: true }));
  expect((await run({})).out).toContain('Refused: the commit brings errors');
});

test('removing a file removes what it declared, and adding one adds it', async () => {
  const CERTIFICATES = 'etc/certificate-manifest.json';
  await commit(environment());
  await copy.commit({ [CERTIFICATES]: null });
  const gone = await json();
  expect(gone).toMatchObject({ exit: 0, ok: true, problems: [] });
  expect(gone.steps).toContainEqual(
    expect.objectContaining({ target: 'certificate/web.example.internal', verb: 'delete' }),
  );
  await commit(environment());
  const back = await json();
  expect(back).toMatchObject({ exit: 0, ok: true, problems: [] });
  expect(back.steps).toContainEqual(
    expect.objectContaining({ target: 'certificate/web.example.internal', verb: 'create' }),
  );
});

test('a file that goes with most of the guests is refused', async () => {
  await commit(environment());
  await copy.commit({ 'etc/phoenix_vm_configs.json': null });
  const gone = await json();
  expect(gone).toMatchObject({ exit: 1, ok: false });
  expect(gone.problems.map(({ code }: { code: string }) => code)).toContain('TOO_MANY_DELETES');
});

test('a disk that gets smaller is an error of the commit', async () => {
  await commit(environment());
  const files = environment();
  files[LXC].lxc_configs['900'].storage_size_gb = 4;
  await commit(files);
  expect(await json()).toMatchObject({ exit: 1, ok: false, problems: [{ code: 'DISK_SHRINK', new: true }] });
});

test('a commit that cannot be read plans nothing at all', async () => {
  await commit(environment());
  await commit({ ...environment(), [LXC]: '{ "lxc_configs": {' });
  const made = await json();
  expect(made).toMatchObject({ exit: 1, ok: false, steps: [] });
  expect(made.problems[0]).toMatchObject({ code: 'SYNTAX', file: LXC, new: true });
});

test('after an unreadable commit the plan starts from nothing, and says so', async () => {
  await commit({ ...environment(), [LXC]: '{ "lxc_configs": {' });
  await commit(environment());
  const { exit, out, err } = await run({});
  expect(exit).toBe(0);
  expect(out).toContain('+ lxc/900 (ct-900)  create: new');
  expect(err).toBe('phoenix plan: HEAD~1 cannot be read, so this is the plan from nothing\n');
});

test('a folder that is no repository and a revision that is not there are wrong use', async () => {
  expect(await run({ path: tmpdir() })).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('Git') });
  await commit(environment());
  expect(await run({ from: 'none', to: 'nowhere' })).toMatchObject({
    exit: 2,
    out: '',
    err: expect.stringContaining('there is no commit "nowhere"'),
  });
});

test('a bare repository with the configuration deep inside is as good', async () => {
  const deep = Object.fromEntries(Object.entries(environment()).map(([path, content]) => [`a/b/${path}`, content]));
  await commit(deep);
  await copy.git('clone', '--quiet', '--bare', '.', join(copy.folder, 'bare.git'));
  const made = await json({ path: join(copy.folder, 'bare.git'), from: 'none', to: 'main' });
  expect(containers(made.steps)).toHaveLength(2);
});
