// Actions of the pages, from the button to the host: shown first, allowed for users with the right, refused to everybody else, and recorded with the
// user.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import type { Phoenix } from '../support/agent/phoenix.ts';
import { environment } from '../support/environment.ts';
import { LONG_TEST } from '../support/long.ts';
import { type Shown, type Visitor, visitor } from './visitor.ts';
import { openWhole, type Whole } from './whole.ts';

const CONFIG = environment({ 101: {}, 102: { dependencies: [101] } });

let whole: Whole;
let phoenix: Phoenix;
let url: string;

beforeEach(async () => {
  whole = await openWhole();
  ({ phoenix, url } = whole);
  expect((await phoenix.push(CONFIG)).statuses['phoenix/apply']).toMatch(/^success/);
  await commands();
});
afterEach(() => whole.close());

const commands = () => whole.commands();
const byHand = (...args: string[]) => whole.byHand(...args);
const ended = (run: RunId) => whole.ended(run);

/** Signs in at the forge and returns. */
async function signedIn(login: string): Promise<Visitor> {
  const person = visitor(url);
  await person.visit('/sign-in-forge?to=/targets');
  const back = await person.visit(`/signed-in?code=${login}&state=${'s'.repeat(43)}`);
  expect(back.words).toContain('You are signed in');
  return person;
}

const runOf = ({ path }: Shown) => (/\/(\d+)$/.exec(path)?.[1] ?? '') as RunId;

describe('healing a target', () => {
  test('shows its actions, performs exactly those, and records who requested it', LONG_TEST, async () => {
    await byHand('put', '101', '{"memory_mb":1}');
    const otto = await signedIn('otto');
    const look = await otto.press(await otto.visit('/targets/lxc/101'), 'Heal…');
    expect(look.path).toMatch(/^\/do\/heal\/\d+$/);
    await ended(runOf(look));
    expect(await commands()).toEqual([]);
    const shown = await otto.visit(look.path);
    expect(shown.words).toContain('This would change 1 target');
    expect(shown.words).toContain('recorded as asked for by otto (operator)');
    const done = await otto.press(shown, 'Do this');
    expect(done.path).toMatch(/^\/runs\/\d+$/);
    await ended(runOf(done));
    expect((await commands()).length).toBeGreaterThan(0);
    expect(await phoenix.ledger.run(runOf(done))).toMatchObject({ by: 'otto', verb: 'converge', state: 'succeeded' });
    expect((await otto.visit('/targets/lxc/101')).words).toContain('converge by otto');
    expect((await otto.visit('/asked')).words).toMatch(/converge lxc\/101 otto operator, page/);
    // A second time nothing is to be done, and no button does it.
    const again = await otto.press(await otto.visit('/targets/lxc/101'), 'Heal…');
    await ended(runOf(again));
    const nothing = await otto.visit(again.path);
    expect(nothing.words).toContain('Nothing is to be done');
    expect(nothing.page).not.toContain('Do this');
  });
});

test('is not offered when there is nothing to correct', LONG_TEST, async () => {
  await byHand('put', '101', '{"foreign":true}');
  const ada = await signedIn('ada');
  const form = formOf(await ada.visit('/'));
  for (const name of ['heal', 'adopt']) {
    const look = await ada.send(`/do/${name}`, { form, target: 'lxc/101' });
    await ended(runOf(look));
    const shown = await ada.visit(look.path);
    expect(shown.words).toContain('box 101 is not ours');
    expect(() => ada.press(shown, 'Adopt as shown')).toThrow('no button');
    expect(() => ada.press(shown, 'Do this')).toThrow('no button');
  }
  expect(await commands()).toEqual([]);
});

describe('approving a step', () => {
  test('shows the change, continues the run, and is recorded', async () => {
    await phoenix.push({ ...environment({ 102: {} }) });
    const [open] = await phoenix.ledger.openRuns();
    expect(open?.state).toBe('blocked');
    const otto = await signedIn('otto');
    const page = await otto.visit(`/do/approve/${open?.id}/lxc/101`);
    expect(page.words).toContain('Approve lxc/101');
    await otto.press(page, 'Approve this change');
    await ended(open?.id as RunId);
    const run = await phoenix.ledger.run(open?.id as RunId);
    expect(run).toMatchObject({ state: 'succeeded', approvals: [{ target: 'lxc/101', by: 'otto' }] });
    // Twice is refused in words.
    const again = await otto.press(page, 'Approve this change');
    expect([again.status, again.words]).toEqual([409, expect.stringContaining('has ended')]);
  });
});

describe('what changed since its page was shown', () => {
  test('is not approved: a form for another change, and one that names none', LONG_TEST, async () => {
    await phoenix.push({ ...environment({ 102: {} }) });
    const [open] = await phoenix.ledger.openRuns();
    const otto = await signedIn('otto');
    const page = await otto.visit(`/do/approve/${open?.id}/lxc/101`);
    for (const fields of [{ seen: 'another' }, { seen: '' }]) {
      const { status, words } = await otto.press(page, 'Approve this change', fields);
      expect([status, words]).toEqual([409, expect.stringContaining('It has changed since this page was shown')]);
    }
    const bare = await otto.send(`/do/approve/${open?.id}/lxc/101`, { form: formOf(page) });
    expect(bare.status).toBe(409);
    expect(await phoenix.ledger.run(open?.id as RunId)).toMatchObject({ state: 'blocked', approvals: [] });
  });

  test('is not unfrozen: the freeze of somebody else that came in between', LONG_TEST, async () => {
    const otto = await signedIn('otto');
    await otto.press(await otto.visit('/do/freeze'), 'Freeze', { reason: 'moving the storage' });
    const page = await otto.visit('/do/unfreeze');
    await phoenix.ledger.freeze({ reason: 'the other disk fails', by: 'ann', at: new Date().toISOString() });
    const { status, words } = await otto.press(page, 'Unfreeze');
    expect([status, words]).toEqual([409, expect.stringContaining('It has changed since this page was shown')]);
    expect(await phoenix.ledger.frozen()).toMatchObject({ by: 'ann' });
    await otto.press(await otto.visit('/do/unfreeze'), 'Unfreeze');
    expect(await phoenix.ledger.frozen()).toBeNull();
  });
});

test('the buttons replay a commit, check for drift, freeze and unfreeze', async () => {
  const [pushed] = await phoenix.ledger.runs(1);
  const otto = await signedIn('otto');
  const home = await otto.visit('/');
  const freeze = await otto.visit('/do/freeze');
  expect(home.page).toContain('href="./do/freeze"');
  expect((await otto.press(freeze, 'Freeze', { reason: '' })).status).toBe(409);
  // A refused input stays in the form to be corrected.
  const long = `"><b>${'moving '.repeat(100)}`;
  const refused = await otto.press(freeze, 'Freeze', { reason: long });
  expect([refused.status, refused.words]).toEqual([409, expect.stringContaining('reason')]);
  expect(refused.page).toContain(`value="&quot;>&lt;b>${'moving '.repeat(100)}"`);
  const frozen = await otto.press(freeze, 'Freeze', { reason: 'moving the storage' });
  expect(frozen.words).toContain('frozen by otto: moving the storage');
  const unfreeze = await otto.visit('/do/unfreeze');
  expect(unfreeze.words).toContain('Frozen by otto: moving the storage');
  await otto.press(unfreeze, 'Unfreeze');
  expect(await phoenix.ledger.frozen()).toBeNull();
  const looked = await otto.press(await otto.visit('/do/look'), 'Look now');
  await ended(runOf(looked));
  expect(await phoenix.ledger.run(runOf(looked))).toMatchObject({ trigger: 'drift', readOnly: true, by: 'otto' });
  const replay = await otto.send('/do/replay', { form: formOf(home), commit: pushed?.commit ?? '' });
  await ended(runOf(replay));
  const replayed = await otto.press(await otto.visit(replay.path), 'Replay this commit');
  await ended(runOf(replayed));
  expect(await phoenix.ledger.run(runOf(replayed))).toMatchObject({
    trigger: 'replay',
    by: 'otto',
    state: 'succeeded',
  });
  expect((await phoenix.ledger.asked(10)).map(({ what }) => what)).toEqual([
    'replay',
    'replay',
    'drift',
    'unfreeze',
    'freeze',
  ]);
});

describe('actions are refused', () => {
  const PAGES = ['/do/freeze', '/do/unfreeze', '/do/look'];

  test('without signing in, to readers, and to operators where an admin is needed', LONG_TEST, async () => {
    const nobody = visitor(url);
    for (const path of PAGES) expect((await nobody.visit(path)).status).toBe(401);
    expect((await nobody.send('/do/freeze', { reason: 'mine' })).status).toBe(401);
    const rita = await signedIn('rita');
    const home = await rita.visit('/');
    expect(home.words).toContain('rita reader');
    expect(home.page).not.toContain('/do/');
    for (const path of PAGES) expect((await rita.visit(path)).words).toContain('You may not do this');
    const form = formOf(home);
    expect((await rita.send('/do/freeze', { form, reason: 'mine' })).status).toBe(403);
    expect((await rita.send('/do/heal', { form })).status).toBe(403);
    const otto = await signedIn('otto');
    const adopt = await otto.send('/do/adopt', { form: formOf(await otto.visit('/')), target: 'lxc/101' });
    expect([adopt.status, adopt.words]).toEqual([403, expect.stringContaining('this takes an admin')]);
    expect([await phoenix.ledger.frozen(), await phoenix.ledger.asked(9)]).toEqual([null, []]);
    const ada = await signedIn('ada');
    expect((await ada.send('/do/adopt', { form: formOf(await ada.visit('/')), target: 'lxc/101' })).path).toMatch(
      /^\/do\/adopt\/\d+$/,
    );
    // The API accepts only the token, with or without a session.
    expect((await ada.send('/api/freeze', { reason: 'mine' })).status).toBe(401);
  });

  test('from a form of another site, of another session or of none', async () => {
    const [otto, other] = [await signedIn('otto'), await signedIn('otto')];
    const [form, foreign] = [formOf(await otto.visit('/')), formOf(await other.visit('/'))];
    for (const [fields, headers, says] of [
      [{ form }, { 'sec-fetch-site': 'cross-site' }, 'asked for by a page of another site'],
      [{ form }, { 'sec-fetch-site': 'same-site' }, 'asked for by a page of another site'],
      [{ form: foreign }, {}, 'not of your session'],
      [{}, {}, 'not of your session'],
    ] as const) {
      const answer = await otto.send('/do/freeze', { reason: 'theirs', ...fields }, headers);
      expect([answer.status, answer.words]).toEqual([403, expect.stringContaining(says)]);
    }
    for (const path of [...PAGES, '/do/heal', '/do/freeze?reason=theirs', `/do/freeze?reason=theirs&form=${form}`]) {
      await otto.visit(path);
    }
    expect([await phoenix.ledger.frozen(), await phoenix.ledger.asked(9)]).toEqual([null, []]);
    // Neither does a run lead to an action that it is not the dry run of.
    const [pushed] = await phoenix.ledger.runs(1);
    for (const name of ['heal', 'adopt', 'replay']) {
      expect((await otto.send(`/do/${name}/${pushed?.id}`, { form })).status).toBe(404);
    }
    await otto.send('/sign-out', { form });
    expect((await otto.send('/do/freeze', { form, reason: 'late' })).status).toBe(401);
  });
});

describe('the board of the queues', () => {
  test('can be seen by operators and changed by admins, and loads nothing from other sites', LONG_TEST, async () => {
    const [rita, otto, ada] = [await signedIn('rita'), await signedIn('otto'), await signedIn('ada')];
    const asked = await visitor(url).visit('/queues/');
    // The form and its way back are found from below the path, too.
    expect([asked.status, asked.page]).toEqual([
      401,
      expect.stringMatching(/action="\.\.\/sign-in"[\s\S]*value="\/queues\/"/),
    ]);
    for (const path of ['/queues/', '/Queues/', '/QUEUES/api/queues'])
      expect((await rita.visit(path)).status).toBe(403);
    const shown = await otto.visit('/queues/');
    expect([shown.status, shown.page]).toEqual([200, expect.stringContaining('<base href="/queues/"')]);
    const { queues } = JSON.parse((await otto.visit('/queues/api/queues')).page);
    expect(queues.map(({ name }: { name: string }) => name)).toContain('reconcile');
    expect((await otto.visit('/')).page).toContain('href="./queues/"');
    const pause = (who: Visitor, headers = {}) => who.send('/queues/api/queues/review/pause', {}, headers, 'PUT');
    expect([(await pause(rita)).status, (await pause(otto)).status]).toEqual([403, 405]);
    expect((await pause(ada, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await pause(ada)).status).toBe(200);
  });
});

describe('signing in through the forge', () => {
  test('accepts only its own request, once, and a user with rights', async () => {
    const state = 's'.repeat(43);
    const stranger = visitor(url);
    expect((await stranger.visit('/targets')).words).toContain('Sign in with GitHub');
    const begun = await stranger.visit('/sign-in-forge?to=/targets');
    expect(begun.path).toBe('http://forge.example/authorize');
    const refused = await stranger.visit(`/signed-in?code=mallory&state=${state}`);
    expect([refused.status, refused.words]).toEqual([403, expect.stringContaining('mallory has no rights')]);
    // The way back is good for one time.
    const again = await stranger.visit(`/signed-in?code=ada&state=${state}`);
    expect([again.status, again.words]).toEqual([403, expect.stringContaining('Begin it again here')]);
    expect(stranger.cookies.size).toBe(0);
    const ada = await signedIn('ada');
    expect([...ada.cookies.keys()]).toEqual(['phoenix_session']);
    expect((await ada.visit('/targets')).words).toContain('ada admin');
  });
});

function formOf({ page }: Shown): string {
  return /name="form" value="([\w-]{43})"/.exec(page)?.[1] ?? '';
}
