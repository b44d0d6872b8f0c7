// `phoenix validate` of folders and commits: which root is used, the JSON of the contract, exit codes, and that nothing outside of the root is read.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ValidateArgs, validate } from '../../src/cli/validate.ts';
import { environment } from '../load/environment.ts';
import { type WorkingCopy, workingCopy } from '../support/git/git.ts';
import { captured } from './captured.ts';

const LXC = 'etc/phoenix_lxc_configs.json';

const run = (args: ValidateArgs, env: Record<string, string> = {}) => captured((io) => validate(args, io), env);

function texts(files: Record<string, unknown> = environment()): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [
      path,
      typeof content === 'string' ? content : JSON.stringify(content, null, 2),
    ]),
  );
}

function broken(): Record<string, string> {
  const files = environment();
  files[LXC].lxc_configs['101'].name = 'web_server';
  files[LXC].lxc_configs['101'].ports = ['80:80'];
  return texts(files);
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-validate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Record<string, string>, below = ''): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const full = join(folder, below, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, content);
  }
}

describe('a folder', () => {
  test('that is sound: exit 0', async () => {
    await write(texts());
    expect(await run({ path: folder })).toEqual({ exit: 0, out: 'no errors and no warnings\n', err: '' });
    const { exit, out } = await run({ path: folder, json: true });
    expect([exit, JSON.parse(out)]).toEqual([
      0,
      { ok: true, commit: null, root: '.', counts: { error: 0, warning: 0 }, problems: [] },
    ]);
  });

  test('with problems: exit 1, each at its line', async () => {
    await write(broken());
    const { exit, out } = await run({ path: folder });
    expect(exit).toBe(1);
    expect(out).toMatch(
      /^etc\/phoenix_lxc_configs\.json:\d+:\d+: error INVALID_HOSTNAME: "web_server" is not a hostname$/m,
    );
    expect(out).toMatch(/^etc\/phoenix_lxc_configs\.json:\d+:\d+: warning NO_EFFECT: "ports" has no effect/m);
    expect(out).toMatch(/1 error and 1 warning\n$/);
  });

  test('with problems, as JSON: one document and nothing else', async () => {
    await write(broken());
    const { exit, out, err } = await run({ path: folder, json: true });
    expect([exit, err]).toEqual([1, '']);
    const answer = JSON.parse(out);
    expect(answer).toMatchObject({ ok: false, commit: null, counts: { error: 1, warning: 1 } });
    expect(answer.problems).toHaveLength(2);
    for (const problem of answer.problems) {
      expect(Object.keys(problem)).toEqual([
        'severity',
        'code',
        'file',
        'path',
        'line',
        'column',
        'target',
        'message',
        'hint',
      ]);
    }
    expect(answer.problems[0]).toMatchObject({
      code: 'INVALID_HOSTNAME',
      path: '/lxc_configs/101/name',
      target: 'lxc/101',
    });
  });

  test('warnings alone are no error', async () => {
    const files = environment();
    files[LXC].lxc_configs['101'].ports = [];
    await write(texts(files));
    const { exit, out } = await run({ path: folder, json: true });
    expect([exit, JSON.parse(out).ok]).toEqual([0, true]);
  });

  test('secrets in plain text are an error where the settings say so', async () => {
    const files = environment();
    files['etc/phoenix_hypervisor_config.json'].portainer_api = { admin_password: 'hunter2' };
    await write(texts(files));
    expect((await run({ path: folder })).exit).toBe(0);
    const strict = await run({ path: folder }, { PHOENIX_STRICT_SECRETS: 'true' });
    expect(strict.exit).toBe(1);
    expect(strict.out).toContain('error PLAINTEXT_SECRET');
    expect(strict.out).not.toContain('hunter2');
  });

  test('without a configuration it says what is missing', async () => {
    await write({ 'README.md': 'x' });
    const { exit, out } = await run({ path: folder, json: true });
    expect(exit).toBe(1);
    expect(JSON.parse(out).problems).toContainEqual(
      expect.objectContaining({
        code: 'MISSING_FILE',
        file: 'etc/phoenix_hypervisor_config.json',
        hint: expect.stringContaining('phoenix init DIR'),
      }),
    );
  });

  test('a link out of the root is not followed', async () => {
    await write(texts());
    await rm(join(folder, LXC));
    const outside = join(folder, '..', `outside-${Date.now()}.json`);
    await writeFile(outside, texts()[LXC] ?? '');
    await symlink(outside, join(folder, LXC));
    const { exit, out } = await run({ path: folder });
    await rm(outside);
    expect(exit).toBe(1);
    expect(out).toContain(`${LXC}:1:1: error MISSING_FILE: is a symbolic link, which is not followed`);
  });
});

describe('the config root', () => {
  test('is found at any depth', async () => {
    await write(texts(), 'a/b/env');
    const { exit, out } = await run({ path: folder, json: true });
    expect([exit, JSON.parse(out).root]).toEqual([0, 'a/b/env']);
  });

  test('is chosen where there are several', async () => {
    await write(texts(), 'home');
    await write(broken(), 'office');
    const several = await run({ path: folder });
    expect(several).toMatchObject({ exit: 2, out: '' });
    expect(several.err).toContain('there are several configurations: home, office');
    expect((await run({ path: folder, root: 'home' })).exit).toBe(0);
    expect((await run({ path: folder, root: './office/' })).exit).toBe(1);
    expect((await run({ path: folder }, { PHOENIX_CONFIG_ROOT: 'home' })).exit).toBe(0);
    expect((await run({ path: folder, root: 'office' }, { PHOENIX_CONFIG_ROOT: 'home' })).exit).toBe(1);
  });

  test('lies inside', async () => {
    await write(texts(), 'home');
    for (const root of ['..', 'home/../..', '/etc']) {
      const { exit, err } = await run({ path: join(folder, 'home'), root });
      expect([exit, err]).toEqual([2, expect.stringContaining('is not a folder inside')]);
    }
  });

  test('the one nearest the top counts', async () => {
    await write(texts());
    await write(broken(), 'test/fixture');
    expect((await run({ path: folder })).exit).toBe(0);
  });
});

describe('a commit', () => {
  let copy: WorkingCopy;
  beforeEach(async () => {
    copy = await workingCopy();
  });
  afterEach(() => copy.remove());

  test('is checked as it is in Git, not as the folder is', async () => {
    const good = await copy.commit(texts());
    const bad = await copy.commit(broken());
    await copy.commit({ [LXC]: '{' });
    const answer = async (rev: string, path = copy.folder) => {
      const { exit, out } = await run({ path, rev, json: true });
      return [exit, JSON.parse(out).commit];
    };
    expect(await answer(good)).toEqual([0, good]);
    expect(await answer('HEAD~1')).toEqual([1, bad]);
    expect(await answer(bad.slice(0, 8))).toEqual([1, bad]);
    await copy.git('clone', '--quiet', '--bare', copy.folder, join(folder, 'bare'));
    expect(await answer(good, join(folder, 'bare'))).toEqual([0, good]);
    const { exit, err } = await run({ path: join(folder, 'bare') });
    expect([exit, err]).toEqual([2, expect.stringContaining('--rev main')]);
    expect((await run({ path: copy.folder })).exit).toBe(1);
  });

  test('with a root below the top', async () => {
    await copy.commit(Object.fromEntries(Object.entries(texts()).map(([path, text]) => [`env/${path}`, text])));
    const { exit, out } = await run({ path: copy.folder, rev: 'HEAD', json: true });
    expect([exit, JSON.parse(out).root]).toEqual([0, 'env']);
  });

  test('a link in Git is not followed', async () => {
    await copy.commit(texts());
    await rm(join(copy.folder, LXC));
    await symlink('../bin/elsewhere', join(copy.folder, LXC));
    await copy.commit({});
    expect((await run({ path: copy.folder, rev: 'HEAD' })).out).toContain('is a symbolic link, which is not followed');
  });

  test('whose objects are damaged: exit 3 with what is wrong', async () => {
    const commit = await copy.commit(texts());
    const blob = await copy.git('rev-parse', `HEAD:${LXC}`);
    await rm(join(copy.folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    const { exit, out, err } = await run({ path: copy.folder, rev: commit });
    expect([exit, out, err]).toEqual([3, '', expect.stringContaining('cannot be read')]);
  });

  test('that is not there, or no repository: exit 2 with what to do', async () => {
    await copy.commit(texts());
    expect(await run({ path: copy.folder, rev: 'nothing' })).toMatchObject({
      exit: 2,
      err: expect.stringContaining('there is no commit "nothing"'),
    });
    expect(await run({ path: folder, rev: 'HEAD' })).toMatchObject({
      exit: 2,
      err: expect.stringContaining('is in no Git repository'),
    });
    expect(await run({ path: join(folder, 'none') })).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/does not exist\nName the folder .* phoenix init DIR/),
    });
  });
});
