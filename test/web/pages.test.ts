// The pages, end to end: real HTTP, a real ledger.

import { describe, expect, test } from 'vitest';
import { faultOf } from '../../src/messages/faults.ts';
import type { DeclaredEnvironment } from '../../src/model/environment.ts';
import type { CommitSha, RunId, TargetId } from '../../src/model/ids.ts';
import { eachServer } from '../agent/each-server.ts';
import { openTestServer, recordingAgent, type TestServer } from '../agent/test-server.ts';
import type { TestRedis } from '../support/redis/redis.ts';
import { begin, COMMIT, CREATED, finish, record, stepOf } from './recorded.ts';

const OTHER = 'b'.repeat(40);

let server: TestServer;
let redis: TestRedis;
eachServer((opened, started) => {
  [server, redis] = [opened, started];
});

/** Requests a page as a browser does. */
async function visit(path: string, url = server.url): Promise<{ status: number; headers: Headers; page: string }> {
  const response = await fetch(`${url}${path}`, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
  return { status: response.status, headers: response.headers, page: await response.text() };
}

/** What a person reads, on one line. */
function words(page: string): string {
  const main = page.slice(page.indexOf('<main'), page.indexOf('</main>'));
  return main
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

/** The addresses that a page leads to, as the browser understands them. */
function linksOf(page: string, path: string): string[] {
  return [...page.matchAll(/href="([^"]+)"/g)].map(([, href]) => {
    const { pathname, search, hash } = new URL(href ?? '', `http://phoenix.example${path}`);
    return `${pathname}${search}${hash}`;
  });
}

async function appliedRun(target: string, commit = COMMIT): Promise<RunId> {
  const run = await record(server.ledger, [stepOf(target)], { request: { commit } });
  const step = await begin(server.ledger, run, target);
  await step.print('a line that was printed');
  await step.end('applied');
  await finish(server.ledger, run, 'succeeded');
  return run;
}

test('a pull request shows what would change, and one without a plan says how to get it', async () => {
  const [head, base] = [OTHER as CommitSha, COMMIT as CommitSha];
  const changes = [{ path: '/memory', before: 512, after: 1024 }];
  const steps = [
    stepOf('lxc/101', { impact: 'restart', changes }),
    stepOf('lxc/102', { verb: 'delete', impact: 'destroy', approval: true, approvals: 1, wave: 2 }),
  ];
  const shared = { pull: 7, title: 'More memory', author: 'ada', root: '', created: CREATED, problems: [], held: [] };
  const plan = { ...shared, head, base, from: base, plan: { from: base, to: head, steps }, ok: true };
  await server.ledger.recordPull(7, `${head} ${base}`, plan, [], []);
  await server.ledger.forgetPull(7);
  const { status, page } = await visit('/pulls/7');
  expect(status).toBe(200);
  expect(words(page)).toContain('Plan: 0 to create, 1 to update, 1 to delete.');
  expect(words(page)).toContain('Merging it applies this; one step waits for approval.');
  expect(words(page)).toMatch(/\/memory 512 1024/);
  expect(linksOf(page, '/pulls/7')).toContain('/targets/lxc/101');
  const missing = await visit('/pulls/8');
  expect([missing.status, words(missing.page)]).toEqual([404, expect.stringContaining('comment /phoenix plan')]);
});

describe('every page', () => {
  test.each([
    '/',
    '/targets',
    '/map',
    '/search?q=x',
    '/runs/999',
    '/runs/1/lxc/101',
    '/targets/lxc/101',
    '/nowhere',
    '/runs/%zz',
  ])('%s allows only scripts and files of Phoenix, and is not cached', async (path) => {
    const { headers, page } = await visit(path);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(page).toMatch(/<h1[ >]/);
  });

  test('has its files, which are cached by the digest in their names', async () => {
    const { page } = await visit('/runs/999');
    const files = [...page.matchAll(/(?:href|src)="([^"]*static\/[^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files.map((file) => file.replace(/-[0-9a-f]{12}\./, '-DIGEST.'))).toEqual([
      '../static/pages-DIGEST.css',
      '../static/icon-DIGEST.svg',
      '../static/pages-DIGEST.js',
    ]);
    for (const file of files) {
      const response = await fetch(new URL(file, `${server.url}/runs/999`));
      expect([response.status, response.headers.get('x-content-type-options')]).toEqual([200, 'nosniff']);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
    expect((await visit('/static/pages.css')).status).toBe(404);
    expect((await visit('/static/..%2fpages.ts')).status).toBe(404);
  });

  test('has no broken link', async () => {
    const run = await appliedRun('lxc/101');
    const seen = new Set(['/']);
    for (const path of seen) {
      const { status, page } = await visit(path);
      expect([path, status]).toEqual([path, 200]);
      if (page.includes('<main')) for (const link of linksOf(page, path)) seen.add(link.replace(/#.*/, ''));
    }
    expect([...seen]).toEqual(
      expect.arrayContaining([
        '/targets',
        '/api',
        `/runs/${run}`,
        `/runs/${run}/lxc/101`,
        '/targets/lxc/101',
        `/api/runs/${run}/logs/lxc/101?format=text`,
      ]),
    );
  });
});

describe('an address that does not exist', () => {
  test.each([
    ['/runs/999', 'There is no run 999', 'phoenix replay'],
    ['/runs/..%2f..', 'There is no run ../..', 'list of runs'],
    ['/runs/999/lxc/101', 'There is no run 999', 'phoenix replay'],
    ['/targets/lxc/999', 'Nothing is known of lxc/999', 'list of targets'],
    ['/targets/LXC/101', 'Nothing is known of LXC/101', 'list of targets'],
    ['/nowhere/<b>', 'There is no such page', 'leads nowhere'],
  ])('%s is a page that says so, with the remedy', async (path, title, hint) => {
    const { status, page } = await visit(path);
    expect(status).toBe(404);
    expect(words(page)).toContain(title);
    expect(words(page)).toContain(hint);
    expect(page).not.toContain('<b>');
  });

  test('also for a step that the run does not have', async () => {
    const run = await appliedRun('lxc/101');
    expect(words((await visit(`/runs/${run}/lxc/102`)).page)).toContain(`Run ${run} has no step for lxc/102`);
  });

  test('also when it cannot be decoded', async () => {
    expect((await visit('/runs/%zz')).status).toBe(400);
  });

  test('is answered in JSON to programs, and below /api always', async () => {
    const program = await fetch(`${server.url}/nowhere`);
    expect([program.status, program.headers.get('content-type')]).toEqual([404, 'application/json; charset=utf-8']);
    expect((await visit('/api/nowhere')).headers.get('content-type')).toBe('application/json; charset=utf-8');
  });
});

describe('the front page', () => {
  test('shows the state of the branch, the freeze, the open runs and the newest runs', async () => {
    const { ledger } = server;
    expect(words((await visit('/')).page)).toContain('Nothing ran yet');
    const over = await appliedRun('lxc/101');
    const head = { commit: COMMIT, verdict: 'followed', base: COMMIT } as const;
    const open = await record(ledger, [stepOf('lxc/102')], { request: { by: 'grace' }, planned: { followed: head } });
    await ledger.freeze({ reason: 'moving the storage', by: 'ada', at: CREATED });
    const { page } = await visit('/');
    const told = words(page);
    expect(told).toContain('3f2a1bc followed The branch is followed up to this commit.');
    expect(told).toContain('No check of the host has run since, so changes by hand are not known');
    expect(told).toContain('frozen by ada: moving the storage. Nothing new is started; to go on: phoenix unfreeze');
    expect(told).toContain(`planned run ${open} of 3f2a1bc : waits for its turn; 1 waiting`);
    expect(told).toContain(`${open} planned 3f2a1bc message not known push by grace`);
    expect(told.indexOf(`${over} succeeded 3f2a1bc`)).toBeGreaterThan(told.indexOf('push by grace'));
  });

  test('shows the state in one line, then what needs a person, each with the remedy', async () => {
    const { ledger, known, seen } = server;
    const inHours = (hours: number) => new Date(Date.now() + (hours + 0.5) * 3_600_000).toISOString();
    const head = { commit: COMMIT, verdict: 'followed', base: COMMIT } as const;
    for (const id of ['lxc/101', 'lxc/102', 'lxc/103']) {
      known.push({ target: id as TargetId, running: null, needs: [] });
      const run = await record(ledger, [stepOf(id)], { planned: { followed: head } });
      await (await begin(ledger, run, id)).end('applied');
      await finish(ledger, run, 'succeeded');
    }
    const home = async () => words((await visit('/')).page);
    expect(await home()).toMatch(/All applied 3f2a1bc followed .* Each was as declared .* the oldest/);
    const first = await record(ledger, [stepOf('lxc/101')], { request: { trigger: 'drift', readOnly: true } });
    const looking = await begin(ledger, first, 'lxc/101');
    expect(await home()).toContain('All applied 3f2a1bc followed');
    await looking.end('unchanged', undefined, '2026-01-02T03:30:00.000Z');
    await finish(ledger, first, 'succeeded');
    expect(await home()).toContain('All as declared 3f2a1bc followed');

    const destroy = stepOf('lxc/101', { impact: 'destroy', verb: 'delete', approval: true, approvals: 1 });
    const waits = await record(ledger, [destroy]);
    const reason = `would destroy it; to allow it: phoenix approve ${waits} lxc/101`;
    const blocked = new Map([['lxc/101' as TargetId, { outcome: 'blocked', reason, statuses: [] } as const]]);
    await ledger.settleSteps(waits, CREATED, blocked);
    const broken = await record(ledger, [stepOf('lxc/102')]);
    await (await begin(ledger, broken, 'lxc/102')).end('failed', 'pct start: no space; make room, then replay');
    const look = await record(ledger, [stepOf('lxc/103')], { request: { trigger: 'drift', readOnly: true } });
    const found = await begin(ledger, look, 'lxc/103');
    await found.end('failed', 'differs; to be done: set memory', '2026-01-02T04:00:00.000Z');
    const ends = [1425, 5, null].map((hours, at) => {
      const validity = hours === null ? null : { from: inHours(-24), until: inHours(hours) };
      return { target: `certificate/${at}` as TargetId, validity };
    });
    seen.certificates = async () => ends;
    seen.orphans = async () => [{ target: 'lxc/199' as TargetId, name: 'copy', markedAs: 'lxc/101' as TargetId }];
    const info = { sha: COMMIT as CommitSha, parents: [], message: 'More <memory>\n\nwhy', author: 'Ada' };
    seen.commits = async () => new Map([[COMMIT, info]]);
    const { page } = await visit('/');
    const told = words(page);
    const order = [
      '4 need you 1 waits for approval 1 failed 1 differs on the host 1 orphan',
      `Waits for approval lxc/101 waits in run ${waits}`,
      `phoenix approve ${waits} lxc/101`,
      'Failed lxc/102 failed in',
      'pct start: no space make room, then replay',
      'Drift lxc/103 differs',
      'differs; to be done: set memory',
      'Certificates certificate/1 5 hours left',
      'To renew it now: phoenix converge certificate/1',
      'certificate/0 59 days left',
      'certificate/2 not known yet',
      'Orphans orphan lxc/199 (copy), marked as lxc/101',
      '3f2a1bc More <memory> Ada push by ada',
    ];
    expect(order.map((text) => [text, told.includes(text)])).toEqual(order.map((text) => [text, true]));
    expect(order.map((text) => told.indexOf(text))).toEqual(
      order.map((text) => told.indexOf(text)).toSorted((a, b) => a - b),
    );
    expect(page).not.toContain('<memory>');

    seen.certificates = () => Promise.reject(new Error('the node is away'));
    expect(words((await visit('/')).page)).toContain('certificates are not known at the moment');
  });

  test('has further pages with older runs', async () => {
    server.known.push({ target: 'lxc/101' as TargetId, running: null, needs: [] });
    const broken = await record(server.ledger, [stepOf('lxc/101')]);
    await (await begin(server.ledger, broken, 'lxc/101')).end('failed', 'no space');
    await finish(server.ledger, broken, 'failed');
    for (let n = 0; n < 44; n += 1) await record(server.ledger, [], { planned: { state: 'succeeded', plan: null } });
    const rows = (page: string) => page.match(/data-label="State"/g)?.length ?? 0;
    const { page } = await visit('/');
    expect(rows(page)).toBe(40);
    expect(linksOf(page, '/')).toContain('/?before=6');
    // What failed is told with its time, also where its run is no longer in the list.
    expect(words(page)).toMatch(/Failed lxc\/101 failed in run 1 , \d{4}-\d\d-\d\d/);
    const older = await visit('/?before=6');
    expect(rows(older.page)).toBe(5);
    expect(linksOf(older.page, '/')).not.toContain('/?before=1');
    expect(rows((await visit('/?before=nonsense')).page)).toBe(40);
  });
});

describe('a run', () => {
  test('shows each step with its changes, actions and output, and no secret', async () => {
    const { ledger } = server;
    const changes = [
      { path: '/memory_mb', before: 2048, after: 4096 },
      { path: '/root_password', before: { $secret: 'env:OLD_PLACE' }, after: 'hunter2' },
    ];
    const run = await record(ledger, [
      stepOf('lxc/101', { impact: 'restart', changes }),
      stepOf('lxc/102', { wave: 2, needs: ['lxc/101' as TargetId] }),
    ]);
    const step = await begin(ledger, run, 'lxc/101');
    await step.act({ summary: 'set memory of 101', exit: 0, ms: 700 });
    await step.print(...Array.from({ length: 50 }, (_, n) => `line ${n}`), '<script>alert(1)</script>');
    await step.end('failed', 'no <b>space</b> left', '2026-01-02T03:04:17.000Z');
    const { page } = await visit(`/runs/${run}`);
    const told = words(page);
    expect(told).toContain('Wave 1 1 failed lxc/101 failed update, restarts 101 12 s');
    expect(told).toContain('Wave 2 1 waiting lxc/102 waits');
    // The graph links to the same steps, coloured by their state.
    expect(page).toMatch(/<a class="box bad" href="#lxc\/101">/);
    expect(page.match(/<path d="M/g)).toHaveLength(1);
    expect(told).toContain('/memory_mb 2048 4096');
    expect(told).toContain('/root_password "‹secret›" "‹secret›"');
    expect(told).toContain('set memory of 101 0 0.7 s');
    expect(told).toContain('the last 40 of 51 lines');
    expect(told).toContain('<script>alert(1)</script>');
    expect(told).not.toContain('line 10 ');
    expect(page).toContain('id="lxc/102"');
    expect(page).toContain('href="#lxc/101"');
    expect(page).not.toMatch(/OLD_PLACE|hunter2|<script>alert|<b>/);

    const alone = (await visit(`/runs/${run}/lxc/101`)).page;
    expect(words(alone)).toContain('line 0 line 1');
    expect(words(alone)).toContain('/root_password "‹secret›" "‹secret›"');
    expect(alone).not.toMatch(/OLD_PLACE|hunter2|<script>alert|<b>/);
  });

  test('that heals and waits for approval can be approved, with the actions shown', async () => {
    const { ledger } = server;
    const run = await record(ledger, [stepOf('lxc/101')], { request: { trigger: 'drift', by: 'phoenix', heal: true } });
    const step = await begin(ledger, run, 'lxc/101');
    const reason = `would change it; to allow it: phoenix approve ${run} lxc/101`;
    await step.end('blocked', reason, CREATED, ['set memory of container 101 to 2048 MB']);
    await ledger.markRun(run, 'blocked', []);
    const offered = `phoenix approve ${run} lxc/101`;
    expect(words((await visit('/')).page)).toMatch(new RegExp(`1 needs you .*Waits for approval lxc/101 .*${offered}`));
    for (const path of [`/runs/${run}`, `/runs/${run}/lxc/101`]) {
      const told = words((await visit(path)).page);
      expect(told).toContain('Would do would set memory of container 101 to 2048 MB');
      expect(told).toContain(offered);
      expect(told).not.toContain('stopped');
    }
  });

  test('shows the newest lines of a long output, and links to the whole text', async () => {
    const run = await record(server.ledger, [stepOf('lxc/101')]);
    const step = await begin(server.ledger, run, 'lxc/101');
    await step.print(...Array.from({ length: 2500 }, (_, n) => `line ${n}`));
    const { page } = await visit(`/runs/${run}/lxc/101`);
    expect(words(page)).toContain('the last 2000 of 2500 lines');
    expect(page).toContain('>line 500\n');
    const text = await fetch(`${server.url}/api/runs/${run}/logs/lxc/101?format=text`);
    expect((await text.text()).split('\n')).toHaveLength(2501);
  });

  test('with very many steps shows the most important ones in detail, and links to the others', async () => {
    const { ledger } = server;
    const changes = [{ path: '/memory_mb', before: 2048, after: 4096 }];
    const run = await record(
      ledger,
      Array.from({ length: 150 }, (_, n) => stepOf(`lxc/${100 + n}`, { changes })),
    );
    await (await begin(ledger, run, 'lxc/249')).end('failed', 'no space left');
    const { page } = await visit(`/runs/${run}`);
    expect(page.match(/<details class="step/g)).toHaveLength(100);
    expect(page.match(/<p class="step/g)).toHaveLength(50);
    expect(page).toMatch(/<details class="step ?" id="lxc\/249" open/);
    expect(page).toMatch(/<p class="step ?" id="lxc\/248"><a href="..\/runs\/\d+\/lxc\/248">/);
    expect(words(page)).toContain('50 more steps have their details on the page of their own');
  });

  test('that was refused shows its problems with their lines', async () => {
    const problem = {
      severity: 'error',
      code: 'DUPLICATE_IP',
      file: 'etc/phoenix_lxc_configs.json',
      path: '/1',
      line: 12,
      column: 5,
      target: null,
      message: '10.0.0.101 belongs to lxc/101 already',
      hint: 'choose another',
    } as const;
    const followed = { commit: COMMIT, verdict: 'invalid', base: null } as const;
    const problems = [problem, ...Array.from({ length: 4 }, () => ({ ...problem, line: 13 }))];
    const planned = { state: 'invalid', plan: null, reason: 'invalid', problems, followed } as const;
    const run = await record(server.ledger, [], { planned });
    const front = words((await visit('/')).page);
    expect(front).toContain('12:5 10.0.0.101 belongs to lxc/101 already choose another');
    expect(front.match(/DUPLICATE_IP/g)).toHaveLength(3);
    expect(front).toContain('Its run has 2 further errors.');
    const { page } = await visit(`/runs/${run}`);
    expect(words(page)).toContain(
      'error DUPLICATE_IP etc/phoenix_lxc_configs.json:12:5 10.0.0.101 belongs to lxc/101 already choose another',
    );
    expect(page).not.toContain('data-events');
  });

  test('that was superseded links to its successor', async () => {
    const run = await record(server.ledger, [stepOf('lxc/101')]);
    await server.ledger.supersedeRun(run, OTHER, CREATED, new Map(), []);
    // A dry run in between does not.
    await record(server.ledger, [stepOf('lxc/101')], { request: { commit: OTHER, readOnly: true } });
    const next = await appliedRun('lxc/101', OTHER);
    await appliedRun('lxc/101', OTHER);
    const { page } = await visit(`/runs/${run}`);
    expect(words(page)).toContain(`Superseded by bbbbbbb ( run ${next} )`);
  });
});

describe('targets', () => {
  test('are listed by kind and number, each with its history', async () => {
    for (const target of ['vm/9', 'lxc/1000', 'lxc/101']) await appliedRun(target);
    const again = await appliedRun('lxc/101', OTHER);
    server.known.push({ target: 'lxc/101' as TargetId, running: 'running', needs: [] });
    const { page } = await visit('/targets');
    expect([...page.matchAll(/<code>([a-z]+\/\d+)<\/code>/g)].map(([, target]) => target)).toEqual([
      'lxc/101',
      'lxc/1000',
      'vm/9',
    ]);
    expect(words(page)).toContain(`lxc/101 applied running 3f2a1bc run ${again} applied`);
    expect(words(page)).toContain('vm/9 applied no longer declared');
    const one = words((await visit('/targets/lxc/101')).page);
    expect(one).toContain('lxc/101 applied Proved to be as its commit says.');
    expect(one).toContain(`run ${again} applied update, live bbbbbbb push by ada`);
    expect(one).toContain('2 of the 4 newest runs.');
  });

  test('each have a page: with their state, declaration, observation, dependants and files', async () => {
    const { ledger, known, seen } = server;
    const id = 'lxc/101' as TargetId;
    const commit = COMMIT;
    await appliedRun(id);
    known.push({ target: id, running: 'running', needs: ['lxc/103' as TargetId] });
    known.push({ target: 'gateway/nginx' as TargetId, running: null, needs: [], within: [id] });
    const interfaces = [{ bridge: 'vmbr0', vlan: 20, addresses: ['10.0.0.101/24', 'auto'] }];
    const nobody = { gateway: null, proxy: null, authority: null, certificates: [], stacks: [] };
    const services = [{ name: 'www.example.internal', leadsTo: '10.0.0.101:443', guest: id }];
    seen.environment = async () => ({
      commit,
      guests: [{ target: id, name: 'nginx', interfaces }],
      services,
      ...nobody,
    });
    const place = { file: 'env/etc/phoenix_lxc_configs.json', line: 12 };
    const fields = [{ field: 'memory_mb', value: 512 }];
    seen.declaration = async () => ({ commit, place, fields });
    const shown = async () => words((await visit('/targets/lxc/101')).page);
    const proved = await shown();
    for (const text of [
      'lxc/101 nginx applied',
      'Address 10.0.0.101/24 auto Network vmbr0, VLAN 20 Reached as www.example.internal On the host running',
      'Needs lxc/103 Needed by gateway/nginx Written in env/etc/phoenix_lxc_configs.json:12',
      'As declared when it was proved',
      'memory_mb 512',
    ])
      expect(proved).toContain(text);

    const look = await record(ledger, [stepOf(id)], { request: { trigger: 'drift', readOnly: true } });
    const step = await begin(ledger, look, id);
    const differs = [
      { field: 'memory_mb', declared: 512, observed: 2048 },
      { field: 'features.nesting', declared: '1', observed: null },
    ];
    await step.end(
      'failed',
      'differs from what is declared; to be done: set memory of 101',
      '2026-01-02T03:10:00.000Z',
      [],
      differs,
    );
    expect(await shown()).toContain(
      'Field Declared Observed memory_mb 512 2048 differs features.nesting "1" not set differs',
    );
    const inRun = words((await visit(`/runs/${look}/lxc/101`)).page);
    expect(inRun).toContain('Found otherwise than declared Field Declared Observed memory_mb 512 2048 differs');
    expect(await shown()).toContain(`Not as declared when run ${look} checked it, 2026-01-02 03:10:00 UTC .`);
    expect(await shown()).toContain('to be done: set memory of 101 phoenix converge lxc/101');

    seen.declaration = () => Promise.reject(new Error('the repository is away'));
    seen.known = () => Promise.reject(new Error('the repository is away'));
    expect(await shown()).toContain('Needs not known Needed by not known');
  });

  test('show faults of what Phoenix needs with the remedy, among what needs a person', async () => {
    const why = 'https://git.example.internal/team/env: a login is asked for (HTTP 401); set PHOENIX_FORGE_TOKEN';
    server.seen.faults = async () => [faultOf('repository', { since: CREATED, why })];
    await server.ledger.noteNode('pve', { since: CREATED, why: 'no route' });
    const read = words((await visit('/')).page);
    expect(read).toContain(
      '2 need you 2 not working No commit was followed yet, since the repository cannot be followed.',
    );
    expect(read).toMatch(
      /Not working fails the repository cannot be followed , since .* a login is asked for \(HTTP 401\) set PHOENIX_FORGE_TOKEN/,
    );
    expect(read).toMatch(/fails the node pve does not answer , since .* no route/);
    // What has just begun may pass.
    server.seen.faults = async () => [faultOf('forge', { since: new Date().toISOString(), why: 'HTTP 502; wait' })];
    await server.ledger.noteNode('pve', null);
    const calm = words((await visit('/')).page);
    expect(calm).not.toContain('need you');
    expect(calm).toMatch(/Trying again the forge cannot be asked for pull requests and commands , since .*: HTTP 502/);
    server.seen.faults = async () => [faultOf('repository', { since: CREATED, why })];
    const { faults } = (await (await fetch(`${server.url}/api/status`)).json()) as { faults: unknown };
    expect(faults).toEqual([{ subject: 'repository', what: 'the repository cannot be followed', since: CREATED, why }]);
  });

  test('are shown also when the host does not answer', async () => {
    await appliedRun('lxc/101');
    const { openPages } = await import('../../src/web/pages.ts');
    const { ledger } = server;
    const silent = () => new Promise<never>(() => {});
    const agent = {
      ...recordingAgent([], [], {}),
      known: silent,
      orphans: silent,
      certificates: silent,
      commits: silent,
    };
    const parts = { ledger, agent, log: { info() {}, error() {} }, clock: { now: () => new Date() }, forge: null };
    const other = await openTestServer(redis.url, { pages: openPages(parts) });
    const { status, page } = await visit('/targets', other.url);
    expect(status).toBe(200);
    expect(words(page)).toContain('The host could not be checked in time');
    expect(words(page)).toContain('lxc/101 applied');
    await other.close();
  });
});

describe('the environment as a whole', () => {
  const [nginx, traefik, ca, web] = ['lxc/101', 'lxc/102', 'lxc/103', 'vm/1002'] as TargetId[] as [
    TargetId,
    TargetId,
    TargetId,
    TargetId,
  ];
  const guest = (target: TargetId, name: string, bridge: string, addresses: readonly string[]) => {
    return { target, name, interfaces: [{ bridge, vlan: null, addresses }] };
  };
  const environment: DeclaredEnvironment = {
    ...{ commit: COMMIT, gateway: nginx, proxy: traefik, authority: ca },
    guests: [
      guest(nginx, 'nginx', 'vmbr0', ['10.0.0.101/24']),
      guest(traefik, 'traefik', 'vmbr0', ['10.0.0.102/24']),
      guest(ca, 'step-ca', 'vmbr1', ['10.1.0.3/24']),
      guest(web, 'docker', 'vmbr1', ['dhcp']),
    ],
    services: [
      { name: 'www.example.internal', leadsTo: '10.1.0.9:80', guest: web },
      { name: 'away.example.internal', leadsTo: 'api@internal', guest: null },
    ],
    certificates: ['certificate/nginx.example' as TargetId],
    stacks: [{ target: 'stack/1002.site' as TargetId, guest: web }],
  };

  test('is drawn as a map of networks, gateways, authorities and stacks', async () => {
    expect(words((await visit('/map')).page)).toContain('No commit was followed yet');
    server.seen.environment = async () => environment;
    await appliedRun(web);
    const { page } = await visit('/map');
    const told = words(page);
    expect(told).toContain('vmbr0 Guest Name Address State lxc/101 nginx 10.0.0.101/24 not known');
    expect(told).toContain('vmbr1 Guest Name Address State lxc/103 step-ca 10.1.0.3/24 not known vm/1002 docker dhcp');
    // The kind of certificates is in the heading.
    expect([told.includes('nginx.example not known'), told.includes('certificate/nginx.example')]).toEqual([
      true,
      false,
    ]);
    expect(linksOf(page, '/map')).toEqual(expect.arrayContaining(['/targets/stack/1002.site', '/targets/lxc/102']));
    // Gateway to proxy, proxy to two names, one of them to its guest; one certificate; one stack.
    expect(page.match(/<path d="M/g)).toHaveLength(6);
    expect(page).toContain('<a class="box good" href="./targets/vm/1002">');
    server.seen.environment = () => Promise.reject(new Error('the repository is away'));
    const head = { commit: COMMIT, verdict: 'followed', base: COMMIT } as const;
    await record(server.ledger, [], { planned: { followed: head } });
    expect(words((await visit('/map')).page)).toContain('What is declared cannot be read at the moment');
  });

  test('is searched for targets and runs by every word', async () => {
    server.seen.environment = async () => environment;
    const info = { sha: COMMIT as CommitSha, parents: [], message: 'More room for Docker', author: 'Grace' };
    server.seen.commits = async () => new Map([[COMMIT, info]]);
    const run = await appliedRun(web);
    await appliedRun(nginx, OTHER);
    const found = async (query: string) => words((await visit(`/search?q=${encodeURIComponent(query)}`)).page);
    expect(await found('www.EXAMPLE')).toContain('vm/1002 docker dhcp applied');
    expect(await found('10.0.0.101')).toContain('lxc/101 nginx 10.0.0.101/24 applied');
    expect(await found('room grace')).toMatch(new RegExp(`No target is called so.*Took ${run} succeeded`));
    for (const query of ['lxc/101', 'nginx']) expect(await found(query)).toContain('bbbbbbb');
    expect(await found('nothing-of-the-kind')).toContain('None of the newest 2 runs is about it');
    expect(await found('')).toContain('All words must be found');
    expect((await visit('/search?q=%3Cscript%3E&q=2')).page).not.toContain('<script>');
    // The search field keeps the query as text.
    expect((await visit('/search?q=%22%3E%3Cb%3E+web')).page).toMatch(
      /type="search" name="q" value="&quot;>&lt;b> web"/,
    );
    expect((await visit('/targets')).page).toMatch(/type="search" name="q" aria-label/);
  });
});

describe('in case of an error', () => {
  test('an unexpected error is logged and not shown', async () => {
    const { openPages } = await import('../../src/web/pages.ts');
    const { ledger } = server;
    const errors: unknown[] = [];
    const broken = { ...ledger, head: () => Promise.reject(new Error('a surprise with the password hunter2')) };
    const log = { info() {}, error: (text: string) => errors.push(text) };
    const pages = openPages({
      ledger: broken,
      agent: recordingAgent([], [], {}),
      log,
      clock: { now: () => new Date() },
      forge: null,
    });
    const other = await openTestServer(redis.url, { pages });
    const { status, page } = await visit('/', other.url);
    expect(status).toBe(500);
    expect(words(page)).toContain('Something in Phoenix failed');
    expect(page).not.toContain('hunter2');
    expect(errors).toEqual(['GET / failed']);
    await other.close();
  });

  test('a process without the role web has no pages', async () => {
    const other = await openTestServer(redis.url, { api: null, pages: null });
    expect((await visit('/', other.url)).status).toBe(404);
    await other.close();
  });
});
