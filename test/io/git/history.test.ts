// Ancestry of commits in a clone that starts with one commit and is deepened, compared with Git on the whole history.
// @module-tag long

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HTTP_LIMITS } from '../../../src/io/git/remote/http.ts';
import { WHOLE } from '../../../src/io/git/remote/remote.ts';
import { openWork, type Work } from '../../../src/io/git/work.ts';
import type { CommitSha } from '../../../src/model/ids.ts';
import { type WorkingCopy, workingCopy } from '../../support/git/git.ts';
import { type GitServer, type GitServerOptions, serveRepository } from '../../support/git/git-server.ts';
import { recordLog } from '../../support/log.ts';

let folder: string;
let copy: WorkingCopy;
let server: GitServer | undefined;
let work: Work | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-history-'));
  copy = await workingCopy();
});
afterEach(async () => {
  await server?.close();
  await copy.remove();
  await rm(folder, { recursive: true, force: true });
});

async function follow(options: GitServerOptions = {}, depths: readonly number[] = [2, 3, 5, WHOLE]) {
  await server?.close();
  server = await serveRepository(copy.folder, options);
  const own = { folder: join(folder, 'clone'), limits: HTTP_LIMITS, maxPacks: 50, log: recordLog() };
  work = openWork({ url: server.url, branch: 'main', depths, ...own });
  return work;
}

/** Commits by the numbers of their parents, each with its own file; resolves to their ids. */
async function graph(parents: readonly (readonly number[])[], times: readonly number[]): Promise<CommitSha[]> {
  const commits: CommitSha[] = [];
  const tree = await copy.git('write-tree');
  for (const [n, before] of parents.entries()) {
    const named = before.flatMap((each) => ['-p', commits[each] ?? '']);
    const at = `@${1_700_000_000 + (times[n] ?? 0) * 1000} +0000`;
    commits.push((await copy.gitAt(at, 'commit-tree', tree, ...named, '-m', `commit ${n}`)) as CommitSha);
  }
  return commits;
}

/** Each with up to two parents among those before it; some begin a history of their own. */
const graphs = fc.integer({ min: 2, max: 12 }).chain((count) =>
  fc.record({
    parents: fc.tuple(
      ...Array.from({ length: count }, (_, n) =>
        n === 0
          ? fc.constant<number[]>([])
          : fc.uniqueArray(fc.integer({ min: Math.max(0, n - 4), max: n - 1 }), {
              minLength: n % 5 === 4 ? 0 : 1,
              maxLength: 2,
            }),
      ),
    ),
    times: fc.array(fc.nat(20), { minLength: count, maxLength: count }),
    heads: fc.array(fc.nat(count - 1), { minLength: 1, maxLength: 4 }),
    strict: fc.boolean(),
    pairs: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { minLength: 6, maxLength: 10 }),
  }),
);

test('in any graph, a clone that deepens agrees with Git on the whole history, however the branch reached its head', async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(graphs, async ({ parents, times, heads, strict, pairs }) => {
      round += 1;
      const commits = await graph(parents, times);
      for (const [n, commit] of commits.entries()) await copy.git('update-ref', `refs/heads/all-${n}`, commit);
      const config = strict ? [] : ['uploadpack.allowAnySHA1InWant=true'];
      await copy.git('update-ref', 'refs/heads/main', commits[heads[0] ?? 0] ?? '');
      const asked = await follow({ config });
      for (const head of heads) {
        await copy.git('update-ref', 'refs/heads/main', commits[head] ?? '');
        expect(await asked.fetch()).toBe(commits[head]);
      }
      // Such a server serves only commits that a ref points to.
      const led = new Set((await copy.git('rev-list', 'main')).split('\n'));
      for (const [n, commit] of commits.entries()) {
        if (strict && led.has(commit)) await copy.git('update-ref', '-d', `refs/heads/all-${n}`);
      }
      for (const [one, other] of pairs.map(([a, b]) => [commits[a], commits[b]] as const)) {
        if (one === undefined || other === undefined) continue;
        const before = (await copy.git('rev-list', other)).split('\n');
        expect(await asked.isAncestor(one, other)).toBe(before.includes(one));
        const bases = (await copy.git('merge-base', '--all', one, other).catch(() => '')).split('\n');
        expect(bases).toContain((await asked.mergeBase(one, other)) ?? '');
        const since = (await copy.git('rev-list', other, `^${one}`)).split('\n').filter((line) => line !== '');
        const found = (await asked.commitsSince(one, other, 100)).map(({ sha }) => sha);
        expect(found.toSorted()).toEqual(since.toSorted());
      }
      await rm(join(folder, 'clone'), { recursive: true, force: true });
      for (const ref of (await copy.git('for-each-ref', '--format=%(refname)', 'refs/heads/all-*')).split('\n')) {
        if (ref !== '') await copy.git('update-ref', '-d', ref);
      }
    }),
    {
      numRuns: Number(process.env['PHOENIX_TEST_GRAPHS'] ?? 12),
      ...(process.env['PHOENIX_TEST_SEED'] ? { seed: Number(process.env['PHOENIX_TEST_SEED']) } : {}),
    },
  );
  expect(round).toBeGreaterThan(0);
}, 240_000);
