// Check runs of the lab's GitHub accept, limit and list what the real API does, so that reports that pass here are not refused there; a person's
// press of a button becomes the same event.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LONG_TEST } from '../../../test/support/long.ts';
import { APP, APP_ID, type Json, openScene, type Scene } from './harness.ts';

let scene: Scene;
let sha: string;
let token: string;

beforeEach(async () => {
  scene = await openScene({ app: APP });
  sha = await scene.branch('main');
  token = await scene.installationToken();
});
afterEach(() => scene.close());

const create = (body: object) =>
  scene.call('POST', '/check-runs', { token, body: { name: 'plan', head_sha: sha, ...body } });
const change = (id: number, body: object) => scene.call('PATCH', `/check-runs/${id}`, { token, body });
const get = (path: string) => scene.call('GET', path, { token });

function annotation(line: number, more: object = {}) {
  return { path: 'etc/a.json', start_line: line, end_line: line, annotation_level: 'warning', message: 'hm', ...more };
}

async function checkEvents(): Promise<Json[]> {
  const all = await scene.received();
  return all.filter(({ event }) => event.startsWith('check_')).map(({ event, body }) => ({ event, ...body }));
}

describe('check runs', () => {
  test('begin queued, gather annotations, and end with a conclusion', LONG_TEST, async () => {
    const { body } = await create({ external_id: 'run/1', details_url: 'https://phoenix.example/runs/1' });
    expect(body).toMatchObject({ status: 'queued', conclusion: null, completed_at: null, app: { id: APP_ID } });
    const output = { title: 'Plan', summary: '**fine**' };
    const fifty = Array.from({ length: 50 }, (_, index) => annotation(index + 1));
    await change(body.id, { status: 'in_progress', output: { ...output, annotations: fifty } });
    const button = { label: 'Approve', description: 'Let it go ahead', identifier: 'approve' };
    const last = { ...output, annotations: [annotation(51, { start_column: 2, end_column: 5 })] };
    const ended = await change(body.id, { conclusion: 'action_required', output: last, actions: [button] });
    expect(ended.body).toMatchObject({
      status: 'completed',
      conclusion: 'action_required',
      external_id: 'run/1',
      output: { title: 'Plan', summary: '**fine**', annotations_count: 51 },
    });
    const page = await get(`/check-runs/${body.id}/annotations?per_page=50&page=2`);
    expect(page.body).toMatchObject([{ start_line: 51, start_column: 2, annotation_level: 'warning' }]);
    expect((await get(`/check-runs/${body.id}`)).body).toEqual(ended.body);
    expect(scene.forge.latestChecks(sha)).toMatchObject([{ id: body.id, actions: [button] }]);
  });

  test('are listed by commit and name, the newest of each name or all', LONG_TEST, async () => {
    await create({});
    const second = await create({ conclusion: 'success' });
    const other = await create({ name: 'apply' });
    const ids = async (query: string) => {
      const { body } = await get(`/commits/main/check-runs${query}`);
      expect(body.total_count).toBeGreaterThanOrEqual(body.check_runs.length);
      return body.check_runs.map(({ id }: Json) => id);
    };
    expect(await ids('')).toEqual([other.body.id, second.body.id]);
    expect(await ids('?check_name=plan')).toEqual([second.body.id]);
    expect(await ids('?check_name=plan&filter=all')).toHaveLength(2);
    expect(await ids('?filter=all&per_page=2&page=2')).toHaveLength(1);
    expect(await ids('?status=completed')).toEqual([second.body.id]);
    expect(second.body.check_suite.id).toBe(other.body.check_suite.id);
  });

  test.each<[string, object, RegExp]>([
    ['a name', { name: undefined }, /"name" wasn't supplied/],
    ['a commit', { head_sha: undefined }, /"head_sha" wasn't supplied/],
    ['a known commit', { head_sha: '1'.repeat(40) }, /No commit found for SHA/],
    ['a whole commit id', { head_sha: 'main' }, /No commit found for SHA: main/],
    ['a known status', { status: 'done' }, /not one of queued/],
    ['a known conclusion', { conclusion: 'applied' }, /not one of action_required/],
    ['no conclusion of its own', { conclusion: 'stale' }, /not one of/],
    ['a conclusion at the end', { status: 'completed' }, /"conclusion" wasn't supplied/],
    ['a title and a summary', { output: { title: 'x' } }, /"summary" wasn't supplied/],
    ['a title', { output: { summary: 'x' } }, /"title" wasn't supplied/],
    ['a shorter summary', { output: { title: 'x', summary: 'x'.repeat(65_536) } }, /Only 65535 characters/],
    ['a shorter text', { output: { title: 'x', summary: 'x', text: 'x'.repeat(65_536) } }, /Only 65535 characters/],
    ['an address', { details_url: 'phoenix/1' }, /"details_url" must use/],
    ['a time', { started_at: 'now' }, /"started_at" is not a time/],
    ['three buttons', { actions: Array(4).fill({}) }, /No more than 3 items/],
    [
      'a short label',
      { actions: [{ label: 'x'.repeat(21), description: 'x', identifier: 'x' }] },
      /Only 20 characters/,
    ],
    ['a short description', { actions: [{ label: 'x', description: 'x'.repeat(41), identifier: 'x' }] }, /Only 40/],
    ['an identifier', { actions: [{ label: 'x', description: 'x' }] }, /"identifier" wasn't supplied/],
  ])('are taken only with %s', LONG_TEST, async (_, body, message) => {
    const refused = await create(body);
    expect(refused.status).toBe(422);
    expect(refused.body.message).toMatch(message);
    expect(scene.forge.checks()).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    ['a path', { path: undefined }, /"path" wasn't supplied/],
    ['lines', { start_line: 0 }, /"start_line" is not a number/],
    ['lines in order', { end_line: 1, start_line: 2 }, /comes before/],
    ['columns within one line', { end_line: 9, start_column: 1, end_column: 2 }, /Columns are supported only/],
    ['a known level', { annotation_level: 'error' }, /not one of notice, warning, failure/],
    ['a message', { message: undefined }, /"message" wasn't supplied/],
    ['a shorter message', { message: 'é'.repeat(33_000) }, /more than 64 KB/],
    ['a shorter title', { title: 'x'.repeat(256) }, /Only 255 characters/],
  ])('take annotations only with %s', LONG_TEST, async (_, more, message) => {
    const refused = await create({ output: { title: 'x', summary: 'x', annotations: [annotation(1, more)] } });
    expect(refused.status).toBe(422);
    expect(refused.body.message).toMatch(message);
  });

  test('accept at most fifty annotations per request', async () => {
    const annotations = Array.from({ length: 51 }, (_, index) => annotation(index + 1));
    const refused = await create({ output: { title: 'x', summary: 'x', annotations } });
    expect(refused.body.message).toContain('No more than 50 items are allowed; 51 were supplied.');
  });

  test('are for Apps, with the right to write them', async () => {
    const asToken = await scene.call('POST', '/check-runs', { body: { name: 'plan', head_sha: sha } });
    expect([asToken.status, asToken.body.message]).toEqual([403, 'Resource not accessible by personal access token']);
    const weak = await scene.installationToken({ permissions: { checks: 'read' } });
    const { body } = await create({});
    const refused = await scene.call('PATCH', `/check-runs/${body.id}`, {
      token: weak,
      body: { conclusion: 'success' },
    });
    expect([refused.status, refused.body.message]).toEqual([403, 'Resource not accessible by integration']);
    expect((await scene.call('GET', `/check-runs/${body.id}`, { token: weak })).status).toBe(200);
    expect((await change(1, { conclusion: 'success' })).status).toBe(404);
  });
});

describe('people', () => {
  test('press buttons of checks that have ended, and ask for checks again', async () => {
    const actions = [{ label: 'Approve', description: 'Let it go ahead', identifier: 'approve' }];
    const { body } = await create({ external_id: 'run/7', actions });
    await expect(scene.forge.pressButton(body.id, 'approve', 'grace')).rejects.toThrow('has not ended');
    await change(body.id, { conclusion: 'action_required' });
    await scene.forge.pressButton(body.id, 'approve', 'grace');
    await expect(scene.forge.pressButton(body.id, 'replay', 'grace')).rejects.toThrow('no button replay');
    await scene.forge.rerequestCheck(body.id, 'grace');
    await scene.forge.rerequestSuite(sha, 'grace');
    const sender = { login: 'grace', type: 'User' };
    const run = { id: body.id, name: 'plan', head_sha: sha, external_id: 'run/7', app: { id: APP_ID } };
    const bot = { login: 'phoenix-lab[bot]', type: 'Bot' };
    const installation = { id: expect.any(Number) };
    const repository = { full_name: 'phoenix/config' };
    expect(await checkEvents()).toMatchObject([
      { event: 'check_suite', action: 'requested', check_suite: { head_sha: sha, app: { id: APP_ID } } },
      { event: 'check_run', action: 'created', sender: bot },
      { event: 'check_run', action: 'completed', sender: bot, check_run: { conclusion: 'action_required' } },
      {
        action: 'requested_action',
        requested_action: { identifier: 'approve' },
        check_run: run,
        sender,
        installation,
        repository,
      },
      { event: 'check_run', action: 'rerequested', check_run: run, sender, installation, repository },
      { event: 'check_suite', action: 'rerequested', check_suite: { id: body.check_suite.id, head_sha: sha }, sender },
    ]);
  });
});
