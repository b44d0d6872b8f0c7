// The contract of forges. Every list is longer than two pages.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommitSha } from '../../src/model/ids.ts';
import type { CommitStatus } from '../../src/model/report.ts';
import type { Forge } from '../../src/ports/forge.ts';
import { LONG_TEST } from '../support/long.ts';
import { type StatusChanges, SUBJECT } from '../support/status.ts';
import { until } from '../support/until.ts';

/** A forge with an empty repository whose main has one commit, and people: ada may push, eve may read. */
export interface ForgeScene {
  readonly forge: Forge;
  /** The head of main. */
  readonly head: CommitSha;
  /** More than two pages of any list. */
  readonly many: number;
  /** A branch with one new commit on top of main; resolves to the commit. */
  branch(name: string, message: string): Promise<CommitSha>;
  /** The branch with that many commits on top of main, the oldest first: `commit 1` and so on. */
  branchOf(name: string, commits: number): Promise<CommitSha>;
  openPull(head: string, title: string, body: string): Promise<number>;
  /** A pull request of eve whose head is in no branch of the repository. */
  openForeignPull(): Promise<number>;
  /** By ada; resolves to the commit that it became. */
  merge(pull: number): Promise<CommitSha>;
  comment(pull: number, body: string, by: string): Promise<string>;
  /** Oldest first. */
  comments(pull: number): Promise<readonly { readonly author: string; readonly body: string }[]>;
  /** The newest of each context, as `state: description`, in the words of the forge. */
  statuses(commit: CommitSha): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/** @param signs whether the forge's events contain the permission of their sender */
export function forgeContract(open: () => Promise<ForgeScene>, signs: boolean): void {
  let scene: ForgeScene;
  beforeAll(async () => {
    scene = await open();
  }, 120_000);
  afterAll(() => scene?.close());

  const status = (changes: StatusChanges): CommitStatus => ({
    commit: scene.head,
    context: 'phoenix/apply',
    state: 'success',
    description: 'applied',
    url: null,
    about: SUBJECT,
    ...changes,
  });

  describe('statuses', () => {
    test('arrive, and the newest of a context counts', async () => {
      const { forge } = scene;
      const pending = status({ state: 'pending', description: 'applies' });
      expect(await forge.setStatus(pending, null, null)).toMatchObject({ sent: true });
      expect(await forge.pending(scene.head)).toEqual(['phoenix/apply']);
      expect(await forge.setStatus(status({}), null, null)).toMatchObject({ sent: true });
      expect(await scene.statuses(scene.head)).toMatchObject({ 'phoenix/apply': 'success: applied' });
      expect(await forge.pending(scene.head)).toEqual([]);
    });

    test('that are pending are all listed', async () => {
      const { forge, many } = scene;
      const contexts = Array.from({ length: many }, (_, index) => `phoenix/lxc/${101 + index}`);
      for (const context of contexts) {
        expect(await forge.setStatus(status({ context, state: 'pending' }), null, null)).toMatchObject({ sent: true });
      }
      expect((await forge.pending(scene.head)).toSorted()).toEqual(contexts.toSorted());
    }, 60_000);

    test('of an unknown commit are given up without delaying others', async () => {
      const unknown = status({ commit: '1'.repeat(40) as CommitSha });
      expect(await scene.forge.setStatus(unknown, null, null)).toMatchObject({ sent: false, retryAfterSeconds: null });
    });
  });

  describe('pull requests', () => {
    test('are all listed with their present state', LONG_TEST, async () => {
      const { forge, many } = scene;
      const head = await scene.branch('one', 'One more');
      const number = await scene.openPull('one', 'The title', 'The text');
      const mine = { number, title: 'The title', description: 'The text', author: 'ada', head, base: 'main' };
      expect(await forge.pull(number)).toEqual({ ...mine, fork: false, open: true, mergedAs: null, mergedBy: null });
      expect(await forge.pull(99_999)).toBeNull();
      for (let index = 1; index < many; index += 1) {
        await scene.branch(`more-${index}`, 'More');
        await scene.openPull(`more-${index}`, `More ${index}`, '');
      }
      expect((await forge.openPulls()).length).toBe(many);
    });

    test('tell whether their author may push', async () => {
      const number = await scene.openForeignPull();
      expect(await scene.forge.pull(number)).toMatchObject({ author: 'eve', fork: true });
    });

    test('tell their outcome, who merged them, and what their author wrote', LONG_TEST, async () => {
      const { forge, many } = scene;
      await scene.branchOf('long', many);
      const number = await scene.openPull('long', 'Many commits', 'Why');
      const texts = await forge.pullTexts(number);
      expect(texts.slice(0, 2)).toEqual(['Many commits', 'Why']);
      const messages = texts.slice(2).map((text) => text.trim());
      expect(messages.toSorted()).toEqual(Array.from({ length: many }, (_, index) => `commit ${index + 1}`).toSorted());
      const merged = await scene.merge(number);
      expect(await forge.pull(number)).toMatchObject({ open: false, mergedAs: merged, mergedBy: 'ada' });
      expect(await forge.pullsOf(merged)).toContain(number);
      // The forge records an event a moment after it happens.
      await until(async () => (await forge.pusherOf(merged)) !== null, 'the record');
      expect(['ada', undefined]).toContain(await forge.pusherOf(merged));
    });
  });

  describe('comments', () => {
    test('of Phoenix are updated in place among many others, and tell when somebody else edited them', async () => {
      const { forge, many } = scene;
      await scene.branch('talk', 'Talk');
      const pull = await scene.openPull('talk', 'Talk', '');
      for (let index = 0; index < many; index += 1) await scene.comment(pull, `words ${index}`, 'ada');
      const first = await forge.setComment({ pull, body: 'the plan' }, null, '');
      if (!first.sent) throw new Error(first.reason);
      // As after a lost ledger: the comment's id is no longer known.
      const second = await forge.setComment({ pull, body: 'the next plan' }, null, '');
      if (!second.sent) throw new Error(second.reason);
      const ours = async () => (await scene.comments(pull)).filter(({ body }) => body.startsWith('<!-- phoenix'));
      expect((await ours()).map(({ body }) => body.includes('the next plan'))).toEqual([true]);
      expect(second.handle?.split(' ')[0]).toBe(first.handle?.split(' ')[0]);
      expect(await forge.setComment({ pull: 99_999, body: 'x' }, null, '')).toMatchObject({ retryAfterSeconds: null });
    }, 60_000);

    test('of people are read as they are', async () => {
      const { forge } = scene;
      await scene.branch('asked', 'Asked');
      const pull = await scene.openPull('asked', 'Asked', '');
      const id = await scene.comment(pull, '/phoenix plan', 'eve');
      expect(await forge.comment(pull, id)).toMatchObject({ author: 'eve', byProgram: false, body: '/phoenix plan' });
      expect(await forge.comment(pull + 1, id)).toBeNull();
      expect(await forge.comment(pull, '99999')).toBeNull();
    });
  });

  describe('people', () => {
    test('with and without the permission to push are distinguished', async () => {
      const { forge } = scene;
      expect(await forge.mayWrite('ada', signs ? true : null)).toBe(true);
      expect(await forge.mayWrite('eve', signs ? false : null)).toBe(false);
      expect(await forge.mayWrite('nobody-at-all', signs ? false : null)).toBe(false);
    });
  });
}
