// Behaviours of Git servers and branches: the result is always correct or an error, never a guess.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRepository, type RepositoryOptions } from '../../../src/io/git/repository.ts';
import type { CommitSha } from '../../../src/model/ids.ts';
import type { Repository } from '../../../src/ports/repository.ts';
import { type WorkingCopy, workingCopy } from '../../support/git/git.ts';
import { type GitServer, type GitServerOptions, serveRepository } from '../../support/git/git-server.ts';
import { inThisThread } from '../../support/git/in-this-thread.ts';
import { type RecordedLog, recordLog } from '../../support/log.ts';
import { LONG_TEST } from '../../support/long.ts';

const ANY = ['uploadpack.allowAnySHA1InWant=true'];

let folder: string;
let copy: WorkingCopy;
let log: RecordedLog;
let server: GitServer;
const opened: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-servers-'));
  copy = await workingCopy();
  log = recordLog();
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  await copy.remove();
  await rm(folder, { recursive: true, force: true });
});

async function follow(server_: GitServerOptions = {}, changes: Partial<RepositoryOptions> = {}): Promise<Repository> {
  server = await serveRepository(copy.folder, server_);
  const own = { folder: join(folder, 'clone'), branch: 'main', log, readsContent: () => true, maxFileBytes: 1000 };
  const repository = openRepository({ url: server.url, ...own, ...changes }, inThisThread);
  opened.push(server, repository);
  return repository;
}

const shallow = () => readFile(join(folder, 'clone/current/shallow'), 'utf8');

describe('servers', () => {
  test('a server without shallow fetches sends the whole history', async () => {
    const first = await copy.commit({ a: '1' });
    const head = await copy.history(50, (n) => ({ a: `${n}` }));
    const repository = await follow({
      answer: (bytes, isList) =>
        isList ? Buffer.from(bytes.toString('latin1').replaceAll(/\bshallow\b/g, 'xhallow'), 'latin1') : bytes,
    });
    expect(await repository.fetch()).toBe(head);
    expect(await repository.isAncestor(head, head)).toBe(true);
    expect(await repository.isAncestor(first, head)).toBe(true);
    expect(server.asked).toHaveLength(1);
    expect(server.asked.join()).not.toContain('deepen');
  });

  test('a server that sends all commits for a request of one is accepted', async () => {
    const head = await copy.history(50, (n) => ({ a: `${n}` }));
    const first = (await copy.git('rev-list', '--max-parents=0', 'HEAD')) as CommitSha;
    const repository = await follow({ asks: (body) => body.replaceAll(/[0-9a-f]{4}deepen \d+\n/g, '') });
    expect(await repository.fetch()).toBe(head);
    await expect(shallow()).rejects.toThrow('ENOENT');
    expect(await repository.isAncestor(first, head)).toBe(true);
    expect(server.asked).toHaveLength(1);
  });

  test('from a server that serves no commit by its id, the branch is fetched step by step', LONG_TEST, async () => {
    const head = await copy.history(300, (n) => ({ a: `${n}` }));
    const deep = (await copy.git('rev-parse', 'HEAD~200')) as CommitSha;
    const repository = await follow();
    await repository.fetch();
    expect(Buffer.from((await repository.snapshot(deep)).files.get('a')?.bytes ?? []).toString()).toBe('99');
    expect(await repository.resolve('0'.repeat(39).concat('1'))).toBeNull();
    expect(await repository.isAncestor(deep, head)).toBe(true);
  });

  test('a server without the earlier history reports it, and that is an error', LONG_TEST, async () => {
    await copy.history(300, (n) => ({ a: `${n}` }));
    const lone = await copy.git('commit-tree', 'HEAD^{tree}', '-m', 'lone');
    await copy.git('branch', 'lone', lone);
    let refuse = false;
    const repository = await follow({
      config: ANY,
      answer: (bytes, isList) => {
        if (!refuse || isList) return bytes;
        const said = 'ERR upload-pack: not our ref\n';
        return Buffer.from(`${(said.length + 4).toString(16).padStart(4, '0')}${said}`);
      },
    });
    const head = (await repository.fetch()) as CommitSha;
    expect(await repository.resolve('lone')).toBe(lone);
    refuse = true;
    await expect(repository.isAncestor(lone as CommitSha, head)).rejects.toThrow('does not give it out');
    await expect(repository.mergeBase(lone as CommitSha, head)).rejects.toThrow('does not give it out');
    await expect(repository.commitsSince(lone as CommitSha, head, 10)).rejects.toThrow('does not give it out');
    refuse = false;
    expect(await repository.isAncestor(lone as CommitSha, head)).toBe(false);
    expect(await repository.mergeBase(lone as CommitSha, head)).toBeNull();
    expect(await repository.commitsSince(lone as CommitSha, head, 10)).toHaveLength(10);
  });

  test(
    'a connection that is cut anywhere leaves a clone that works, and brings the rest the next time',
    LONG_TEST,
    async () => {
      const first = await copy.commit({ 'a.json': randomBytes(3000).toString('hex') });
      let cut: number | undefined;
      const repository = await follow({ config: ANY, cutAfter: () => cut });
      for (const at of [0, 3, 20, 60, 500, 2000]) {
        cut = at;
        await expect(repository.fetch()).rejects.toThrow(/broke off|cannot be reached|terminated|cut short/);
      }
      cut = undefined;
      expect(await repository.fetch()).toBe(first);
      const second = await copy.commit({ 'a.json': randomBytes(3000).toString('hex') });
      cut = 700;
      await expect(repository.fetch()).rejects.toThrow(/broke off|cannot be reached|terminated|cut short/);
      expect((await repository.snapshot(first)).files.has('a.json')).toBe(true);
      cut = undefined;
      expect(await repository.fetch()).toBe(second);
      expect(await repository.isAncestor(first, second)).toBe(true);
      expect(await readdir(join(folder, 'clone/current/objects/pack'))).toHaveLength(4);
    },
  );

  test('a truncated list of refs is an error: the branch does not count as deleted', async () => {
    const head = await copy.commit({ a: '1' });
    for (let n = 0; n < 20; n += 1) await copy.git('branch', `a-${n}`);
    let length: number | undefined;
    const repository = await follow({
      answer: (bytes, isList) => (isList ? bytes.subarray(0, length ?? bytes.length) : bytes),
    });
    // Between two packets, within one, and before the first.
    for (const at of [0, 4, 300, 400]) {
      length = at;
      await expect(repository.fetch()).rejects.toThrow('broke off in the middle');
    }
    length = undefined;
    expect(await repository.fetch()).toBe(head);
  });

  test('a deepening whose pack is damaged leaves the edge of the history where it was', LONG_TEST, async () => {
    const head = await copy.history(50, (n) => ({ a: `${n}` }));
    const first = (await copy.git('rev-list', '--max-parents=0', 'HEAD')) as CommitSha;
    let damage = false;
    const repository = await follow({
      answer: (bytes, isList) => {
        const pack = bytes.indexOf('PACK');
        if (damage && !isList) bytes.writeUInt8(bytes.readUInt8(pack + 30) ^ 1, pack + 30);
        return bytes;
      },
    });
    await repository.fetch();
    damage = true;
    await expect(repository.isAncestor(first, head)).rejects.toThrow('damaged on its way');
    expect(await shallow()).toContain(head);
    expect(await copy.git('-C', join(folder, 'clone/current'), 'fsck', '--full', '--no-dangling')).toBe('');
    damage = false;
    expect(await repository.isAncestor(first, head)).toBe(true);
    expect(log.lines.join()).not.toContain('cannot be read');
  });

  test('one whose own HEAD leads nowhere is followed like any other', async () => {
    const head = await copy.commit({ a: '1' });
    await copy.git('symbolic-ref', 'HEAD', 'refs/heads/nowhere');
    expect(await (await follow()).fetch()).toBe(head);
  });

  test('a branch that is moved between the list of refs and the request for it is followed where it went', async () => {
    await copy.commit({ a: '1' });
    let move: (() => Promise<unknown>) | undefined;
    const repository = await follow({
      before: async (isList) => {
        if (isList) return;
        const once = move;
        move = undefined;
        await once?.();
      },
    });
    for (const n of [2, 3]) {
      let moved: CommitSha | undefined;
      move = async () => {
        await copy.git('checkout', '--quiet', '--orphan', `other-${n}`);
        moved = await copy.commit({ a: `${n}` });
        await copy.git('branch', '--quiet', '--force', 'main');
        await copy.git('checkout', '--quiet', 'main');
        await copy.git('branch', '--quiet', '-D', `other-${n}`);
      };
      expect(await repository.fetch()).toBe(moved);
      await copy.commit({ b: `${n}` });
    }
  });
});

describe('branches', () => {
  test('one commit alone has nothing before it', async () => {
    const only = await copy.commit({ a: '1' });
    const repository = await follow();
    expect(await repository.fetch()).toBe(only);
    expect(await repository.commit(only)).toMatchObject({ parents: [] });
    expect(await repository.mergeBase(only, only)).toBe(only);
    expect(await repository.commitsSince(only, only, 5)).toEqual([]);
    expect(await repository.resolve(only.slice(0, 7))).toBe(only);
    await expect(shallow()).rejects.toThrow('ENOENT');
  });

  test('a branch that was deleted and recreated, with another history and then with the old one', async () => {
    const old = await copy.commit({ a: '1' });
    const repository = await follow({ config: ANY });
    await repository.fetch();
    await copy.git('checkout', '--quiet', '--orphan', 'fresh');
    const fresh = await copy.commit({ a: '2' });
    await copy.git('branch', '-D', 'main');
    expect(await repository.fetch()).toBeNull();
    expect((await repository.snapshot(old)).files.has('a')).toBe(true);
    await copy.git('branch', 'main', fresh);
    expect(await repository.fetch()).toBe(fresh);
    expect(await repository.isAncestor(old, fresh)).toBe(false);
    expect(await repository.mergeBase(old, fresh)).toBeNull();
    await copy.git('update-ref', 'refs/heads/main', old);
    expect(await repository.fetch()).toBe(old);
    expect(await repository.isAncestor(fresh, old)).toBe(false);
  });

  test('a default branch that got another name is not followed by itself, and is among those that the server has', async () => {
    await copy.commit({ a: '1' });
    const repository = await follow();
    const head = await repository.fetch();
    await copy.git('branch', '-m', 'main', 'trunk');
    expect(await repository.fetch()).toBeNull();
    expect(await repository.branches()).toEqual(['trunk']);
    expect(await (await follow({}, { branch: 'trunk' })).fetch()).toBe(head);
  });

  test('a tag, and a branch named like an abbreviated id, are not mistaken for the branch', async () => {
    const first = await copy.commit({ a: '1' });
    const head = await copy.commit({ a: '2' });
    await copy.git('tag', 'main', first);
    const repository = await follow();
    expect(await repository.fetch()).toBe(head);
    expect(await repository.resolve('main')).toBe(head);
    const name = first.slice(0, 8);
    await copy.git('branch', name, head);
    expect(await (await follow({}, { branch: name })).resolve(name)).toBe(head);
  });

  test('an ambiguous abbreviated id does not resolve to the commit in the clone', LONG_TEST, async () => {
    const head = await copy.history(400, (n) => ({ a: `${n}` }));
    const all = (await copy.git('rev-list', 'HEAD')).split('\n');
    const isFirst = (id: string) =>
      id !== head && all.some((other) => other !== id && other.startsWith(id.slice(0, 3)));
    const near = all.slice(0, 60).find(isFirst);
    const shared = all.filter((id) => id.startsWith(near?.slice(0, 3) ?? ''));
    expect(shared.length).toBeGreaterThan(1);
    const repository = await follow();
    await repository.fetch();
    const four = shared.map((id) => id.slice(0, 4));
    for (const [n, id] of shared.entries()) {
      const alone = four.filter((each) => each === four[n]).length === 1;
      if (alone) expect(await repository.resolve(id.slice(0, 4))).toBe(id);
      else await expect(repository.resolve(id.slice(0, 4))).rejects.toThrow('write more of its digits');
    }
  });

  test('a merge of an old branch fetches only what it needs', async () => {
    await copy.history(3000, (n) => ({ a: `${n}` }));
    const repository = await follow({ config: ANY });
    const before = (await repository.fetch()) as CommitSha;
    await copy.git('checkout', '--quiet', '-b', 'side', 'HEAD~40');
    const side = await copy.commit({ b: 'side' });
    await copy.git('checkout', '--quiet', 'main');
    await copy.git('merge', '--quiet', '--no-ff', '-m', 'merge', 'side');
    const merged = (await repository.fetch()) as CommitSha;
    expect(await repository.isAncestor(before, merged)).toBe(true);
    expect(await repository.isAncestor(side, before)).toBe(false);
    const since = await repository.commitsSince(before, merged, 10);
    expect(since.map(({ sha }) => sha).toSorted()).toEqual([merged, side].toSorted());
    expect(server.asked.join()).not.toContain('deepen 2147483647');
  });

  test(
    'a head of a fork with an old base finds it, and a plan between two far commits reads both',
    LONG_TEST,
    async () => {
      const head = await copy.history(3000, (n) => ({ 'a.json': `${n}` }));
      const base = (await copy.git('rev-parse', 'HEAD~1000')) as CommitSha;
      const theirs = (await copy.git('commit-tree', `${base}^{tree}`, '-p', base, '-m', 'theirs')) as CommitSha;
      await copy.git('update-ref', 'refs/pull/1/head', theirs);
      const repository = await follow();
      await repository.fetch();
      expect(await repository.resolve(theirs)).toBe(theirs);
      expect(await repository.mergeBase(theirs, head)).toBe(base);
      expect(await repository.commitsSince(base, theirs, 10)).toMatchObject([{ sha: theirs }]);
      for (const [commit, text] of [
        [head, '2999'],
        [base, '1999'],
      ] as const) {
        expect(Buffer.from((await repository.snapshot(commit)).files.get('a.json')?.bytes ?? []).toString()).toBe(text);
      }
    },
  );
});

describe('unusual objects that Git accepts', () => {
  test('a name with a backslash, and a commit whose author is written in another way', async () => {
    const unit = 'etc/dev-disk-by\\x2duuid.mount';
    const before = await copy.commit({ [unit]: 'What=x', 'a.json': '{}' });
    const tree = await copy.git('rev-parse', 'HEAD^{tree}');
    const text = `tree ${tree}\nparent ${before}\nauthor <a@b> 1700000000\ncommitter nobody\n\nodd\n`;
    const odd = (await copy.gitWith(text, 'hash-object', '-t', 'commit', '--literally', '-w', '--stdin')) as CommitSha;
    await copy.git('update-ref', 'refs/heads/main', odd);
    const repository = await follow();
    expect(await repository.fetch()).toBe(odd);
    expect(await repository.commit(odd)).toEqual({ sha: odd, parents: [before], message: 'odd\n', author: '' });
    expect(Buffer.from((await repository.snapshot(odd)).files.get(unit)?.bytes ?? []).toString()).toBe('What=x');
    expect(await repository.isAncestor(before, odd)).toBe(true);
    expect(log.lines.filter((line) => line.includes('cloned'))).toHaveLength(1);
  });

  test('the id of a tag is no commit', async () => {
    await copy.commit({ a: '1' });
    await copy.git('tag', '-a', '-m', 'annotated', 'v1');
    const repository = await follow({ config: ANY });
    await repository.fetch();
    expect(await repository.resolve(await copy.git('rev-parse', 'v1'))).toBeNull();
  });
});

describe('clones', () => {
  test('a full clone of an earlier Phoenix is still used', async () => {
    const first = await copy.commit({ a: '1' });
    await copy.history(20, (n) => ({ a: `${n}` }));
    const repository = await follow();
    await mkdir(join(folder, 'clone'));
    await copy.git('clone', '--quiet', '--bare', copy.folder, join(folder, 'clone/clone-0a1b'));
    await copy.git('-C', join(folder, 'clone/clone-0a1b'), 'repack', '-adq');
    await copy.git('-C', join(folder, 'clone/clone-0a1b'), 'config', 'remote.origin.url', server.url);
    const head = await copy.git('rev-parse', 'HEAD');
    await writeFile(join(folder, 'clone/clone-0a1b/refs/heads/main'), `${head}\n`);
    await symlink('clone-0a1b', join(folder, 'clone/current'));
    const next = await copy.commit({ a: 'next' });
    expect(await repository.fetch()).toBe(next);
    expect(await repository.isAncestor(first, next)).toBe(true);
    expect(log.lines.join()).not.toContain('cloned');
    expect(server.asked).toHaveLength(1);
  });

  test('git finds every object of a deepened clone valid', LONG_TEST, async () => {
    await copy.history(2500, (n) => ({ a: `${n}`, [`etc/${n % 7}.json`]: `${n}` }));
    const repository = await follow({ config: ANY });
    await repository.fetch();
    const deep = (await copy.git('rev-parse', 'HEAD~100')) as CommitSha;
    expect(await repository.isAncestor(deep, (await copy.git('rev-parse', 'HEAD')) as CommitSha)).toBe(true);
    expect((await shallow()).trim().split('\n')).toHaveLength(1);
    const clone = join(folder, 'clone/current');
    expect(await copy.git('-C', clone, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
    expect(await copy.git('-C', clone, 'rev-list', '--count', 'main')).toMatch(/^\d+$/);
  });
});

describe('size', () => {
  test('a pack above the limit is aborted, reported on its head, and not requested again', async () => {
    const small = await copy.commit({ 'a.json': '1' });
    const limits = { silenceMs: 5000, maxBytes: 300_000 };
    const repository = await follow({}, { limits });
    expect(await repository.fetch()).toBe(small);
    const large = await copy.commit({ 'large.bin': randomBytes(400_000) });
    for (const _ of [1, 2, 3]) {
      await expect(repository.fetch()).rejects.toMatchObject({
        name: 'HeadNotFetched',
        head: large,
        message: expect.stringMatching(
          /^the server sends more than 300000 bytes for one fetch; raise PHOENIX_MAX_PACK_MB/,
        ),
      });
    }
    expect(server.asked).toHaveLength(2);
    expect((await repository.snapshot(small)).files.size).toBe(1);
    const again = await copy.git('commit-tree', `${small}^{tree}`, '-p', small, '-m', 'without it');
    await copy.git('update-ref', 'refs/heads/main', again);
    expect(await repository.fetch()).toBe(again);
  });

  test('a file larger than what is read comes as its size, and any file by its blob', LONG_TEST, async () => {
    const bytes = Buffer.concat([randomBytes(6_000_000), Buffer.alloc(30_000_000, 'x')]);
    await copy.commit({ 'large.json': bytes, 'small.json': '{}' });
    const repository = await follow();
    const { files } = await repository.snapshot((await repository.fetch()) as CommitSha);
    const large = files.get('large.json');
    expect([large?.size, large?.bytes]).toEqual([36_000_000, undefined]);
    expect(files.get('small.json')).toMatchObject({ size: 2 });
    const read = await repository.blob(large?.blob ?? '');
    const digest = (content: Uint8Array) => createHash('sha1').update(content).digest('hex');
    expect(digest(read)).toBe(digest(bytes));
  });
});
