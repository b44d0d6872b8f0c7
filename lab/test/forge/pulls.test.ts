// Pull requests of the lab's GitHub go through the states of real ones, with the same refs, merges, events and refusals.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LONG_TEST } from '../../../test/support/long.ts';
import { openScene, type Scene } from './harness.ts';

let scene: Scene;
let first: string;

beforeEach(async () => {
  scene = await openScene();
  first = await scene.branch('main');
});
afterEach(() => scene.close());

async function pullEvents() {
  const all = await scene.received();
  return all.filter(({ event }) => event === 'pull_request').map(({ body }) => body);
}

async function remoteRef(ref: string): Promise<string> {
  return (await scene.copy.git('ls-remote', 'origin', ref)).split('\t')[0] ?? '';
}

describe('pull requests', () => {
  test('are opened over REST, sent as events, and follow their branch', LONG_TEST, async () => {
    const head = await scene.branch('side');
    const asked = { title: 'More', head: 'side', base: 'main', body: 'why' };
    const opened = await scene.call('POST', '/pulls', { body: asked });
    expect(opened).toMatchObject({
      status: 201,
      body: {
        number: 1,
        state: 'open',
        title: 'More',
        body: 'why',
        user: { login: 'phoenix-agent' },
        head: { ref: 'side', sha: head, repo: { full_name: 'phoenix/config', fork: false } },
        base: { ref: 'main', sha: first },
        merged: false,
        mergeable: true,
        commits: 1,
        changed_files: 1,
      },
    });
    expect(await remoteRef('refs/pull/1/head')).toBe(head);
    const trial = opened.body.merge_commit_sha;
    expect(await remoteRef('refs/pull/1/merge')).toBe(trial);
    expect(trial).not.toBe(head);

    const next = await scene.branch('side', { more: '1' });
    await scene.forge.delivered();
    expect(await remoteRef('refs/pull/1/head')).toBe(next);
    expect(await pullEvents()).toMatchObject([
      { action: 'opened', number: 1, pull_request: { head: { sha: head } }, sender: { login: 'phoenix-agent' } },
      { action: 'synchronize', before: head, after: next, pull_request: { head: { sha: next }, commits: 2 } },
    ]);
    const listed = await scene.call('GET', '/pulls?state=open');
    expect(listed.body).toMatchObject([{ number: 1, head: { sha: next } }]);
  });

  test('are retargeted, closed and opened again', LONG_TEST, async () => {
    await scene.branch('stable');
    await scene.branch('side');
    await scene.forge.openPull({ title: 'More', head: 'side', base: 'main' });
    await scene.forge.retargetPull(1, 'stable', 'grace');
    expect((await scene.call('PATCH', '/pulls/1', { body: { state: 'closed' } })).body.state).toBe('closed');
    expect((await scene.call('GET', '/pulls')).body).toEqual([]);
    expect((await scene.call('PATCH', '/pulls/1', { body: { base: 'main' } })).status).toBe(422);
    await scene.forge.reopenPull(1);
    expect(await pullEvents()).toMatchObject([
      { action: 'opened', pull_request: { base: { ref: 'main' } }, sender: { login: 'ada' } },
      {
        action: 'edited',
        changes: { base: { ref: { from: 'main' }, sha: { from: first } } },
        sender: { login: 'grace' },
      },
      { action: 'closed', pull_request: { merged: false, state: 'closed' } },
      { action: 'reopened', pull_request: { base: { ref: 'stable' }, state: 'open' } },
    ]);
  });

  test('of a fork come with their own repository, and their commits can be fetched from this one', async () => {
    await scene.copy.git('remote', 'add', 'fork', scene.forge.forkUrl('mallory'));
    const head = await scene.copy.commit({ evil: '1' });
    await scene.copy.git('push', '--quiet', 'fork', 'HEAD:patch');
    expect(await scene.received()).toHaveLength(1);
    await scene.forge.openPull({ title: 'Theirs', head: 'patch', base: 'main', fork: 'mallory', by: 'mallory' });
    const next = await scene.copy.commit({ evil: '2' });
    await scene.copy.git('push', '--quiet', 'fork', 'HEAD:patch');
    const fork = { full_name: 'mallory/config', fork: true };
    expect(await pullEvents()).toMatchObject([
      { action: 'opened', pull_request: { head: { sha: head, label: 'mallory:patch', repo: fork } } },
      { action: 'synchronize', pull_request: { head: { sha: next, repo: fork } } },
    ]);
    expect((await scene.copy.git('ls-remote', 'origin')).split('\n').map((line) => line.split('\t')[1])).toEqual([
      'HEAD',
      'refs/heads/main',
      'refs/pull/1/head',
      'refs/pull/1/merge',
    ]);
    expect(await remoteRef('refs/pull/1/head')).toBe(next);
    const over = await scene.call('POST', '/pulls', { body: { title: 'Again', head: 'mallory:patch', base: 'main' } });
    expect(JSON.stringify(over)).toContain('A pull request already exists for mallory:patch.');
  });

  test('are merged by people, over REST, and by a push that brings their commits', LONG_TEST, async () => {
    for (const name of ['one', 'two', 'three']) {
      await scene.copy.git('checkout', '--quiet', '-B', 'start', first);
      const head = await scene.branch(name);
      await scene.forge.openPull({ title: name, head: name, base: 'main' });
      if (name === 'one') await scene.forge.mergePull(1, 'grace');
      else if (name === 'two') {
        expect((await scene.call('PUT', '/pulls/2/merge', { body: { sha: first } })).status).toBe(409);
        expect((await scene.call('PUT', '/pulls/2/merge', { body: { sha: head } })).body).toMatchObject({
          merged: true,
        });
        expect((await scene.call('PUT', '/pulls/2/merge')).status).toBe(405);
        const squash = { merge_method: 'squash' };
        expect((await scene.call('PUT', '/pulls/2/merge', { body: squash })).body.message).toMatch(/^squash merges/);
      } else {
        await scene.copy.git('fetch', '--quiet', 'origin', 'main');
        await scene.copy.git('merge', '--quiet', '--no-edit', 'FETCH_HEAD');
        await scene.copy.push('HEAD:main');
      }
    }
    const main = await remoteRef('refs/heads/main');
    const closed = (await pullEvents()).filter(({ action }) => action === 'closed');
    expect(closed).toMatchObject([
      { pull_request: { merged: true, merged_by: { login: 'grace' } } },
      { pull_request: { merged: true, merged_by: { login: 'phoenix-agent' } } },
      { pull_request: { merged: true, merge_commit_sha: main, merged_by: { login: 'phoenix' } } },
    ]);
    const pushes = (await scene.received()).filter(({ event }) => event === 'push');
    expect(pushes.filter(({ body }) => body.ref === 'refs/heads/main')).toHaveLength(4);
    await scene.copy.git('merge-base', '--is-ancestor', first, 'HEAD');
    expect((await scene.call('PATCH', '/pulls/1', { body: { state: 'open' } })).status).toBe(422);
  });

  test('with conflicts cannot be merged, and end with their branch', LONG_TEST, async () => {
    await scene.branch('side', { main: 'theirs' });
    await scene.copy.git('checkout', '--quiet', '-B', 'main', first);
    await scene.branch('main', { main: 'ours' });
    const pull = await scene.forge.openPull({ title: 'Clash', head: 'side', base: 'main' });
    expect(pull.measure.merge).toBeNull();
    expect(await remoteRef('refs/pull/1/merge')).toBe('');
    expect((await scene.call('GET', '/pulls/1')).body).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
    await expect(scene.forge.mergePull(1)).rejects.toThrow('not mergeable');
    await scene.copy.push(':side');
    expect((await pullEvents()).at(-1)).toMatchObject({ action: 'closed', pull_request: { merged: false } });
    await expect(scene.forge.reopenPull(1)).rejects.toThrow('has been deleted');
  });

  test('are refused as GitHub refuses them', LONG_TEST, async () => {
    await scene.branch('side');
    const asked = { title: 'x', head: 'side', base: 'main' };
    const refused = async (body: object) => {
      const { status, body: told } = await scene.call('POST', '/pulls', { body });
      return [status, told.errors?.[0].field, told.errors?.[0].code];
    };
    expect(await refused({ ...asked, title: undefined })).toEqual([422, 'title', 'missing_field']);
    expect(await refused({ ...asked, head: 'nowhere' })).toEqual([422, 'head', 'invalid']);
    expect(await refused({ ...asked, base: 'nowhere' })).toEqual([422, 'base', 'invalid']);
    expect(await refused({ ...asked, head: 'main' })).toEqual([422, 'base', 'custom']);
    expect((await scene.call('GET', '/pulls/9')).status).toBe(404);
    expect((await scene.call('GET', '/pulls?state=merged')).status).toBe(422);
    expect((await scene.call('POST', '/pulls', { body: '{' })).status).toBe(400);
    await expect(scene.copy.push('HEAD:refs/pull/7/head')).rejects.toThrow(/hidden ref|rejected/);
  });

  test('follow branches that are moved without a push', LONG_TEST, async () => {
    const head = await scene.branch('side');
    await scene.forge.openPull({ title: 'More', head: 'side' });
    await scene.forge.moveBranch('side', await scene.branch('other', { side: '2' }), 'grace');
    await scene.forge.moveBranch('main', head, 'grace');
    await scene.forge.moveBranch('new', head);
    const next = await remoteRef('refs/heads/other');
    expect((await pullEvents())[1]).toMatchObject({ action: 'synchronize', before: head, after: next });
    const pushes = (await scene.received()).filter(({ event }) => event === 'push').map(({ body }) => body);
    expect(pushes.slice(-2)).toMatchObject([
      { ref: 'refs/heads/main', before: first, after: head, pusher: { name: 'grace' } },
      { ref: 'refs/heads/new', created: true, after: head, pusher: { name: 'ada' } },
    ]);
    await scene.forge.moveBranch('main', next);
    expect(scene.forge.pulls()).toMatchObject([{ state: 'closed', merged: { sha: next, by: 'ada' } }]);
  });

  test('come in pages', async () => {
    for (const name of ['a', 'b', 'c']) {
      await scene.branch(name);
      await scene.forge.openPull({ title: name, head: name, base: 'main' });
    }
    const page = await scene.call('GET', '/pulls?state=all&per_page=2');
    expect(page.body.map(({ title }: { title: string }) => title)).toEqual(['c', 'b']);
    expect(page.headers.get('link')).toContain(`/pulls?state=all&per_page=2&page=2>; rel="next"`);
    const last = await scene.call('GET', '/pulls?state=all&per_page=2&page=2');
    expect(last.body).toMatchObject([{ title: 'a' }]);
    expect(last.headers.get('link')).not.toContain('rel="next"');
  });
});
