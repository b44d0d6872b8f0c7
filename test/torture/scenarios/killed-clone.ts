// The process is killed during its first clone or while it deepens the history, with a server that cuts connections and damages packs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { openRepository } from '../../../src/io/git/repository.ts';
import type { CommitSha } from '../../../src/model/ids.ts';
import { workingCopy } from '../../support/git/git.ts';
import { serveRepository } from '../../support/git/git-server.ts';
import { recordLog } from '../../support/log.ts';
import { scenario } from '../scenario.ts';

const COMMITS = 1_500;
const SOURCE = join(import.meta.dirname, '../../../src/io/git/repository.ts');
/** Repeatedly updates the clone and asks whether the first commit is an ancestor of the head, which needs the whole history. */
const PROGRAM = `
  const { openRepository } = await import(process.argv[1]);
  const log = { info() {}, warn() {}, error() {} };
  const repository = openRepository({ url: process.argv[2], branch: 'main', folder: process.argv[3], log,
    readsContent: () => true, maxFileBytes: 1000 });
  console.log('begun');
  const head = await repository.fetch();
  await repository.snapshot(head);
  await repository.isAncestor(process.argv[4], head);
  await repository.close();`;

export const killedClone = scenario({
  name: 'killed-clone',
  about:
    'a first clone or a deepening that is killed, cut off or damaged on its way leaves one that works or is recreated, and the next answer is the truth',
  tries: { long: 40, short: 1 },
  input: fc.record({
    /** Milliseconds after which each process is killed. */
    kills: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 3 }),
    /** Of the answer to one request: where the connection is cut, or a bit is turned over. */
    cut: fc.option(fc.nat(200_000), { nil: undefined }),
    turn: fc.option(fc.nat(200_000), { nil: undefined }),
    rewrite: fc.boolean(),
  }),
  async attempt({ kills, cut, turn, rewrite }) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-killed-clone-'));
    const copy = await workingCopy();
    let harm = true;
    const server = await serveRepository(copy.folder, {
      config: ['uploadpack.allowAnySHA1InWant=true'],
      cutAfter: () => (harm ? cut : undefined),
      answer: (bytes, isList) => {
        if (isList || !harm || turn === undefined || turn >= bytes.length) return bytes;
        const turned = Buffer.from(bytes);
        turned.writeUInt8(turned.readUInt8(turn) ^ 1, turn);
        return turned;
      },
    });
    const log = recordLog();
    try {
      await copy.history(COMMITS, (n) => ({ 'n.json': `${n}`, [`etc/${n % 50}.json`]: `${n}`.repeat(20) }));
      const first = (await copy.git('rev-list', '--max-parents=0', 'HEAD')) as CommitSha;
      const middle = (await copy.git('rev-parse', 'HEAD~700')) as CommitSha;
      for (const [n, ms] of kills.entries()) {
        const args = ['--input-type=module', '-e', PROGRAM, SOURCE, server.url, join(folder, 'clone'), first];
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
        const ended = once(child, 'exit');
        await Promise.race([once(child.stdout, 'data'), ended]);
        const kill = setTimeout(() => child.kill('SIGKILL'), ms);
        await ended;
        clearTimeout(kill);
        harm = n === 0;
        if (rewrite && n === 0) {
          await copy.git('reset', '--quiet', '--hard', middle);
          await copy.commit({ 'n.json': 'another way' });
        }
      }
      harm = false;
      const head = (await copy.git('rev-parse', 'HEAD')) as CommitSha;
      const own = { folder: join(folder, 'clone'), branch: 'main', log, readsContent: () => true, maxFileBytes: 1000 };
      const repository = openRepository({ url: server.url, ...own });
      try {
        expect(await repository.fetch()).toBe(head);
        const { files } = await repository.snapshot(head);
        expect(Buffer.from(files.get('n.json')?.bytes ?? []).toString()).toBe(
          rewrite ? 'another way' : `${COMMITS - 1}`,
        );
        expect(await repository.isAncestor(first, head)).toBe(true);
        expect(await repository.isAncestor(head, middle)).toBe(false);
        expect(await repository.mergeBase(middle, head)).toBe(middle);
        const since = (await copy.git('rev-list', '--count', `${middle}..HEAD`)).trim();
        expect(await repository.commitsSince(middle, head, 10_000)).toHaveLength(Number(since));
        expect(await readdir(join(folder, 'clone'))).toHaveLength(2);
        expect(await copy.git('-C', join(folder, 'clone/current'), 'fsck', '--full', '--no-dangling')).toBe('');
      } finally {
        await repository.close();
      }
    } finally {
      await server.close();
      await copy.remove();
      await rm(folder, { recursive: true, force: true });
    }
  },
});
