// Webhook deliveries of the lab's GitHub are recorded and sent again as by the real one. A test decides, or a seed repeats, which of them are lost,
// late, doubled or out of order.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LONG_TEST } from '../../../test/support/long.ts';
import { type DeliveryOutcome, seededOutcomes } from '../../src/forge/delivery-outcomes.ts';
import { APP, appToken, type Json, openScene, type Scene } from './harness.ts';

let scene: Scene;
afterEach(() => scene.close());

async function next(link: string | null): Promise<string> {
  return new URL(/<([^>]+)>; rel="next"/.exec(link ?? '')?.[1] ?? 'http://none/').searchParams.get('cursor') ?? 'none';
}

describe('deliveries', () => {
  test('of the repository are listed in pages and sent again under the same id', LONG_TEST, async () => {
    scene = await openScene({ tokenRight: 'admin' });
    scene.answerWith(503);
    for (const name of ['main', 'one', 'two']) await scene.branch(name);
    await scene.forge.delivered();
    const { body: hooks } = await scene.call('GET', '/hooks');
    expect(hooks).toMatchObject([{ config: { url: scene.receiver }, events: expect.arrayContaining(['push']) }]);
    const path = `/hooks/${hooks[0].id}/deliveries`;
    const first = await scene.call('GET', `${path}?per_page=2`);
    expect(first.body).toMatchObject([
      { event: 'push', action: null, status_code: 503, status: 'Invalid HTTP Response: 503', redelivery: false },
      { status_code: 503, installation_id: null, repository_id: 1 },
    ]);
    const cursor = await next(first.headers.get('link'));
    const last = await scene.call('GET', `${path}?per_page=2&cursor=${cursor}`);
    expect(last.body).toHaveLength(1);
    expect(last.headers.get('link')).toBeNull();

    scene.answerWith(202);
    const lost = last.body[0];
    expect((await scene.call('POST', `${path}/${lost.id}/attempts`)).status).toBe(202);
    const all = await scene.received();
    expect(all[3]?.headers['x-github-delivery']).toBe(lost.guid);
    expect(all[3]?.text).toBe(all[0]?.text);
    const { body: again } = await scene.call('GET', `${path}?per_page=1`);
    expect(again).toMatchObject([{ guid: lost.guid, redelivery: true, status: 'OK', status_code: 202 }]);
    expect((await scene.call('GET', `${path}/${lost.id}`)).body.request.payload.ref).toBe('refs/heads/main');
    expect((await scene.call('POST', `${path}/999/attempts`)).status).toBe(404);
    expect((await scene.call('GET', '/hooks/99/deliveries')).status).toBe(404);
    expect((await scene.call('GET', `${path}?cursor=x`)).status).toBe(400);
  });

  test('of an App are its own, and ask for its signature', LONG_TEST, async () => {
    scene = await openScene({ app: APP, tokenRight: 'admin' });
    scene.forge.decideDeliveries(() => 'drop');
    await scene.branch('main');
    await scene.forge.delivered();
    expect((await scene.call('GET', '/hooks')).body).toEqual([]);
    expect((await scene.call('GET', '/app/hook/deliveries')).status).toBe(401);
    const token = await appToken();
    const { body } = await scene.call('GET', '/app/hook/deliveries', { token });
    expect(body).toMatchObject([
      { event: 'check_suite', action: 'requested', status_code: 504, status: 'timed out' },
      { event: 'push', status_code: 504, installation_id: expect.any(Number) },
    ]);
    expect((await scene.call('POST', `/app/hook/deliveries/${body[1].id}/attempts`, { token })).status).toBe(202);
    expect(await scene.received()).toMatchObject([{ event: 'push', headers: { 'x-github-delivery': body[1].guid } }]);
    const one = await scene.call('GET', `/app/hook/deliveries/${body[1].id}`, { token });
    expect(one.body).toMatchObject({ guid: body[1].guid, redelivery: false });
  });

  test('are for who administers the repository', async () => {
    scene = await openScene();
    expect((await scene.call('GET', '/hooks')).status).toBe(403);
  });
});

describe('on their way, deliveries', () => {
  beforeEach(async () => {
    scene = await openScene();
  });

  test('are dropped, held up, repeated and reordered as it is decided', LONG_TEST, async () => {
    const outcomes: DeliveryOutcome[] = ['drop', 'delay', 'duplicate', 'reorder', 'deliver', 'reorder'];
    scene.forge.decideDeliveries(() => outcomes.shift() ?? 'deliver');
    for (const name of ['dropped', 'delayed', 'twice', 'late', 'early', 'held']) await scene.branch(name);
    const refs = async () => (await scene.received()).map(({ body }: Json) => body.ref.replace('refs/heads/', ''));
    expect(await refs()).toEqual(['twice', 'twice', 'early', 'late']);
    const [one, two] = await scene.received();
    expect(one?.headers['x-github-delivery']).toBe(two?.headers['x-github-delivery']);
    await scene.forge.release();
    expect((await refs()).slice(4)).toEqual(['delayed', 'held']);
    expect(scene.forge.deliveries().filter(({ dropped }) => dropped)).toHaveLength(1);
  });

  test('fall the same way for the same seed', () => {
    const fall = (seed: number) =>
      Array.from({ length: 200 }, seededOutcomes(seed, { drop: 0.2, delay: 0.1, reorder: 0.1 }));
    expect(fall(7)).toEqual(fall(7));
    expect(fall(7)).not.toEqual(fall(8));
    const dropped = fall(7).filter((outcome) => outcome === 'drop').length;
    expect(dropped).toBeGreaterThan(20);
    expect(dropped).toBeLessThan(60);
    expect(fall(7)).not.toContain('duplicate');
  });
});
